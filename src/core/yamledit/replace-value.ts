import { isScalar, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { isJsonObject, type Json } from '../json/json.ts';
import { assertRemovable, commentsIn, type Draft, type NodePair, replaceLines, splice } from './draft.ts';
import { layoutIn } from './edit-block.ts';
import { flowStyleOf } from './edit-flow.ts';
import {
  columnOf,
  contentEnd,
  dashMarkEnd,
  dashOf,
  endOfLines,
  isAbsent,
  lineBreakAt,
  lineEnd,
  lineStart,
  markEnd,
} from './extent.ts';
import { indentOf, styleOfScalar } from './layout.ts';
import { renderItem, renderValue, spaces } from './render-block.ts';
import { renderFlow } from './render-flow.ts';
import { renderScalar } from './render-scalar.ts';

/** Where a value stands: behind a key, or as an item of a list. */
export type Slot =
  | { readonly map: YAMLMap; readonly pair: NodePair }
  | { readonly seq: YAMLSeq; readonly index: number };

/** Writes another value where one stands. Comments within the old one stay, on lines of their own where they must. */
export function replaceValue(draft: Draft, slot: Slot, to: Json): void {
  const node = nodeOf(slot);
  assertRemovable(draft, node);
  const parent = 'map' in slot ? slot.map : slot.seq;
  if (parent.flow === true) replaceInFlow(draft, slot, node, to);
  else if (isScalarJson(to) && isScalar(node) && !isAbsent(node) && isInline(node)) {
    const [start, end] = node.range ?? [0, 0];
    splice(draft, start, end, renderScalar(to, 'block', draft.layout.quote, styleOfScalar(node)));
  } else replaceInBlock(draft, slot, node, to);
}

export function nodeOf(slot: Slot): Node | null {
  return 'map' in slot ? slot.pair.value : ((slot.seq.items[slot.index] as Node | undefined) ?? null);
}

function replaceInFlow(draft: Draft, slot: Slot, node: Node | null, to: Json): void {
  const style = flowStyleOf(draft, 'map' in slot ? slot.map : slot.seq);
  if (isAbsent(node)) {
    if (!('map' in slot)) throw new Error('an item of a flow list is never absent');
    const hasColon = slot.pair.srcToken?.sep?.some(({ type }) => type === 'map-value-ind') === true;
    const end = markEnd(slot.pair);
    splice(draft, end, end, `${hasColon ? ' ' : ': '}${renderFlow(to, style)}`);
    return;
  }
  const [start, end] = node.range ?? [0, 0];
  const written = styleOfScalar(node);
  const text = isScalarJson(to) ? renderScalar(to, style.place, style.quote, written) : renderFlow(to, style);
  const indent = /^[ \t]*/.exec(draft.text.slice(lineStart(draft.text, end)))?.[0] ?? '';
  const lineBreak = lineBreakAt(draft.text, start);
  const kept = commentsIn(draft, start, end).map((comment) => ` ${comment.text}${lineBreak}${indent}`);
  splice(draft, start, end, text + kept.join(''));
}

function replaceInBlock(draft: Draft, slot: Slot, node: Node | null, to: Json): void {
  const { text } = draft;
  const start = 'map' in slot ? markEnd(slot.pair) : dashMarkEnd(slot.seq, slot.index);
  const end = endOfLines(text, isAbsent(node) ? start : contentEnd(node));
  const [first, ...rest] = linesOf(draft, slot, to);
  const column = columnOfSlot(draft, slot);
  const comments = commentsIn(draft, start, end);
  const ownLine = lineEnd(text, start);
  const behind = comments.filter(({ offset }) => offset < ownLine).map((comment) => ` ${comment.text}`);
  const below = comments
    .filter(({ offset }) => offset >= ownLine)
    .map((comment) => spaces(column) + comment.text);
  replaceLines(draft, start, end, [`${first}${behind.join('')}`, ...rest, ...below]);
}

/** What stands behind the colon or dash, and the lines below. */
function linesOf(draft: Draft, slot: Slot, to: Json): readonly [string, ...string[]] {
  if ('map' in slot) return renderValue(to, indentOf(slot.map) ?? 0, layoutIn(draft, slot.map));
  const column = columnOfSlot(draft, slot);
  const [first = '', ...rest] = renderItem(to, column, draft.layout);
  const isNested = !isScalarJson(to) && Object.keys(to as object).length > 0;
  const named = dashMarkEnd(slot.seq, slot.index) > (dashOf(slot.seq, slot.index) ?? 0) + 1;
  // Behind an anchor no collection can begin on the same line.
  if (named && isNested) return ['', spaces(column + 2) + first.slice(column + 2), ...rest];
  return [first.slice(column + 1), ...rest];
}

function columnOfSlot({ text }: Draft, slot: Slot): number {
  return 'map' in slot ? (indentOf(slot.map) ?? 0) : columnOf(text, dashOf(slot.seq, slot.index) ?? 0);
}

function isScalarJson(value: Json): boolean {
  return !isJsonObject(value) && !Array.isArray(value);
}

/** Whether a scalar is written within its line, so that it can be replaced in place. */
function isInline(node: Node): boolean {
  return styleOfScalar(node) !== undefined;
}
