/**
 * Changes values in a YAML text and nothing else: the edits are pieces of text, found by where the nodes stand, and every byte outside
 * them stays. The result is read again and compared before it is given out.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml';
import { isEqualJson } from '../json/equal.ts';
import type { Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { type LocatedError, locatedError } from '../policy/located-error.ts';
import { yamlOptions } from '../policy/parse-yaml.ts';
import { MAX_OBJECT_LENGTH, readYaml, type YamlDocument, type YamlSource } from '../policy/yaml-file.ts';
import { type Comment, commentsOf } from './comments.ts';
import { assertOwn, type Draft, indexOfKey, type MapPlanner, pairsOf } from './draft.ts';
import { EditRefusal } from './edit-refusal.ts';
import { layoutOf } from './layout.ts';
import { planChange } from './plan-change.ts';
import type { Slot } from './replace-value.ts';
import { applySplices } from './splice.ts';

/** Comments that are looked for in the whole text one by one: a patch that becomes a text has a handful. */
const MAX_MOVED_COMMENTS = 100;

const BY_HAND = 'make the change by hand';

/** A value in one of a text's documents, and what it is to become. */
export interface Rewrite {
  /** Index of the document among those that are not empty, as `readYaml` counts them. */
  readonly document: number;
  readonly tokens: readonly string[];
  readonly from: Json;
  readonly to: Json;
}

export type RewriteResult =
  /** The new text, and its documents as `readYaml` reads them. */
  | { readonly ok: true; readonly text: string; readonly documents: readonly YamlDocument[] }
  | { readonly ok: false; readonly errors: readonly LocatedError[] };

export interface RewriteOptions {
  /** Better ways to write certain changes of a mapping, tried in order before the general one. */
  readonly planners?: readonly MapPlanner[];
  /** Whether a value that was read back is what was asked for; equality when absent. */
  readonly isExpected?: (value: Json, to: Json) => boolean;
}

/**
 * Makes all changes or none. Refused, with a place, is a change within an alias or within an anchor that is used elsewhere, and one
 * after which the text would not read as expected or would lack a comment. `before` is what `readYaml` reads from the source, with
 * aliases; a byte order mark must have been taken off.
 */
export function rewriteYaml(
  source: YamlSource,
  before: readonly YamlDocument[],
  rewrites: readonly Rewrite[],
  options: RewriteOptions = {},
): RewriteResult {
  const { text } = source;
  if (text.length > MAX_OBJECT_LENGTH) {
    const message = `cannot be edited: the text is longer than ${MAX_OBJECT_LENGTH} characters`;
    const error = locatedError(
      { ...source, text: '' },
      { line: 1, column: 1 },
      message,
      'write its objects into several files',
    );
    return { ok: false, errors: [error] };
  }
  const lines = new LineCounter();
  const documents = parse(text, lines);
  const draft: Draft = {
    text,
    layout: layoutOf(text, documents),
    comments: commentsOf(text),
    shared: sharedAnchors(documents),
    splices: [],
    planners: options.planners ?? [],
  };
  let offset = 0;
  const refuse = (message: string, hint?: string): RewriteResult => {
    const { line, col } = lines.linePos(offset);
    const place = { line: Math.max(1, line), column: Math.max(1, col) };
    return { ok: false, errors: [locatedError(source, place, `cannot be edited: ${message}`, hint)] };
  };
  try {
    for (const { document, tokens, from, to } of rewrites) {
      const root = documents[document]?.contents as Node | null;
      const { node, slot } = walk(draft, root, tokens);
      offset = node?.range?.[0] ?? 0;
      planChange(draft, node, slot, from, to);
    }
    const edited = applySplices(text, draft.splices);
    const after = readYaml({ ...source, text: edited }, 'manifest');
    if (!after.ok) return refuse('the result would not be readable', BY_HAND);
    const { documents: read } = after;
    const wrong = differsFromExpected(before, read, rewrites, options.isExpected ?? isEqualJson);
    if (wrong !== undefined) return refuse(wrong, BY_HAND);
    if (!keepsComments(draft.comments, text, edited)) return refuse('a comment would be lost', BY_HAND);
    return { ok: true, text: edited, documents: read };
  } catch (error) {
    if (!(error instanceof EditRefusal)) throw error;
    offset = error.offset;
    return refuse(error.message, error.hint);
  }
}

