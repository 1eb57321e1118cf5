/**
 * YAML files with the place of each value: several documents, plain data only. What makes parsers differ or explode is refused with its
 * place: merge keys, tags, duplicate keys, deep nesting; in policies also keys that are no text, anchors and aliases. Manifests may have
 * these, within a limit on what aliases expand to, and their plain scalars are read as kubectl and Flux read them.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Json } from '../json/json.ts';
import { lexicalProblem } from './lexical-problem.ts';
import { LineIndex } from './line-index.ts';
import { type LocatedError, locatedError } from './located-error.ts';
import { parseYaml, type ScalarReading } from './parse-yaml.ts';
import { splitDocuments, type TextPart } from './split-documents.ts';
import { type DocumentContent, yamlDocument } from './yaml-document.ts';
import { keyText } from './yaml-key.ts';
import { AliasError, toPlainValue } from './yaml-values.ts';

/** A policy file of 1 MiB holds some 20,000 rules; ConfigMaps end there as well. In UTF-16 units. */
export const MAX_YAML_LENGTH = 1_048_576;
/** The API server takes no request above 3 MiB, hence no object. In UTF-16 units. */
export const MAX_OBJECT_LENGTH: number = 3 * 1_048_576;
/** All manifests of one text: what `kustomize build` prints for a large repository. In UTF-16 units. */
export const MAX_MANIFESTS_LENGTH: number = 64 * 1_048_576;
/** Up to here the nodes of manifests are kept, at some fifty times their text; those of longer texts are made anew when a place is asked for. */
const MAX_KEPT_LENGTH = 1_048_576;
/** Errors that one file reports: more are follow-ups. */
const MAX_ERRORS = 20;
/**
 * Tokens (words, signs and spaces) of a policy file, or of all files of a set: 5,000 rules of 80 tokens. One takes 3 microseconds and 400
 * bytes, so that a set is read in a second or two and in 160 MiB.
 */
export const MAX_YAML_TOKENS = 400_000;
/** Tokens of one manifest of that length with short names and numbers, of two or three characters each. It is read in 700 MiB. */
const MAX_OBJECT_TOKENS = 1_500_000;
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
  /**
   * Where the value at the tokens begins. Where there is none: the place of the nearest parent, and if that is a block mapping, of its key.
   * With `key`, where the value's key stands.
   */
  placeOf(tokens: readonly string[], at?: 'value' | 'key'): Place;
  /** Plain scalars, keys too, that are texts here and something else to go-yaml: `yes`, `on`, `1_000`. */
  readAlsoAs(): readonly { readonly place: Place; readonly written: string; readonly meaning: string }[];
  /** The text of the value at the tokens as its author wrote it; undefined unless it is a scalar without quotes. */
  writtenAt(tokens: readonly string[]): string | undefined;
}

export interface YamlSource {
  readonly file: string;
  readonly text: string;
}

export type YamlResult =
  | { readonly ok: true; readonly documents: readonly YamlDocument[] }
  | { readonly ok: false; readonly errors: readonly LocatedError[] };

/**
 * What a text holds. `policy`: YAML 1.2 without aliases. `test`: the same with aliases. `manifest`: what kubectl and Flux read, hence plain
 * scalars as go-yaml resolves them (`yes`, `010`), keys that are no texts, and aliases.
 */
export type YamlContent = 'policy' | 'test' | 'manifest';

/** How many tokens may still be read; files that are read together share one. */
interface YamlBudget {
  tokens: number;
}

/** Reads all documents of a file; empty ones are left out. The budget is for policies. */
export function readYaml(
  source: YamlSource,
  content: YamlContent = 'policy',
  budget: YamlBudget = { tokens: MAX_YAML_TOKENS },
): YamlResult {
  const longest = content === 'manifest' ? MAX_MANIFESTS_LENGTH : MAX_YAML_LENGTH;
  if (source.text.length > longest) {
    const message = `the file is longer than ${longest} characters`;
    return { ok: false, errors: [locatedError({ ...source, text: '' }, { line: 1, column: 1 }, message)] };
  }
  const lines = new LineIndex(source.text);
  const parts = content === 'manifest' ? splitDocuments(source.text) : [{ offset: 0, text: source.text }];
  const nodes = new NodeSource(READINGS[content], source.text.length <= MAX_KEPT_LENGTH);
  const errors: LocatedError[] = [];
  const documents: YamlDocument[] = [];
  for (const part of parts) {
    const read = readPart(part, content, budget, nodes);
    for (const { offset, message, hint } of read.problems) {
      const place = lines.placeOf(part.offset + offset);
      if (errors.length < MAX_ERRORS) errors.push(locatedError(source, place, message, hint));
    }
    if (errors.length >= MAX_ERRORS) break;
    for (const document of errors.length > 0 ? [] : read.documents)
      documents.push(yamlDocument(source, document, part.offset, lines));
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, documents };
}

