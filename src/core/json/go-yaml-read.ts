import {
  type Alias,
  Composer,
  type CST,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Parser,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { type GoYamlScalar, resolveGoYamlScalar } from './go-yaml-resolve.ts';
import { formatGoFloat } from './go-yaml-scalar.ts';
import { isJsonObject, type Json } from './json.ts';

/**
 * An object in etcd may hold 1.5 MiB, so a longer text could never be stored as values.
 */
const MAX_CHARS = 1_572_864;

/** Far above what any chart nests, far below where the parser's recursion ends (some thousand levels). */
const MAX_DEPTH = 200;

/** Nodes with aliases followed: one for each 3 characters of the longest text, so that only an alias bomb gets there. */
const MAX_NODES = 500_000;

/** The parser compares each key of a map with all others: 10,000 keys are 5e7 comparisons, below a second. */
const MAX_KEYS_PER_MAP = 10_000;

/** What go-yaml refuses in a text, and the line breaks of YAML 1.1 that the parser here does not take for such. */
// oxlint-disable-next-line no-control-regex -- the control characters are the point
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)/;

export type GoYamlReading =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string };

/**
 * Reads one YAML document into JSON as sigs.k8s.io/yaml does: YAML 1.1 as go-yaml v2 resolves it (`yes` is true,
 * `0644` is 420, a date is a string), merge keys followed, keys that are numbers or booleans turned to text.
 *
 * Unlike there, integers beyond 2^53 stay exact, and duplicate keys, further documents and unknown tags are errors.
 * A text without a document reads as null. Messages name the line, never the content.
 */
export function readGoYaml(text: string): GoYamlReading {
  if (text.length > MAX_CHARS) return { ok: false, message: `longer than ${MAX_CHARS} characters` };
  const control = text.search(CONTROL);
  if (control !== -1)
    return {
      ok: false,
      message: `line ${lineAt(text, control)}: a control character or an unusual line break`,
    };
  const tokens = [...new Parser().parse(text)];
  const deep = findDeepToken(tokens);
  if (deep !== undefined) return { ok: false, message: `line ${lineAt(text, deep.offset)}: ${deep.what}` };
  const composer = new Composer({ version: '1.1', schema: 'failsafe', uniqueKeys: true });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) return { ok: true, value: null };
  const [error] = document.errors;
  if (error !== undefined) {
    return {
      ok: false,
      message: `line ${lineAt(text, error.pos[0])}: ${error.code.toLowerCase().replaceAll('_', ' ')}`,
    };
  }
  if (second !== undefined) return { ok: false, message: 'more than one YAML document' };
  try {
    return { ok: true, value: new Reader().read(document.contents, 0) };
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown;
    return { ok: false, message: `line ${lineAt(text, thrown.offset)}: ${thrown.message}` };
  }
}

/** Carries a reading error out of the recursion; never leaves this file. */
class Unreadable extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Reader {
  /** The node that each anchor names at this point of the text; a later anchor of the same name replaces it. */
  readonly #anchors = new Map<string, unknown>();
  /** Above 0 while an alias is followed: what is met there was registered in its own place. */
  #following = 0;
  #nodes = 0;

  read(node: unknown, depth: number): Json {
    if (node === null || node === undefined) return null;
    const offset = offsetOf(node);
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES)
      throw new Unreadable(`more than ${MAX_NODES} nodes with aliases followed`, offset);
    if (depth > MAX_DEPTH) throw new Unreadable(`nested deeper than ${MAX_DEPTH} levels`, offset);
    if (isAlias(node)) {
      const target = this.#target(node);
      this.#following += 1;
      const value = this.read(target, depth + 1);
      this.#following -= 1;
      return value;
    }
    this.#register(node);
    if (isScalar(node)) return jsonOf(resolveNode(node), offset);
    if (isSeq(node)) return node.items.map((item) => this.read(item, depth + 1));
    if (isMap(node)) return Object.fromEntries(this.#members(node, depth));
    throw new Unreadable('neither a scalar, a list nor a map', offset);
  }

