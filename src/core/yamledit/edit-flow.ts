/** Removes and inserts members of flow collections, `{a: b}` and `[a, b]`, JSON included. */
import { isMap, isPair, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Json } from '../json/json.ts';
import { assertRemovable, commentsIn, type Draft, type NodePair, runsOf, splice } from './draft.ts';
import {
  flowItemStart,
  isFirstOnLine,
  lineBreakAt,
  lineEnd,
  lineStart,
  pairEnd,
  pairStart,
} from './extent.ts';
import { type FlowStyle, type Lines, renderFlow, renderMember } from './render-flow.ts';

/** A member to be written: an item, or with a key a pair. */
export interface FlowMember {
  readonly key?: string;
  readonly value: Json;
}

/** Removes members and inserts new ones in front of the one at the index; at least one must stay. */
export function editFlow(
  draft: Draft,
  node: YAMLMap | YAMLSeq,
  removed: ReadonlySet<number>,
  index: number,
  added: readonly FlowMember[],
): void {
  const { text } = draft;
  for (const [first, last] of runsOf(removed)) removeRun(draft, node, first, last);
  if (added.length === 0) return;
  const style = flowStyleOf(draft, node);
  const count = node.items.length;
  const neighbour = Math.min(index, count - 1);
  const start = startOf(node, neighbour);
  const lineBreak = lineBreakAt(text, start);
  const indent = isFirstOnLine(text, start) ? text.slice(lineStart(text, start), start) : undefined;
  const lines = indent === undefined ? undefined : linesIn(draft, indent, lineBreak);
  const rendered = added.map(({ key, value }) =>
    key === undefined ? renderFlow(value, style, lines) : renderMember(key, value, style, lines),
  );
  if (index < count) {
    const between = indent === undefined ? style.comma : `,${lineBreak}${indent}`;
    splice(draft, start, start, rendered.map((member) => member + between).join(''));
    return;
  }
  const end = endOf(node, count - 1);
  const comma = trailingComma(node, end);
  const rest = text.slice(comma === undefined ? end : comma + 1, lineEnd(text, end));
  if (indent === undefined || removed.has(count - 1) || !/^[ \t]*(#.*)?\r?\n$/.test(rest)) {
    splice(draft, end, end, rendered.map((member) => style.comma + member).join(''));
    return;
  }
  if (comma === undefined) splice(draft, end, end, ',');
  const behind = lineEnd(text, end);
  const members = rendered.map((member) => indent + member).join(`,${lineBreak}`);
  splice(draft, behind, behind, `${members}${comma === undefined ? '' : ','}${lineBreak}`);
}

/** Writes a whole flow collection anew: one that was empty, or keeps nothing of what it held. */
export function replaceFlow(draft: Draft, node: YAMLMap | YAMLSeq, to: Json): void {
  const { text } = draft;
  const [start = 0, end = 0] = node.range ?? [];
  assertRemovable(draft, node);
  const own = lineStart(text, start);
  const indent = /^[ \t]*/.exec(text.slice(own, start))?.[0] ?? '';
  const lineBreak = lineBreakAt(text, start);
  const written = renderFlow(to, flowStyleOf(draft, node), linesIn(draft, indent, lineBreak));
  // Comments only stand in what goes over several lines, so that its last line is indented as lines within must be.
  const inner = /^[ \t]*/.exec(text.slice(lineStart(text, end), end))?.[0] ?? '';
  const comments = commentsIn(draft, start, end).map((comment) => ` ${comment.text}${lineBreak}${inner}`);
  splice(draft, start, end, `${written.slice(0, -1)}${comments.join('')}${written.slice(-1)}`);
}

/** How a flow collection is written, by what stands in it. */
export function flowStyleOf({ text, layout }: Draft, node: YAMLMap | YAMLSeq): FlowStyle {
  const keys = isMap(node) ? (node.items as unknown as readonly NodePair[]).map(({ key }) => key) : [];
  const quoted = keys.length > 0 && keys.every((key) => text[key.range?.[0] ?? 0] === '"');
  const place = layout.json || quoted ? 'json' : 'flow';
  const inside = text[(node.range?.[0] ?? 0) + 1];
  const [first] = node.items;
  const tight = layout.jsonTight === true;
  const colon = isPair(first)
    ? text.slice(keyEnd(first as NodePair), valueStart(first as NodePair))
    : tight
      ? ':'
      : ': ';
  const comma = node.items.length > 1 ? text.slice(endOf(node, 0), startOf(node, 1)) : tight ? ',' : ', ';
  return {
    place,
    quote: layout.quote,
    pad: isMap(node) && keys.length > 0 && inside === ' ' ? ' ' : '',
    colon: colon === ':' && place === 'json' ? ':' : ': ',
    comma: /^, *$/.test(comma) ? comma : ', ',
  };
}

/** In JSON over several lines new collections are laid out likewise. */
function linesIn({ layout }: Draft, indent: string, lineBreak: string): Lines | undefined {
  return layout.jsonIndent === undefined ? undefined : { indent, level: layout.jsonIndent, lineBreak };
}

function removeRun(draft: Draft, node: YAMLMap | YAMLSeq, first: number, last: number): void {
  const { text } = draft;
  for (const item of node.items.slice(first, last + 1)) {
    if (isPair(item)) assertRemovable(draft, (item as unknown as NodePair).value);
    else assertRemovable(draft, item as Node | null);
  }
  const isLast = last === node.items.length - 1;
  const start = isLast ? endOf(node, first - 1) : startOf(node, first);
  const end = isLast ? endOf(node, last) : startOf(node, last + 1);
  const indent = /^[ \t]*/.exec(text.slice(lineStart(text, end), end))?.[0] ?? '';
  const lineBreak = lineBreakAt(text, start);
  const kept = commentsIn(draft, start, end).map((comment) => `${comment.text}${lineBreak}${indent}`);
  const gap = isLast || /[^ \t]/.test(text[start - 1] ?? '') ? ' ' : '';
  splice(draft, start, end, kept.length === 0 ? '' : gap + kept.join(''));
}

function startOf(node: YAMLMap | YAMLSeq, index: number): number {
  return isMap(node) ? pairStart(node.items[index] as unknown as NodePair) : flowItemStart(node, index);
}

function endOf(node: YAMLMap | YAMLSeq, index: number): number {
  const item = node.items[index];
  return isPair(item) ? pairEnd(item as unknown as NodePair) : ((item as Node).range?.[1] ?? 0);
}

function keyEnd({ key }: NodePair): number {
  return key.range?.[1] ?? 0;
}

function valueStart({ key, value }: NodePair): number {
  return value?.range?.[0] ?? key.range?.[1] ?? 0;
}

/** The offset of a comma behind the last member. */
function trailingComma({ srcToken }: YAMLMap | YAMLSeq, end: number): number | undefined {
  if (srcToken?.type !== 'flow-collection') return undefined;
  const tokens = srcToken.items.flatMap(({ start }) => start);
  return tokens.find(({ type, offset }) => type === 'comma' && offset >= end)?.offset;
}
