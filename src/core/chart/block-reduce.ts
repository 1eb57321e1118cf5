import { endsLine, findLineEnd, isSilent, readBlockKey, skipSpaces, startsItem } from './block-key.ts';
import type { ChartBlock } from './index-scan.ts';
import { decodeUtf8 } from './utf8.ts';

const HASH = 0x23;

/** No line of a text can be this: it holds no newline and a character that UTF-8 does not encode. */
const NOT_UTF8 = '\ud800';

/**
 * The YAML text of a chart's versions with only the wanted keys of each: what is left out (descriptions, annotations,
 * dependencies) is most of a real index and costs the parser most of its time.
 *
 * Undefined when the block is not laid out as `name:` and a list of maps of one key per line; then it has to be parsed whole.
 */
export function reduceChartBlock(
  bytes: Uint8Array,
  block: ChartBlock,
  wanted: ReadonlySet<string>,
): string | undefined {
  const head = findLineEnd(bytes, block.start, block.end);
  const name = readBlockKey(bytes, skipSpaces(bytes, block.start, head), head);
  if (name === undefined || !endsLine(bytes, name.valueFrom, head)) return undefined;
  const parts: string[] = [];
  const keep = (from: number, to: number): void => {
    const text = decodeUtf8(bytes.subarray(from, to));
    parts.push(text ?? NOT_UTF8);
  };
  let dashColumn: number | undefined;
  let keyColumn: number | undefined;
  let keeping = false;
  let start = head + 1;
  while (start < block.end) {
    const end = findLineEnd(bytes, start, block.end);
    const next = Math.min(end + 1, block.end);
    let text = skipSpaces(bytes, start, end);
    const deeper = keyColumn !== undefined && text - start > keyColumn;
    if (!deeper && isSilent(bytes, text, end)) {
      // A blank line may belong to a literal scalar; a comment at this depth belongs to nothing.
      if (keeping && bytes[text] !== HASH) parts.push('\n');
    } else if (!deeper) {
      const column = text - start;
      const isItem = startsItem(bytes, text, end);
      if (isItem && column === (dashColumn ?? column)) {
        dashColumn = column;
        text = skipSpaces(bytes, text + 1, end);
        if (text >= end) return undefined;
        keyColumn = text - start;
        keeping = false;
        parts.push(`${' '.repeat(column)}-\n`);
      } else if (keyColumn === undefined || column !== keyColumn) {
        return undefined;
      }
      // A list under a key may stand at the key's own column.
      if (!isItem || column !== keyColumn) {
        const key = readBlockKey(bytes, text, end);
        if (key === undefined) return undefined;
        keeping = wanted.has(key.key);
        if (keeping) {
          parts.push(' '.repeat(text - start));
          keep(text, next);
        }
      } else if (keeping) {
        keep(start, next);
      }
    } else if (keeping) {
      keep(start, next);
    }
    start = next;
  }
  return parts.includes(NOT_UTF8) ? undefined : parts.join('');
}
