/** A `key:` at the start of a block mapping line. */
export interface BlockKey {
  readonly key: string;
  /** Offset of the first byte after the colon. */
  readonly valueFrom: number;
}

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const COLON = 0x3a;
const HASH = 0x23;
const DASH = 0x2d;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;

/** First characters that give a plain scalar another meaning (YAML 1.2, 5.3), `-` and `<` (merge keys) included. */
const INDICATORS: ReadonlySet<number> = new Set(
  Array.from('?:,[]{}#&*!|>%@`-<~=', (char) => char.charCodeAt(0)),
);

/** Words that are no string, or not the same string, to every reader of YAML. */
const AMBIGUOUS = /^(?:null|Null|NULL)$/;

/**
 * Reads the key of the line `[from, to)`, which starts after the indentation.
 *
 * Only what helm and people write: plain text, or quotes without escapes. Undefined for all else, so that the caller
 * hands the text to a real parser.
 */
export function readBlockKey(bytes: Uint8Array, from: number, to: number): BlockKey | undefined {
  const first = bytes[from];
  if (first === undefined || from >= to) return undefined;
  if (first === DOUBLE_QUOTE || first === SINGLE_QUOTE) return readQuotedKey(bytes, from, to, first);
  if (INDICATORS.has(first)) return undefined;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === COLON && endsToken(bytes, at + 1, to)) {
      const key = decodeAscii(bytes, from, trimEnd(bytes, from, at));
      return key === undefined || AMBIGUOUS.test(key) ? undefined : { key, valueFrom: at + 1 };
    }
    if (byte === HASH && isBlank(bytes[at - 1])) return undefined;
  }
  return undefined;
}

/** Whether only blanks or a comment follow in the line, as after the key of a nested block. */
export function endsLine(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && isBlank(bytes[at])) at += 1;
  return at >= to || bytes[at] === RETURN || (bytes[at] === HASH && at > from);
}

/** Whether a block sequence item starts here: `-` before a blank or the end of the line. */
export function startsItem(bytes: Uint8Array, from: number, to: number): boolean {
  return from < to && bytes[from] === DASH && endsToken(bytes, from + 1, to);
}

/** Offset of the newline that ends the line, or `end`. */
export function findLineEnd(bytes: Uint8Array, from: number, end: number): number {
  const found = bytes.indexOf(NEWLINE, from);
  return found === -1 || found > end ? end : found;
}

/** Offset of the first byte of the line that is not a space. */
export function skipSpaces(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === SPACE) at += 1;
  return at;
}

/** Whether the rest of a line says nothing: blank (tabs too), or a comment. */
export function isSilent(bytes: Uint8Array, from: number, to: number): boolean {
  if (from >= to || bytes[from] === HASH) return true;
  let at = from;
  while (at < to && (isBlank(bytes[at]) || bytes[at] === RETURN)) at += 1;
  return at >= to;
}

function readQuotedKey(bytes: Uint8Array, from: number, to: number, quote: number): BlockKey | undefined {
  const close = bytes.indexOf(quote, from + 1);
  if (close === -1 || close >= to) return undefined;
  const key = decodeAscii(bytes, from + 1, close);
  if (key === undefined || key.includes('\\')) return undefined;
  let colon = close + 1;
  while (colon < to && isBlank(bytes[colon])) colon += 1;
  if (bytes[colon] !== COLON || !endsToken(bytes, colon + 1, to)) return undefined;
  return { key, valueFrom: colon + 1 };
}

function endsToken(bytes: Uint8Array, at: number, to: number): boolean {
  const byte = bytes[at];
  return at >= to || isBlank(byte) || byte === RETURN;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function trimEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && isBlank(bytes[end - 1])) end -= 1;
  return end;
}

/** Keys of charts and of chart metadata are short and ASCII; others are left to the real parser. */
function decodeAscii(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from > 255) return undefined;
  let text = '';
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < SPACE || byte > 0x7e) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
