import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Json } from '../json/json.ts';
import { MAX_YAML_DEPTH } from './lexical-problem.ts';
import { keyText } from './yaml-key.ts';

/** Values that the aliases of one document may expand to, all together. */
const MAX_ALIASED_VALUES = 200_000;

/** An alias that stands for nothing, or for too much. */
export class AliasError extends Error {
  override readonly name = 'AliasError';
  /** Of the alias, in UTF-16 units from 0. */
  readonly offset: number;

  constructor(message: string, { range }: Alias) {
    super(message);
    this.offset = range?.[0] ?? 0;
  }
}

/** The plain value of a document. Integers that a double cannot hold stay `bigint`. Throws an {@link AliasError}. */
export function toPlainValue({ contents }: Document.Parsed): Json {
  return new Conversion().toJson(contents, 0);
}

class Conversion {
  /** What each anchor names at this point of the text. */
  readonly #anchors = new Map<string, Node>();
  /** What each alias was found to stand for where it is written; its anchor may be set anew further down. */
  readonly #targets = new Map<Alias, Node>();
  /** Nodes around the current one. */
  readonly #open = new Set<Node>();
  /** The alias in the text that is being followed; others may be met on the way. */
  #followed: Alias | undefined;
  #aliased = 0;

  toJson(node: unknown, depth: number): Json {
    if (this.#followed !== undefined) {
      this.#aliased += 1;
      if (this.#aliased > MAX_ALIASED_VALUES || depth > 2 * MAX_YAML_DEPTH)
        throw new AliasError(`the aliases expand to more than ${MAX_ALIASED_VALUES} values`, this.#followed);
    }
    if (isAlias(node)) return this.#follow(node, depth);
    this.#register(node);
    if (isMap(node)) {
      this.#open.add(node);
      const entries = node.items.map(({ key, value }): [string, Json] => {
        this.#register(key);
        return [isScalar(key) ? (keyText(key.value) ?? '') : '', this.toJson(value, depth + 1)];
      });
      this.#open.delete(node);
      return Object.fromEntries(entries);
    }
    if (isSeq(node)) {
      this.#open.add(node);
      const items = node.items.map((item) => this.toJson(item, depth + 1));
      this.#open.delete(node);
      return items;
    }
    const value: unknown = isScalar(node) ? node.value : null;
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return plain ? value : null;
  }

  #register(node: unknown): void {
    const { anchor } = (node ?? {}) as { readonly anchor?: string };
    if (anchor !== undefined && this.#followed === undefined) this.#anchors.set(anchor, node as Node);
  }

  #follow(alias: Alias, depth: number): Json {
    const target = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (target === undefined) throw new AliasError(`there is no anchor &${alias.source} before this`, alias);
    if (this.#open.has(target)) throw new AliasError(`the anchor &${alias.source} contains itself`, alias);
    this.#targets.set(alias, target);
    const outer = this.#followed;
    this.#followed ??= alias;
    const value = this.toJson(target, depth + 1);
    this.#followed = outer;
    return value;
  }
}
