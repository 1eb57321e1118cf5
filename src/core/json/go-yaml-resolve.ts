/**
 * How go-yaml v2 reads a plain (unquoted) scalar: YAML 1.1 with Go's own number and time parsers.
 *
 * Two callers need the same answer: the reader of values files, and the emitter, which must quote each string
 * that would not read back as itself.
 */

/** What a plain scalar stands for. A timestamp keeps its text: every JSON consumer of go-yaml sees a string. */
export type GoYamlScalar =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'timestamp'; readonly value: string }
  | { readonly kind: 'null'; readonly value: null }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number };

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

const NULLS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);
const NANS: ReadonlySet<string> = new Set(['.nan', '.NaN', '.NAN']);
const INFINITY = /^[-+]?\.(?:inf|Inf|INF)$/;

/** Each of these words also counts capitalised and in capitals, but not in other mixtures. */
const BOOL_WORDS: readonly (readonly [word: string, value: boolean])[] = [
  ['y', true],
  ['yes', true],
  ['true', true],
  ['on', true],
  ['n', false],
  ['no', false],
  ['false', false],
  ['off', false],
];

const BOOLS: ReadonlyMap<string, boolean> = new Map(
  BOOL_WORDS.flatMap(([word, value]) =>
    [word, `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`, word.toUpperCase()].map(
      (spelling): readonly [string, boolean] => [spelling, value],
    ),
  ),
);

/** Go's time.Parse on year-month-day with an optional time; the zone is required after `T`, absent after a space. */
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+](\d\d):(\d\d)))|(?: +(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?$/;

const DECIMAL_FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/** A float that begins with its dot goes to Go's ParseFloat as it is: underscores only between two digits. */
const DOT_FLOAT = /^\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?$/;

/** Reads one plain scalar. Total: text that is nothing else is a string. */
export function resolveGoYamlScalar(text: string): GoYamlScalar {
  if (NULLS.has(text)) return { kind: 'null', value: null };
  const bool = BOOLS.get(text);
  if (bool !== undefined) return { kind: 'bool', value: bool };
  if (NANS.has(text)) return { kind: 'float', value: Number.NaN };
  if (INFINITY.test(text)) return { kind: 'float', value: text.startsWith('-') ? -Infinity : Infinity };
  const first = text.charAt(0);
  if (first === '.') {
    const spaced = DOT_FLOAT.test(text) ? readFloat(text.replaceAll('_', '')) : undefined;
    return spaced ?? { kind: 'string', value: text };
  }
  if (!/^[-+0-9]/.test(text)) return { kind: 'string', value: text };
  if (isTimestamp(text)) return { kind: 'timestamp', value: text };
  const digits = text.replaceAll('_', '');
  const integer = readInteger(digits);
  if (integer !== undefined) return { kind: 'int', value: integer };
  return readFloat(digits) ?? { kind: 'string', value: text };
}

/** An integer literal as Go's strconv reads it with base 0, within int64, or within uint64 when unsigned. */
function readInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+|0|[1-9]\d*)$/.exec(text);
  if (match === null) return readSignInsideBinary(text);
  const [, sign = '', body = ''] = match;
  const magnitude = BigInt(/^0[0-7]/.test(body) ? `0o${body.slice(1)}` : body);
  return withinGoRange(sign, magnitude);
}

/** go-yaml parses what follows a lower-case `0b` once more by itself, so a sign may stand there: `0b-101` is -5. */
function readSignInsideBinary(text: string): bigint | undefined {
  const match = /^0b([-+])([01]+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', body = ''] = match;
  return withinGoRange(sign, BigInt(`0b${body}`));
}

function withinGoRange(sign: string, magnitude: bigint): bigint | undefined {
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= MIN_INT64 && value <= (sign === '' ? MAX_UINT64 : MAX_INT64) ? value : undefined;
}

/** A decimal float; one that overflows float64 is not a number to Go, so it stays a string. */
function readFloat(text: string): GoYamlScalar | undefined {
  if (!DECIMAL_FLOAT.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? { kind: 'float', value } : undefined;
}

function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (match === null) return false;
  const part = (index: number): number => Number(match[index] ?? '0');
  const [year, month, day] = [part(1), part(2), part(3)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false;
  const [hour, minute, second] = [part(4) + part(9), part(5) + part(10), part(6) + part(11)];
  // Go lets a zone offset reach 24 hours and 60 minutes inclusive.
  return hour < 24 && minute < 60 && second < 60 && part(7) <= 24 && part(8) <= 60;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
