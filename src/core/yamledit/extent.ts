/** Where nodes and lines begin and end in a text. All offsets in UTF-16 units. */
import { type CST, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLSeq } from 'yaml';

/** The end of a node's own text, without comments and blank lines behind it. A block scalar ends behind its last line break. */
export function contentEnd(node: Node): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last !== undefined && isPair(last)) return pairEnd(last as Pair<Node, Node | null>);
  }
  if (isSeq(node) && node.flow !== true) {
    const index = node.items.length - 1;
    const last = node.items[index] as Node | undefined;
    if (last !== undefined) return itemEnd(node, index);
  }
  return node.range?.[1] ?? 0;
}

/** The end of a key and its value. */
export function pairEnd(pair: Pair<Node, Node | null>): number {
  return isAbsent(pair.value) ? markEnd(pair) : contentEnd(pair.value);
}

/** The end of an item of a block sequence. */
export function itemEnd(node: YAMLSeq, index: number): number {
  const item = node.items[index] as Node | null | undefined;
  return isAbsent(item) ? dashMarkEnd(node, index) : contentEnd(item);
}

/** Where a key begins, with the anchor or the `?` in front of it. */
export function pairStart(pair: Pair<Node, Node | null>): number {
  const mark = pair.srcToken?.start.find(({ type }) => type === 'explicit-key-ind' || isMarkType(type));
  return mark?.offset ?? pair.key.range?.[0] ?? 0;
}

/** Where an item of a flow sequence begins, with the anchor in front of it. */
export function flowItemStart(node: YAMLSeq, index: number): number {
  const item = node.items[index] as Node | Pair<Node, Node | null>;
  const token = node.srcToken?.type === 'flow-collection' ? node.srcToken.items[index] : undefined;
  const mark = token?.start.find(({ type }) => type === 'explicit-key-ind' || isMarkType(type));
  return mark?.offset ?? (isPair(item) ? pairStart(item as Pair<Node, Node | null>) : (item.range?.[0] ?? 0));
}

/** Whether nothing is written where the value would stand. */
export function isAbsent(node: Node | null | undefined): node is null | undefined {
  return node === null || node === undefined || (isScalar(node) && node.range?.[0] === node.range?.[1]);
}

/** The end of a key's colon and of the anchor behind it; the key's own end in a flow map that writes no colon. */
export function markEnd(pair: Pair<Node, Node | null>): number {
  const last = pair.srcToken?.sep?.findLast(isMark);
  return last === undefined ? (pair.key.range?.[1] ?? 0) : last.offset + last.source.length;
}

/** The offset of the dash of an item in a block sequence. */
export function dashOf(node: Node, index: number): number | undefined {
  const token = node.srcToken;
  if (token?.type !== 'block-seq') return undefined;
  const dashes = token.items.flatMap(({ start }) => start.filter(({ type }) => type === 'seq-item-ind'));
  return dashes[index]?.offset;
}

/** The end of an item's dash and of the anchor behind it. */
export function dashMarkEnd(node: Node, index: number): number {
  const dash = dashOf(node, index) ?? 0;
  const token = node.srcToken;
  const item =
    token?.type === 'block-seq'
      ? token.items.find(({ start }) => start.some(({ offset }) => offset === dash))
      : undefined;
  const last = item?.start.findLast(isMark);
  return last === undefined ? dash + 1 : last.offset + last.source.length;
}

function isMark({ type }: CST.SourceToken): boolean {
  return type === 'map-value-ind' || type === 'seq-item-ind' || isMarkType(type);
}

function isMarkType(type: CST.SourceToken['type']): boolean {
  return type === 'anchor' || type === 'tag';
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the line after the one at the offset begins; the text's end on its last line. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at === -1 ? text.length : at + 1;
}

/** The offset behind the last line of a content that ends at `end`, its line break included. */
export function endOfLines(text: string, end: number): number {
  return end > 0 && text[end - 1] === '\n' ? end : lineEnd(text, end);
}

/** As {@link endOfLines}, and behind the comments that follow and are indented deeper than `column`: they belong to the content. */
export function endWithComments(text: string, end: number, column: number): number {
  let at = endOfLines(text, end);
  for (let start = at; start < text.length; start = lineEnd(text, start)) {
    const line = text.slice(start, lineEnd(text, start));
    if (/^[ \t]*\r?\n?$/.test(line)) continue;
    const indent = /^ *(?=#)/.exec(line)?.[0].length ?? -1;
    if (indent <= column) break;
    at = start + line.length;
  }
  return at;
}

/** The columns before an offset on its line, from 0. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** Whether nothing but blanks stands before an offset on its line. */
export function isFirstOnLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

/** The line break that is used around an offset. */
export function lineBreakAt(text: string, offset: number): '\n' | '\r\n' {
  const before = text.lastIndexOf('\n', offset - 1);
  const at = before === -1 ? text.indexOf('\n') : before;
  return at > 0 && text[at - 1] === '\r' ? '\r\n' : '\n';
}
