/**
 * Reads a values file as Flux and helm do: go-yaml v2 (YAML 1.1 words and numbers, merge keys, the last of equal
 * keys wins, the first document counts), then turned to JSON by sigs.k8s.io/yaml (keys become text, every number
 * a float64).
 */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { resolveGoYamlScalar } from '../json/go-yaml-resolve.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { isJsonObject } from '../json/json.ts';
import { type GoScalar, scalarOf, textOfKey } from './values-scalar.ts';

export type ValuesYamlResult =
  | { readonly ok: true; readonly values: JsonObject }
  | { readonly ok: false; readonly code: ValuesYamlError; readonly message: string };

/** `Invalid`: not what go-yaml would read. The other three are limits of Helmgate's. */
export type ValuesYamlError = 'Invalid' | 'TooLarge' | 'TooDeep' | 'TooManyNodes';

/** A ConfigMap or Secret holds at most 1 MiB, which etcd's request limit of 1.5 MiB leaves room for. */
export const MAX_VALUES_CHARS: number = 1_048_576;
/** Far beyond any chart's values; helm's own templates walk them recursively. */
export const MAX_VALUES_DEPTH = 100;
/** A token takes about 2 us to parse, so the loop is never held up for more than a second by one file. */
export const MAX_VALUES_TOKENS = 400_000;
/** A node takes at least two tokens; more nodes than that can only come from aliases. */
export const MAX_VALUES_NODES: number = MAX_VALUES_TOKENS / 2;

/** Reads one values file; nothing in it, or `null`, gives no values. Messages quote nothing of the text. */
export function readValuesYaml(text: string): ValuesYamlResult {
  if (text.length > MAX_VALUES_CHARS) {
    return fail('TooLarge', `the values are longer than ${MAX_VALUES_CHARS} characters`);
  }
  try {
    checkTokens(text);
    const document = firstDocument(text);
    const value = document === undefined ? null : new ValuesReader(document, text).read();
    if (value === null) return { ok: true, values: {} };
    return isJsonObject(value) ? { ok: true, values: value } : fail('Invalid', 'the values are not a map');
  } catch (cause) {
    if (cause instanceof ValuesProblem) return fail(cause.code, cause.message);
    // Nested block collections are bounded by the parser, or by the stack.
    if (cause instanceof RangeError) return fail(tooDeep().code, tooDeep().message);
    throw cause;
  }
}

class ValuesProblem extends Error {
  readonly code: ValuesYamlError;
  constructor(code: ValuesYamlError, message: string) {
    super(message);
    this.code = code;
  }
}

function fail(code: ValuesYamlError, message: string): ValuesYamlResult {
  return { ok: false, code, message };
}

function tooDeep(): ValuesProblem {
  return new ValuesProblem('TooDeep', `the values are nested deeper than ${MAX_VALUES_DEPTH} levels`);
}

/**
 * Nested flow collections can exhaust memory inside the parser, so depth and size are counted beforehand on the
 * lexer's tokens, which come in linear time.
 */
function checkTokens(text: string): void {
  let depth = 0;
  let tokens = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MAX_VALUES_TOKENS) {
      throw new ValuesProblem('TooLarge', `the values have more than ${MAX_VALUES_TOKENS} tokens`);
    }
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth > MAX_VALUES_DEPTH) throw tooDeep();
  }
}

function firstDocument(text: string): Document.Parsed | undefined {
  const composer = new Composer({ version: '1.1', schema: 'failsafe', uniqueKeys: false, merge: false });
  const lines: number[] = [0];
  const parser = new Parser((offset) => lines.push(offset));
  for (const document of composer.compose(parser.parse(text))) {
    const [error] = document.errors;
    if (error === undefined) return document;
    if (error.code === 'RESOURCE_EXHAUSTION') throw tooDeep();
    const line = lines.findLastIndex((offset) => offset <= error.pos[0]);
    throw new ValuesProblem('Invalid', `line ${Math.max(line, 1)}: not valid YAML (${error.code})`);
  }
  return undefined;
}

class ValuesReader {
  readonly #document: Document.Parsed;
  readonly #text: string;
  /** Anchored nodes as seen so far: an alias means the latest anchor of its name before it. */
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(document: Document.Parsed, text: string) {
    this.#document = document;
    this.#text = text;
  }

  read(): Json {
    return this.#value(this.#document.contents, 0);
  }

