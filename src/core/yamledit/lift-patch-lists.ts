/**
 * Turns the old patch lists of a kustomize post-renderer into `patches` as a person would: each patch becomes a text of several lines
 * with its comments, where it stands, instead of JSON on one line.
 */
import { isAlias, isMap, isSeq, type Node, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json } from '../json/json.ts';
import { readYaml } from '../policy/yaml-file.ts';
import { commentsIn, type Draft, indexOfKey, type MapPlanner, pairsOf, splice } from './draft.ts';
import {
  columnOf,
  contentEnd,
  dashMarkEnd,
  dashOf,
  endOfLines,
  isFirstOnLine,
  lineBreakAt,
  lineEnd,
  lineStart,
  markEnd,
  pairEnd,
} from './extent.ts';
import { indentOf } from './layout.ts';
import { spaces } from './render-block.ts';
import { applySplices, type Splice } from './splice.ts';

const MERGES = 'patchesStrategicMerge';
const PATCHES = 'patches';
const JSONS = 'patchesJson6902';
/** The order in which kustomize applies them, and in which `liftBetaFields` joins them. */
const ORDER = [MERGES, PATCHES, JSONS];
/** Columns that the text of a patch stands below the key that holds it. */
const TEXT_INDENT = 2;

/** Plans a kustomize mapping whose lists stand one below the other in block style; others are left to the general way. */
export const liftPatchLists: MapPlanner = (draft, map, from, to) => {
  if (from[MERGES] === undefined && from[JSONS] === undefined) return undefined;
  if (!Array.isArray(to[PATCHES]) || map.flow === true) return undefined;
  const indexes = ORDER.map((name) => indexOfKey(map, name)).filter((index) => index !== -1);
  const first = Math.min(...indexes);
  if (Math.max(...indexes) - first >= indexes.length) return undefined;
  const blocks = indexes.map((index) => blockOf(draft, map, index, index === first));
  const dashes = new Set(blocks.map((block) => block?.dash));
  if (!blocks.every((block) => block !== undefined) || dashes.size > 1) return undefined;
  join(draft, map, blocks);
  const { [MERGES]: _merges, [JSONS]: _jsons, [PATCHES]: _patches, ...before } = from;
  const { [PATCHES]: _lifted, ...after } = to;
  return { from: before, to: after };
};

/** One of the lists as text: what stands above its key, the comment behind the key, and its items as they are to stand in `patches`. */
interface Block {
  readonly start: number;
  readonly end: number;
  readonly above: string;
  readonly comment: string | undefined;
  readonly body: string;
  /** The column of the dashes. */
  readonly dash: number;
}

/** Undefined where something is not laid out in the plain way. */
function blockOf(draft: Draft, map: YAMLMap, index: number, isFirst: boolean): Block | undefined {
  const { text } = draft;
  const pairs = pairsOf(map);
  const pair = pairs[index];
  const list = pair?.value;
  const keyStart = pair?.key.range?.[0] ?? 0;
  if (pair === undefined || !isSeq(list) || list.flow === true) return undefined;
  if (!isFirstOnLine(text, keyStart) || isShared(list)) return undefined;
  const isOld = indexOfKey(map, PATCHES) !== index;
  const change = indexOfKey(map, MERGES) === index ? mergeSplices : operationSplices;
  const splices = list.items.map((_item, each) => (isOld ? change(text, list, each) : []));
  if (!splices.every((each) => each !== undefined)) return undefined;
  const before = pairs[index - 1];
  const own = lineStart(text, keyStart);
  const start = isFirst || before === undefined ? own : endOfLines(text, pairEnd(before));
  const bodyStart = lineEnd(text, markEnd(pair));
  const end = endOfLines(text, pairEnd(pair));
  return {
    start,
    end,
    above: text.slice(start, own),
    comment: commentsIn(draft, markEnd(pair), bodyStart)[0]?.text,
    body: edited(text, bodyStart, end, splices.flat()),
    dash: columnOf(text, dashOf(list, 0) ?? 0),
  };
}