/** Offsets are those of the part. */
interface Problem {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

interface ReadPart {
  readonly problems: readonly Problem[];
  readonly documents: readonly DocumentContent[];
}

const READINGS: Readonly<Record<YamlContent, ScalarReading>> = {
  policy: 'yaml-1.2',
  test: 'yaml-1.2',
  manifest: 'go-yaml',
};

function readPart(part: TextPart, content: YamlContent, budget: YamlBudget, nodes: NodeSource): ReadPart {
  const early = earlyProblem(part.text, content, budget);
  if (early !== undefined) return { problems: [early], documents: [] };
  const { documents, problems } = parseYaml(part.text, READINGS[content], MAX_ERRORS);
  const found: Problem[] = problems.map(({ offset, message }) => ({
    offset,
    message: plainMessage(message),
  }));
  for (const document of documents) {
    if (found.length < MAX_ERRORS) found.push(...documentProblems(document, content));
  }
  if (found.length > 0) return { problems: found, documents: [] };
  const read = documents.flatMap((document, index): ReadPart['documents'] => {
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return [];
    try {
      const value = toPlainValue(document);
      return [{ value, start: contents.range[0], root: nodes.rootOf(part, index, document) }];
    } catch (error) {
      if (!(error instanceof AliasError)) throw error;
      found.push({ offset: error.offset, message: error.message });
      return [];
    }
  });
  return { problems: found, documents: read };
}

/** The nodes of a text's documents: kept, or made anew when they are asked for, those of the last part for some more questions. */
class NodeSource {
  readonly #reading: ScalarReading;
  readonly #keep: boolean;
  #last: { readonly part: TextPart; readonly documents: readonly Document.Parsed[] } | undefined;

  constructor(reading: ScalarReading, keep: boolean) {
    this.#reading = reading;
    this.#keep = keep;
  }

  rootOf(part: TextPart, index: number, document: Document.Parsed): () => Node | null {
    return this.#keep ? () => document.contents : this.#again(part, index);
  }

  /** Apart from where the nodes are at hand, so that it does not hold them. */
  #again(part: TextPart, index: number): () => Node | null {
    return () => {
      if (this.#last?.part !== part)
        this.#last = { part, documents: parseYaml(part.text, this.#reading, MAX_ERRORS).documents };
      return this.#last.documents[index]?.contents ?? null;
    };
  }
}

function earlyProblem(text: string, content: YamlContent, budget: YamlBudget): Problem | undefined {
  if (content === 'manifest' && text.length > MAX_OBJECT_LENGTH)
    return { offset: 0, message: `the document is longer than ${MAX_OBJECT_LENGTH} characters` };
  const nul = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/);
  if (nul !== -1) return { offset: nul, message: 'a control character stands here: this is no YAML text' };
  return content === 'policy'
    ? lexicalProblem(text, budget)
    : lexicalProblem(text, { tokens: MAX_OBJECT_TOKENS }, 'the document has');
}

function documentProblems(document: Document.Parsed, content: YamlContent): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (node: Node, message: string, hint?: string) => {
    const offset = node.range?.[0] ?? 0;
    if (problems.length < MAX_ERRORS)
      problems.push({ offset, message, ...(hint === undefined ? {} : { hint }) });
  };
  visit(document as Document, {
    Alias: (_key, node) => {
      if (content === 'policy') add(node, 'aliases are not accepted here', 'write the value out');
    },
    Node: (key, node) => {
      if (isScalar(node) && key !== 'key' && typeof node.value === 'number' && !Number.isFinite(node.value))
        add(node, 'JSON has no infinity and no NaN', 'put it in quotes if a text is meant');
      if (content === 'policy' && !isAlias(node) && node.anchor !== undefined)
        add(
          node,
          `the anchor &${node.anchor} is not accepted here`,
          'write the value out where it is needed',
        );
      if (node.tag !== undefined) add(node, `the tag ${node.tag} is not accepted here`, 'leave it out');
      if (content === 'policy' && (isMap(node) || isSeq(node)) && node.items.length > MAX_ENTRIES)
        add(node, `more than ${MAX_ENTRIES} entries are not accepted here`);
      for (const [key, first] of isMap(node) ? repeatedKeys(node) : [])
        if (key.source === first.source) add(key, 'Map keys must be unique');
        else add(key, `the keys ${first.source} and ${key.source} are read as one`, 'put them in quotes');
    },
    Pair: (_key, { key }) => {
      if (!isNode(key)) return;
      if (!isScalar(key)) add(key, 'a key must be a text');
      else if (key.value === '<<' && key.type === 'PLAIN')
        add(key, 'merge keys are not accepted here', 'write the fields out');
      else if (key.value === null || keyText(key.value) === undefined) add(key, 'a key must be a text');
      else if (content !== 'manifest' && typeof key.value !== 'string')
        add(key, `the key ${key.source ?? ''} is not a text`, 'put it in quotes');
    },
  });
  return problems;
}

/** Keys that are read as one before them, each with that one. */
function repeatedKeys({ items }: YAMLMap): readonly (readonly [Scalar, Scalar])[] {
  const first = new Map<string | undefined, Scalar>();
  return items.flatMap(({ key }): [Scalar, Scalar][] => {
    if (!isScalar(key)) return [];
    const text = keyText(key.value);
    const before = first.get(text);
    if (before === undefined) first.set(text, key);
    return before === undefined ? [] : [[key, before]];
  });
}

function plainMessage(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
