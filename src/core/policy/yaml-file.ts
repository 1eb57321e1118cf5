/**
 * YAML files with the place of each value: YAML 1.2, several documents, plain data only. What makes parsers differ or explode is
 * refused with its place: merge keys, tags, duplicate keys, keys that are no text, deep nesting; in policies also anchors and
 * aliases, which manifests may have, within a limit on what they expand to.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Json } from '../json/json.ts';
import { lexicalProblem, MAX_YAML_DEPTH } from './lexical-problem.ts';
import { LineIndex } from './line-index.ts';
import { type LocatedError, locatedError } from './located-error.ts';
import { parseYaml } from './parse-yaml.ts';

/** A policy file of 1 MiB holds some 20,000 rules; ConfigMaps end there as well. In UTF-16 units. */
export const MAX_YAML_LENGTH = 1_048_576;
/** Values that one document may hold after its aliases were expanded. */
const MAX_VALUES = 200_000;
/** Errors that one file reports: more are follow-ups. */
const MAX_ERRORS = 20;
/**
 * Tokens (words, signs and spaces) of a policy file, or of all files of a set: 5,000 rules of 80 tokens. One takes 3 microseconds and 400
 * bytes, so that a set is read in a second or two and in 160 MiB.
 */
export const MAX_YAML_TOKENS = 400_000;
/** Entries of one list or mapping where aliases are refused; what policies list has at most 1,000 as well. */
const MAX_ENTRIES = 1000;

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One document of a file. */
export interface YamlDocument {
  readonly source: YamlSource;
  readonly value: Json;
  /** Where the value at the tokens begins; the nearest parent's place when there is none. With `key`, where its key stands. */
  placeOf(tokens: readonly string[], at?: 'value' | 'key'): Place;
}

export interface YamlSource {
  readonly file: string;
  readonly text: string;
}

export type YamlResult =
  | { readonly ok: true; readonly documents: readonly YamlDocument[] }
  | { readonly ok: false; readonly errors: readonly LocatedError[] };

/** How many tokens may still be read; files that are read together share one. */
interface YamlBudget {
  tokens: number;
}

/** Reads all documents of a file; empty ones are left out. The budget is for files that may have no aliases. */
export function readYaml(
  source: YamlSource,
  aliases: 'refuse' | 'expand' = 'refuse',
  budget: YamlBudget = { tokens: MAX_YAML_TOKENS },
): YamlResult {
  const early = earlyProblem(source, aliases === 'refuse' ? budget : undefined);
  if (early !== undefined) return { ok: false, errors: [early] };
  const lines = new LineIndex(source.text);
  const { documents, problems } = parseYaml(source.text, MAX_ERRORS);
  const errors = problems.map(({ offset, message }) => {
    return locatedError(source, lines.placeOf(offset), plainMessage(message));
  });
  for (const document of documents) {
    if (errors.length < MAX_ERRORS) errors.push(...documentErrors(source, document, lines, aliases));
  }
  if (errors.length > 0) return { ok: false, errors: errors.slice(0, MAX_ERRORS) };
  const filled = documents.filter(
    ({ contents }) => !(contents === null || (isScalar(contents) && contents.value === null)),
  );
  try {
    return { ok: true, documents: filled.map((document) => toYamlDocument(source, document, lines)) };
  } catch (error) {
    if (!(error instanceof TooMuchError)) throw error;
    const message = `the aliases expand to more than ${MAX_VALUES} values, or to themselves`;
    return { ok: false, errors: [locatedError(source, { line: 1, column: 1 }, message)] };
  }
}

function earlyProblem(source: YamlSource, budget: YamlBudget | undefined): LocatedError | undefined {
  const start = { line: 1, column: 1 };
  if (source.text.length > MAX_YAML_LENGTH) {
    return locatedError(
      { ...source, text: '' },
      start,
      `the file is longer than ${MAX_YAML_LENGTH} characters`,
    );
  }
  const nul = source.text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/);
  const early =
    nul === -1
      ? lexicalProblem(source.text, budget)
      : { offset: nul, message: 'a control character stands here: this is no YAML text' };
  if (early === undefined) return undefined;
  const before = source.text.slice(0, early.offset).split('\n');
  const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  return locatedError(source, place, early.message);
}

