import { shapeOf } from '../json/go-yaml-scalar.ts';
import { isJsonObject, type Json } from '../json/json.ts';
import type { Layout } from './layout.ts';
import { renderScalar } from './render-scalar.ts';

/** What block text is laid out by; the step may differ from place to place of one file. */
export type BlockLayout = Pick<Layout, 'step' | 'itemOffset' | 'quote'>;

/** The lines of `key: value` in block style, without line breaks; `indent` is the column of the key. */
export function renderPair(key: string, value: Json, indent: number, layout: BlockLayout): readonly string[] {
  const head = `${spaces(indent)}${renderScalar(key, 'block', layout.quote)}:`;
  const [first, ...rest] = renderValue(value, indent, layout);
  return [`${head}${first}`, ...rest];
}

/** The lines of `- value`; `indent` is the column of the dash. */
export function renderItem(value: Json, indent: number, layout: BlockLayout): readonly string[] {
  const head = `${spaces(indent)}-`;
  if (isJsonObject(value) && Object.keys(value).length > 0) {
    const [first = '', ...rest] = Object.entries(value).flatMap(([key, member]) =>
      member === undefined ? [] : renderPair(key, member, indent + 2, layout),
    );
    return [`${head} ${first.slice(indent + 2)}`, ...rest];
  }
  if (isList(value) && value.length > 0) {
    const [first = '', ...rest] = value.flatMap((item) => renderItem(item, indent + 2, layout));
    return [`${head} ${first.slice(indent + 2)}`, ...rest];
  }
  const [first, ...rest] = renderValue(value, indent, layout);
  return [`${head}${first}`, ...rest];
}

/** What follows a colon or a dash: the rest of its line, with the blank in front, and the lines below. */
export function renderValue(
  value: Json,
  indent: number,
  layout: BlockLayout,
): readonly [string, ...string[]] {
  if (isList(value)) {
    if (value.length === 0) return [' []'];
    return ['', ...value.flatMap((item) => renderItem(item, indent + layout.itemOffset, layout))];
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined);
    if (entries.length === 0) return [' {}'];
    return ['', ...entries.flatMap(([key, member]) => renderPair(key, member, indent + layout.step, layout))];
  }
  if (typeof value === 'string' && isLiteral(value)) {
    const lines = value.replace(/\n$/, '').split('\n');
    const header = value.endsWith('\n') ? ' |' : ' |-';
    return [header, ...lines.map((line) => (line === '' ? '' : spaces(indent + layout.step) + line))];
  }
  return [` ${renderScalar(value, 'block', layout.quote)}`];
}

/** Whether a text of several lines can stand as a literal block that needs no indentation indicator. */
function isLiteral(text: string): boolean {
  if (!text.includes('\n') || /^[ \t\n]|\n\n$|[\r\u0085\u2028\u2029]/.test(text) || !text.isWellFormed())
    return false;
  return shapeOf(text).literalAllowed;
}

export function spaces(count: number): string {
  return ' '.repeat(count);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