/** `- kind: X` becomes `- patch: |` with `kind: X` below. */
function mergeSplices(text: string, list: YAMLSeq, index: number): readonly Splice[] | undefined {
  const node = list.items[index] as Node | null;
  const start = node?.range?.[0] ?? 0;
  if (!isMap(node) || !/^ +$/.test(text.slice(dashMarkEnd(list, index), start))) return undefined;
  const column = columnOf(text, start);
  const end = endOfLines(text, contentEnd(node));
  const head = `patch: |${lineBreakAt(text, start)}${spaces(column + TEXT_INDENT)}`;
  return [
    { start, end: start, text: head },
    ...moved(text, lineEnd(text, start), end, column, column + TEXT_INDENT),
  ];
}

/** `patch:` and the list of operations below become `patch: |` and the same lines. */
function operationSplices(text: string, list: YAMLSeq, index: number): readonly Splice[] | undefined {
  const item = list.items[index] as Node | null;
  if (!isMap(item) || item.flow === true) return undefined;
  const pair = pairsOf(item)[indexOfKey(item, 'patch')];
  const operations = pair?.value;
  if (pair === undefined || !isSeq(operations)) return undefined;
  const [mark, start] = [markEnd(pair), operations.range?.[0] ?? 0];
  const wanted = (indentOf(item) ?? 0) + TEXT_INDENT;
  const end = endOfLines(text, contentEnd(operations));
  const first = lineEnd(text, mark);
  if (first > start) {
    const head = ` |${lineBreakAt(text, mark)}${spaces(wanted)}`;
    return [{ start: mark, end: start, text: head }, ...moved(text, first, end, wanted, wanted)];
  }
  const column = columnOf(text, start);
  return [
    { start: mark, end: mark, text: ' |' },
    ...moved(text, first, end, column, Math.max(column, wanted)),
  ];
}

/** Moves lines from one column to another; what stands further left, as only comments do, is brought to the column too. */
function moved(text: string, start: number, end: number, from: number, to: number): readonly Splice[] {
  const splices: Splice[] = [];
  for (let at = start; at < end; at = lineEnd(text, at)) {
    const blanks = /^[ \t]*/.exec(text.slice(at, lineEnd(text, at)))?.[0].length ?? 0;
    if (/^[ \t]*\r?\n?$/.test(text.slice(at, lineEnd(text, at)))) continue;
    splices.push({ start: at, end: at + blanks, text: spaces(Math.max(blanks, from) - from + to) });
  }
  return splices;
}

function edited(text: string, start: number, end: number, splices: readonly Splice[]): string {
  const own = splices.map((each) => ({ ...each, start: each.start - start, end: each.end - start }));
  return applySplices(text.slice(start, end), own);
}

/** Writes the lists as one where the first of them stood. */
function join(draft: Draft, map: YAMLMap, blocks: readonly Block[]): void {
  const { text } = draft;
  const start = Math.min(...blocks.map((block) => block.start));
  const end = Math.max(...blocks.map((block) => block.end));
  const lineBreak = lineBreakAt(text, start);
  const column = spaces(indentOf(map) ?? 0);
  const [head] = blocks;
  const parts = blocks.map(({ above, comment, body }, index) => {
    const own = index === 0 || comment === undefined ? '' : `${column}${comment}${lineBreak}`;
    return `${above}${own}${body.endsWith('\n') ? body : body + lineBreak}`;
  });
  const key = `${column}${PATCHES}:${head?.comment === undefined ? '' : ` ${head.comment}`}${lineBreak}`;
  const joined = key + parts.join('');
  const isOpen = end === text.length && !text.endsWith('\n');
  splice(draft, start, end, isOpen ? joined.slice(0, -lineBreak.length) : joined);
}

/** Whether something in a node has a name or stands for something else, which a text cannot. */
function isShared(node: Node): boolean {
  let found = false;
  visit(node, {
    Node(_key, inner) {
      if (isAlias(inner) || inner.anchor !== undefined) found = true;
    },
  });
  return found;
}

/** Equality of specs in which the texts of patches may be laid out differently. */
export function isEqualBesidesPatchText(left: Json, right: Json): boolean {
  return isEqualJson(withReadPatches(left), withReadPatches(right));
}

function withReadPatches(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withReadPatches);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, Json] => {
      const isPatch = key === 'patch' && typeof member === 'string';
      return [key, isPatch ? readPatch(member) : withReadPatches(member ?? null)];
    }),
  );
}

function readPatch(text: string): Json {
  const read = readYaml({ file: 'patch', text }, 'manifest');
  return read.ok && read.documents.length === 1 ? (read.documents[0]?.value ?? null) : text;
}
