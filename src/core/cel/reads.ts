import { childrenOf, type ExpressionNode } from './expression-tree.ts';

/** What an expression reads of a variable, as far as its text tells: `object.metadata.labels['x']` is object and three tokens. */
export interface Read {
  readonly variable: string;
  /** Fields and literal text keys up to the first that is computed; empty for the whole variable. */
  readonly path: readonly string[];
  /** Where each token of the path stands in the text. */
  readonly offsets: readonly number[];
}

/** All variables that an expression reads, each with its longest path; names bound by macros are no variables. */
export function readsOf(tree: ExpressionNode): readonly Read[] {
  const reads: Read[] = [];
  collect(tree, new Set(), reads);
  return reads;
}

function collect(node: ExpressionNode, bound: ReadonlySet<string>, reads: Read[]): void {
  const chain = chainOf(node);
  if (chain !== undefined) {
    if (!bound.has(chain.variable)) reads.push(chain);
    for (const index of chain.computed) collect(index, bound, reads);
    return;
  }
  if (node.kind === 'call' && node.receiver !== undefined) {
    const scoped = scopedArgs(node.name, node.receiver, node.args);
    if (scoped !== undefined) {
      const inner = new Set([...bound, scoped.name]);
      for (const child of scoped.outside) collect(child, bound, reads);
      for (const child of scoped.inside) collect(child, inner, reads);
      return;
    }
  }
  for (const child of childrenOf(node)) collect(child, bound, reads);
}

const ITERATIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

interface ScopedArgs {
  readonly name: string;
  readonly outside: readonly ExpressionNode[];
  readonly inside: readonly ExpressionNode[];
}

/** The arguments of a macro that binds a name, and which of them are in its scope; undefined for any other call. */
export function scopedArgs(
  name: string,
  receiver: ExpressionNode,
  args: readonly ExpressionNode[],
): ScopedArgs | undefined {
  const [first, second, ...rest] = args;
  if (first?.kind !== 'name' || second === undefined) return undefined;
  if (ITERATIONS.has(name)) return { name: first.name, outside: [receiver], inside: [second, ...rest] };
  if (name === 'bind' && receiver.kind === 'name' && receiver.name === 'cel')
    return { name: first.name, outside: [second], inside: rest };
  return undefined;
}

interface Chain extends Read {
  /** Index expressions on the way, which read variables of their own. */
  readonly computed: readonly ExpressionNode[];
}

/** `a.b["c"][d].e` as the variable a and what is read of it; undefined for a node that is no such chain. */
function chainOf(node: ExpressionNode): Chain | undefined {
  switch (node.kind) {
    case 'name':
      return { variable: node.name, path: [], offsets: [], computed: [] };
    case 'select': {
      const chain = chainOf(node.operand);
      return chain && extended(chain, node.field, node.end - node.field.length);
    }
    case 'index': {
      const chain = chainOf(node.operand);
      if (chain === undefined) return undefined;
      const { index } = node;
      if (index.kind === 'literal' && typeof index.value === 'string')
        return extended(chain, index.value, index.start);
      return { ...chain, computed: [...chain.computed, index] };
    }
    default:
      return undefined;
  }
}

/** Behind a computed index the path says nothing any more. */
function extended(chain: Chain, token: string, offset: number): Chain {
  if (chain.computed.length > 0) return chain;
  return { ...chain, path: [...chain.path, token], offsets: [...chain.offsets, offset] };
}