/** As `readYaml` parses, with the tokens that the nodes were made of. */
function parse(text: string, lineCounter: LineCounter): readonly Document.Parsed[] {
  const parsed = parseAllDocuments(text, {
    ...yamlOptions('go-yaml'),
    lineCounter,
    keepSourceTokens: true,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : [];
  return documents.filter(
    ({ contents }) => !(contents === null || (isScalar(contents) && contents.value === null)),
  );
}

function sharedAnchors(documents: readonly Document.Parsed[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const document of documents) {
    visit(document as Document, {
      Alias(_key, { source }) {
        names.add(source);
      },
    });
  }
  return names;
}

/** The node at the end of the tokens and where it stands; what lies on the way must not stand at several places. */
function walk(
  draft: Draft,
  root: Node | null,
  tokens: readonly string[],
): { readonly node: Node | null; readonly slot?: Slot } {
  let node = root;
  let slot: Slot | undefined;
  for (const token of tokens) {
    assertOwn(draft, node);
    if (isMap(node)) {
      const pair = pairsOf(node)[indexOfKey(node, token)];
      if (pair === undefined) throw new Error(`there is no key ${token}`);
      slot = { map: node, pair };
      node = pair.value;
    } else if (isSeq(node) && !isAlias(node)) {
      slot = { seq: node, index: Number(token) };
      node = (node.items[Number(token)] as Node | undefined) ?? null;
    } else throw new Error(`there is nothing at ${token}`);
  }
  return slot === undefined ? { node } : { node, slot };
}

/** What is wrong with the documents of an edited text; undefined when they read as asked. */
function differsFromExpected(
  before: readonly YamlDocument[],
  after: readonly YamlDocument[],
  rewrites: readonly Rewrite[],
  isExpected: (value: Json, to: Json) => boolean,
): string | undefined {
  if (before.length !== after.length) return 'the result would not be readable';
  const byDocument = Map.groupBy(rewrites, ({ document }) => document);
  for (const [index, { value }] of after.entries()) {
    const own = byDocument.get(index) ?? [];
    const was = before[index]?.value ?? null;
    if (!isEqualJson(withoutRewritten(value, own), withoutRewritten(was, own)))
      return 'more than what was asked for would change';
    const missed = own.some(({ tokens, to }) => !isExpected(valueAt(value, tokens) ?? null, to));
    if (missed) return 'the result would not read as asked';
  }
  return undefined;
}

/** A copy with null in the place of each value that is rewritten. */
function withoutRewritten(value: Json, rewrites: readonly Rewrite[]): Json {
  let result = value;
  for (const { tokens } of rewrites) result = withNullAt(result, tokens);
  return result;
}

function withNullAt(value: Json, tokens: readonly string[]): Json {
  const [head, ...rest] = tokens;
  if (head === undefined) return null;
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, index) =>
      String(index) === head ? withNullAt(item, rest) : item,
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  const object = value as { readonly [key: string]: Json };
  return { ...object, [head]: withNullAt(object[head] ?? null, rest) };
}

/** Whether each comment still stands there, as often as before; a few may have become part of a text of several lines. */
function keepsComments(comments: readonly Comment[], before: string, after: string): boolean {
  const missing = countComments(comments);
  for (const [comment, times] of countComments(commentsOf(after))) {
    const left = (missing.get(comment) ?? 0) - times;
    if (left > 0) missing.set(comment, left);
    else missing.delete(comment);
  }
  const absent = [...missing.keys()];
  return (
    absent.length <= MAX_MOVED_COMMENTS &&
    absent.every((comment) => after.split(comment).length >= before.split(comment).length)
  );
}

function countComments(comments: readonly Comment[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of comments) {
    const written = text.trimEnd();
    counts.set(written, (counts.get(written) ?? 0) + 1);
  }
  return counts;
}
