/** Removes and inserts members of block collections, by whole lines. */
import type { Node, YAMLMap, YAMLSeq } from 'yaml';
import type { Json } from '../json/json.ts';
import {
  assertRemovable,
  commentsIn,
  type Draft,
  insertLines,
  pairsOf,
  replaceLines,
  runsOf,
  splice,
} from './draft.ts';
import {
  columnOf,
  dashOf,
  endOfLines,
  endWithComments,
  isFirstOnLine,
  itemEnd,
  lineBreakAt,
  lineStart,
  pairEnd,
  pairStart,
} from './extent.ts';
import { indentOf, stepsOf } from './layout.ts';
import { type BlockLayout, renderItem, renderPair, spaces } from './render-block.ts';

/** Members of one collection, as far as removing and inserting need to know them. */
interface Members {
  readonly column: number;
  readonly count: number;
  startOf(index: number): number;
  endOf(index: number): number;
  nodesOf(index: number): readonly (Node | null)[];
}

/** Removes pairs and appends new ones; at least one pair must stay. */
export function editBlockMap(
  draft: Draft,
  map: YAMLMap,
  removed: ReadonlySet<number>,
  added: readonly (readonly [key: string, value: Json])[],
): void {
  const pairs = pairsOf(map);
  const column = indentOf(map) ?? 0;
  const members: Members = {
    column,
    count: pairs.length,
    startOf: (index) => pairStart(at(pairs, index)),
    endOf: (index) => pairEnd(at(pairs, index)),
    nodesOf: (index) => [at(pairs, index).key, at(pairs, index).value],
  };
  removeRuns(draft, members, removed);
  if (added.length === 0) return;
  const layout = layoutIn(draft, map);
  const lines = added.flatMap(([key, value]) => renderPair(key, value, column, layout));
  insertLines(draft, behind(draft, members, pairs.length - 1, removed), lines);
}

/** Removes items and inserts new ones in front of the items at their indexes; at least one item must stay. */
export function editBlockSeq(
  draft: Draft,
  seq: YAMLSeq,
  removed: ReadonlySet<number>,
  index: number,
  added: readonly Json[],
): void {
  const { text, layout } = draft;
  const items = seq.items as readonly (Node | null)[];
  const first = dashOf(seq, 0) ?? 0;
  const column = columnOf(text, first);
  const members: Members = {
    column,
    count: items.length,
    startOf: (each) => dashOf(seq, each) ?? 0,
    endOf: (each) => itemEnd(seq, each),
    nodesOf: (each) => [items[each] ?? null],
  };
  removeRuns(draft, members, removed);
  if (added.length === 0) return;
  const lines = added.flatMap((value) => renderItem(value, column, layout));
  if (index > 0) insertLines(draft, behind(draft, members, index - 1, removed), lines);
  else if (isFirstOnLine(text, first)) insertLines(draft, aboveComments(text, lineStart(text, first)), lines);
  else {
    const lineBreak = lineBreakAt(text, first);
    const [head = '', ...rest] = lines;
    splice(draft, first, first, [head.slice(column), ...rest, spaces(column)].join(lineBreak));
  }
}

/** How new text below a mapping is laid out: as its own members are, or else as most of the file is. */
export function layoutIn({ text, layout }: Draft, map: YAMLMap): BlockLayout {
  const own = stepsOf(text, map);
  return {
    quote: layout.quote,
    step: own.find(([, isList]) => !isList)?.[0] ?? layout.step,
    itemOffset: own.find(([, isList]) => isList)?.[0] ?? layout.itemOffset,
  };
}

/** Comments within what is removed stay, each on a line of its own. */
function removeRuns(draft: Draft, members: Members, removed: ReadonlySet<number>): void {
  const { text } = draft;
  for (const [first, last] of runsOf(removed)) {
    for (let index = first; index <= last; index += 1) {
      for (const node of members.nodesOf(index)) assertRemovable(draft, node);
    }
    const start = members.startOf(first);
    if (isFirstOnLine(text, start)) {
      const end = endOfLines(text, members.endOf(last));
      const kept = commentsIn(draft, start, end).map((comment) => spaces(members.column) + comment.text);
      replaceLines(draft, lineStart(text, start), end, kept);
    } else {
      // The first member of a collection that begins behind a dash: the next one moves up to it.
      const end = members.startOf(last + 1);
      const lineBreak = lineBreakAt(text, start);
      const kept = commentsIn(draft, start, end).map(
        (comment) => comment.text + lineBreak + spaces(members.column),
      );
      splice(draft, start, end, kept.join(''));
    }
  }
}

/** The beginning of the line behind a member, where the next one is to stand. */
function behind({ text }: Draft, members: Members, index: number, removed: ReadonlySet<number>): number {
  const end = members.endOf(index);
  return removed.has(index) ? endOfLines(text, end) : endWithComments(text, end, members.column);
}

/** The beginning of the comment lines right above a line. */
function aboveComments(text: string, start: number): number {
  let top = start;
  while (top > 0 && /^[ \t]*#/.test(text.slice(lineStart(text, top - 1), top)))
    top = lineStart(text, top - 1);
  return top;
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`there is no member ${index}`);
  return item;
}