  #register(node: unknown): void {
    const { anchor } = node as { readonly anchor?: string };
    if (anchor !== undefined && this.#following === 0) this.#anchors.set(anchor, node);
  }

  #target(alias: Alias): unknown {
    if (!this.#anchors.has(alias.source)) {
      throw new Unreadable('the alias has no anchor before it', offsetOf(alias));
    }
    return this.#anchors.get(alias.source);
  }

  /** A map's members: its own win over merged ones, and of merged maps the first wins. */
  #members(map: YAMLMap, depth: number): ReadonlyMap<string, Json> {
    const own = new Map<string, Json>();
    const merged = new Map<string, Json>();
    for (const pair of map.items) {
      if (!isPair(pair)) continue;
      if (isMergeKey(pair.key)) {
        const value = this.read(pair.value, depth + 1);
        for (const source of Array.isArray(value) ? (value as readonly Json[]) : [value]) {
          if (!isJsonObject(source)) throw new Unreadable('only maps can be merged', offsetOf(pair.key));
          for (const [key, member] of Object.entries(source)) {
            if (!merged.has(key) && member !== undefined) merged.set(key, member);
          }
        }
      } else {
        own.set(this.#key(pair.key), this.read(pair.value, depth + 1));
      }
    }
    return new Map([...merged, ...own]);
  }

  #key(node: unknown): string {
    const target = isAlias(node) ? this.#target(node) : node;
    this.#register(node);
    if (!isScalar(target)) throw new Unreadable('a key must be a scalar', offsetOf(node));
    const scalar = resolveNode(target);
    if (scalar.kind === 'null') throw new Unreadable('a key must not be null', offsetOf(node));
    return scalar.kind === 'float' ? formatGoFloat(scalar.value) : String(scalar.value);
  }
}

function isMergeKey(node: unknown): boolean {
  return isScalar(node) && node.value === '<<' && node.type === Scalar.PLAIN;
}

/** What a scalar node stands for; an explicit tag must agree with what the text says. */
function resolveNode(node: Scalar): GoYamlScalar {
  const text = typeof node.value === 'string' ? node.value : '';
  const tag = node.tag?.replace('tag:yaml.org,2002:', '');
  if (tag === 'str' || (tag === undefined && node.type !== Scalar.PLAIN))
    return { kind: 'string', value: text };
  const scalar = resolveGoYamlScalar(text);
  if (tag === undefined || tag === scalar.kind) return scalar;
  if (tag === 'float' && scalar.kind === 'int') return { kind: 'float', value: Number(scalar.value) };
  throw new Unreadable('a tag that does not fit its value or is not known', offsetOf(node));
}

function jsonOf(scalar: GoYamlScalar, offset: number): Json {
  if (scalar.kind === 'float' && !Number.isFinite(scalar.value)) {
    throw new Unreadable('JSON has no infinity and no NaN; quote it if text is meant', offset);
  }
  if (scalar.kind !== 'int') return scalar.value;
  const number = Number(scalar.value);
  return Number.isSafeInteger(number) ? number : scalar.value;
}

function offsetOf(node: unknown): number {
  return (node as Partial<Node> | null)?.range?.[0] ?? 0;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Composing recurses, so depth is measured on the tokens, which are made without recursion. */
function findDeepToken(
  tokens: readonly CST.Token[],
): { readonly what: string; readonly offset: number } | undefined {
  const pending: { readonly token: CST.Token; readonly depth: number }[] = [];
  const visit = (token: CST.Token | null | undefined, depth: number): void => {
    if (token !== null && token !== undefined) pending.push({ token, depth });
  };
  for (const token of tokens) visit(token, 0);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return { what: `nested deeper than ${MAX_DEPTH} levels`, offset: token.offset };
    if (token.type === 'document') visit(token.value, depth);
    if (!('items' in token)) continue;
    if (token.type !== 'block-seq' && token.items.length > MAX_KEYS_PER_MAP) {
      return { what: `more than ${MAX_KEYS_PER_MAP} members`, offset: token.offset };
    }
    for (const item of token.items) {
      visit('key' in item ? item.key : undefined, depth + 1);
      visit(item.value, depth + 1);
    }
  }
  return undefined;
}
