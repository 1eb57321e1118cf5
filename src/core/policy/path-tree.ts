interface PathNode<T> {
  readonly entries: T[];
  readonly children: Map<string, PathNode<T>>;
}

/** Things that stand at paths of an object, so that all that stand on the way to a path, or below it, are found without a search. */
export class PathTree<T> {
  readonly #root: PathNode<T> = makeNode();

  add(tokens: readonly string[], entry: T): void {
    let node = this.#root;
    for (const token of tokens) {
      const known = node.children.get(token);
      const next: PathNode<T> = known ?? makeNode();
      if (known === undefined) node.children.set(token, next);
      node = next;
    }
    node.entries.push(entry);
  }

  /** What stands at a path, and around it: above, the root first, and below. */
  related(tokens: readonly string[]): { readonly around: readonly T[]; readonly at: readonly T[] } {
    const around: T[] = [];
    let node: PathNode<T> | undefined = this.#root;
    for (const token of tokens) {
      around.push(...node.entries);
      node = node.children.get(token);
      if (node === undefined) return { around, at: [] };
    }
    for (const child of node.children.values()) collect(child, around);
    return { around, at: node.entries };
  }
}

function makeNode<T>(): PathNode<T> {
  return { entries: [], children: new Map() };
}

function collect<T>({ entries, children }: PathNode<T>, into: T[]): void {
  into.push(...entries);
  for (const child of children.values()) collect(child, into);
}