  #value(node: unknown, depth: number): Json {
    this.#nodes += 1;
    if (this.#nodes > MAX_VALUES_NODES) {
      throw new ValuesProblem('TooManyNodes', `the values expand to more than ${MAX_VALUES_NODES} nodes`);
    }
    if (depth > MAX_VALUES_DEPTH) {
      throw tooDeep();
    }
    if (isAlias(node)) return this.#alias(node.source, (target) => this.#value(target, depth));
    if (isScalar(node)) {
      this.#remember(node);
      return jsonOf(this.#scalar(node));
    }
    if (isMap(node)) return this.#inside(node, () => Object.fromEntries(this.#entries(node, depth)));
    if (isSeq(node)) {
      return this.#inside(node, () => node.items.map((item) => this.#value(item, depth + 1)));
    }
    return null;
  }

  #alias<T>(name: string, use: (target: Node) => T): T {
    const target = this.#anchors.get(name);
    if (target === undefined)
      throw new ValuesProblem('Invalid', 'an alias names an anchor that is not there');
    if (this.#open.has(target)) throw new ValuesProblem('Invalid', 'an anchor contains itself');
    return use(target);
  }

  #inside<T>(node: Node & { anchor?: string }, read: () => T): T {
    this.#remember(node);
    this.#open.add(node);
    const value = read();
    this.#open.delete(node);
    return value;
  }

  #remember(node: Node & { anchor?: string }): void {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  /** In order; a merge key's entries come where it stands, so they replace what was written before it (go-yaml v2). */
  #entries(map: YAMLMap, depth: number): Map<string, Json> {
    const entries = new Map<string, Json>();
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        for (const [name, merged] of this.#merged(value, depth)) entries.set(name, merged);
      } else {
        entries.set(this.#key(key), this.#value(value, depth + 1));
      }
    }
    return entries;
  }

  #merged(node: unknown, depth: number): Map<string, Json> {
    if (isAlias(node)) return this.#alias(node.source, (target) => this.#mergedMap(target, depth));
    if (!isSeq(node)) return this.#mergedMap(node, depth);
    // Earlier maps of the list win.
    const all = node.items
      .map((item) =>
        isAlias(item)
          ? this.#alias(item.source, (target) => this.#mergedMap(target, depth))
          : this.#mergedMap(item, depth),
      )
      .toReversed();
    return new Map(all.flatMap((entries) => [...entries]));
  }

  #mergedMap(node: unknown, depth: number): Map<string, Json> {
    if (!isMap(node)) throw new ValuesProblem('Invalid', 'map merge requires a map or a list of maps');
    if (depth > MAX_VALUES_DEPTH) throw tooDeep();
    return this.#inside(node, () => this.#entries(node, depth + 1));
  }

  #key(node: unknown): string {
    const key = isAlias(node) ? this.#alias(node.source, (target) => target) : node;
    if (key !== null && !isScalar(key)) throw new ValuesProblem('Invalid', 'a map key is a list or a map');
    if (isScalar(key)) this.#remember(key);
    const text = textOfKey(key === null ? resolveGoYamlScalar('') : this.#scalar(key));
    if (text === undefined)
      throw new ValuesProblem('Invalid', 'a map key is neither text, number nor boolean');
    return text;
  }

  #scalar(node: Scalar): GoScalar {
    const plain = node.type === Scalar.PLAIN;
    const value = typeof node.value === 'string' ? node.value : (node.source ?? '');
    const text = this.#isCutShort(node) ? value.replace(/\n$/, '') : value;
    const scalar = scalarOf(plain, node.tag, text);
    if (scalar === undefined) throw new ValuesProblem('Invalid', 'a tag does not fit its value');
    return scalar;
  }

  /**
   * A block scalar at the very end of a text without a line break there: go-yaml gives it none either, the YAML
   * library adds one.
   */
  #isCutShort(node: Scalar): boolean {
    if (node.type !== Scalar.BLOCK_LITERAL && node.type !== Scalar.BLOCK_FOLDED) return false;
    if ((node.range?.[1] ?? 0) < this.#text.length) return false;
    return !/(?:^|[\r\n])[ \t]*$/.test(this.#text);
  }
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || key.value !== '<<') return false;
  return (key.type === Scalar.PLAIN && key.tag === undefined) || key.tag === 'tag:yaml.org,2002:merge';
}

/** JSON has no infinities: Go's encoder refuses them. */
function jsonOf(scalar: GoScalar): Json {
  if (scalar.kind === 'int') return Number(scalar.value);
  if (scalar.kind === 'float' && !Number.isFinite(scalar.value)) {
    throw new ValuesProblem('Invalid', 'infinity and not-a-number have no JSON form');
  }
  return scalar.value;
}