function documentErrors(
  source: YamlSource,
  document: Document.Parsed,
  lines: LineIndex,
  aliases: 'refuse' | 'expand',
): readonly LocatedError[] {
  const errors: LocatedError[] = [];
  const add = (offset: number, message: string, hint?: string) => {
    // The frame of an error costs as much as the file is long.
    if (errors.length >= MAX_ERRORS) return;
    errors.push(locatedError(source, lines.placeOf(offset), message, hint));
  };
  visit(document as Document, {
    Alias: (_key, node) => {
      if (aliases === 'refuse') add(startOf(node), 'aliases are not accepted here', 'write the value out');
    },
    Node: (_key, node) => {
      if (aliases === 'refuse' && !isAlias(node) && node.anchor !== undefined)
        add(
          startOf(node),
          `the anchor &${node.anchor} is not accepted here`,
          'write the value out where it is needed',
        );
      if (node.tag !== undefined)
        add(startOf(node), `the tag ${node.tag} is not accepted here`, 'leave it out');
      if (aliases === 'refuse' && (isMap(node) || isSeq(node)) && node.items.length > MAX_ENTRIES)
        add(startOf(node), `more than ${MAX_ENTRIES} entries are not accepted here`);
      for (const key of isMap(node) ? repeatedKeys(node) : []) add(startOf(key), 'Map keys must be unique');
    },
    Pair: (_key, pair) => {
      const key = pair.key;
      if (!isNode(key)) return;
      if (!isScalar(key)) add(startOf(key), 'a key must be a text');
      else if (key.value === '<<' && key.type === 'PLAIN')
        add(startOf(key), 'merge keys are not accepted here', 'write the fields out');
      else if (typeof key.value !== 'string' && key.value !== null)
        add(startOf(key), `the key ${key.source ?? ''} is not a text`, 'put it in quotes');
      else if (key.value === null) add(startOf(key), 'a key must be a text');
    },
  });
  return errors;
}

function repeatedKeys({ items }: YAMLMap): readonly Scalar[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const again = seen.has(key.value);
    seen.add(key.value);
    return again ? [key] : [];
  });
}

function plainMessage(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function toYamlDocument(source: YamlSource, document: Document.Parsed, lines: LineIndex): YamlDocument {
  const root = document.contents as Node | null;
  return {
    source,
    value: new Conversion(document).toJson(root, 0),
    placeOf(tokens, at = 'value') {
      let node: Node | null = root;
      let start = root === null ? 0 : startOf(root);
      for (const [index, token] of tokens.entries()) {
        const child = childOf(node, token);
        if (child === undefined) break;
        const last = index === tokens.length - 1;
        start = (last && at === 'key') || child.value === null ? child.keyStart : startOf(child.value);
        node = child.value;
      }
      return lines.placeOf(start);
    },
  };
}

function childOf(
  node: Node | null,
  token: string,
): { readonly keyStart: number; readonly value: Node | null } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === token);
    if (pair === undefined || !isPair(pair) || !isNode(pair.key)) return undefined;
    return { keyStart: startOf(pair.key), value: isNode(pair.value) ? pair.value : null };
  }
  if (isAlias(node)) return undefined;
  const item = isSeq(node) ? node.items[Number(token)] : undefined;
  return isNode(item) ? { keyStart: startOf(item), value: item } : undefined;
}

/** Thrown and caught in this file only. */
class TooMuchError extends Error {}

/** Nodes to plain values, counted. Integers that a double cannot hold stay `bigint`. */
class Conversion {
  readonly #document: Document.Parsed;
  #values = 0;

  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  toJson(node: unknown, depth: number): Json {
    this.#values += 1;
    if (this.#values > MAX_VALUES || depth > 2 * MAX_YAML_DEPTH) throw new TooMuchError();
    if (isAlias(node)) return this.toJson(node.resolve(this.#document), depth + 1);
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }): [string, Json] => [
        isScalar(key) ? String(key.value) : '',
        this.toJson(value, depth + 1),
      ]);
      return Object.fromEntries(entries);
    }
    if (isSeq(node)) return node.items.map((item) => this.toJson(item, depth + 1));
    const value: unknown = isScalar(node) ? node.value : null;
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return plain ? value : null;
  }
}
