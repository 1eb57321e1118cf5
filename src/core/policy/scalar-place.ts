/**
 * Where a character of a YAML text value stands in the file: below the key, behind an indentation, after an escape. An error within an
 * expression can then be shown under its own character.
 */
import type { Place } from './yaml-file.ts';

/**
 * The place of the character at `offset` of a scalar that begins at `start`; undefined when the value cannot be followed through
 * its spelling (escapes by number, folding that only a parser can tell). Words are matched one after the other and white space is skipped
 * on both sides, which is right for plain, quoted, literal (`|`) and folded (`>`) scalars alike.
 */
export function placeInScalar(text: string, start: Place, value: string, offset: number): Place | undefined {
  let at = offsetOf(text, start);
  if (at === undefined) return undefined;
  const quote = text[at] === '"' || text[at] === "'" ? text[at] : undefined;
  if (quote !== undefined) at += 1;
  else if (/^[|>]/.test(text.slice(at))) at = endOfLine(text, at);
  for (let index = 0; ; index += 1) {
    while (index < offset && isSpace(value[index])) index += 1;
    while (isSpace(text[at])) at += 1;
    // The end of the value, or white space, is shown behind the last character.
    if (index >= value.length || isSpace(value[index])) return placeAt(text, lastBefore(text, at));
    const width = widthOf(text, at, value[index], quote);
    if (width === undefined) return undefined;
    if (index >= offset) return placeAt(text, at);
    at += width;
  }
}

/** How many characters of the file spell the value's next one. */
function widthOf(
  text: string,
  at: number,
  character: string | undefined,
  quote: string | undefined,
): number | undefined {
  if (quote === "'" && character === "'") return text.startsWith("''", at) ? 2 : undefined;
  if (quote === '"' && text[at] === '\\')
    return text[at + 1] === character && /["\\/]/.test(character ?? '') ? 2 : undefined;
  return text[at] === character ? 1 : undefined;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}

function lastBefore(text: string, at: number): number {
  let end = at;
  while (end > 0 && isSpace(text[end - 1])) end -= 1;
  return end;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function offsetOf(text: string, { line, column }: Place): number | undefined {
  let at = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const end = text.indexOf('\n', at);
    if (end === -1) return undefined;
    at = end + 1;
  }
  return at + column - 1;
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
