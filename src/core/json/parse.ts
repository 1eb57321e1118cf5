import type { Json } from './json.ts';
import { parseExactly } from './parse-exact.ts';

export type ParseResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string };

/** The reviver argument that carries a number's own text; TypeScript's library does not declare it yet. */
type Reviver = (key: string, value: Json, context: { readonly source?: string }) => Json;
const parseWith = JSON.parse as (text: string, reviver?: Reviver) => Json;

const INTEGER = /^-?[0-9]+$/;

/** A string's characters up to the next quote or backslash. */
const PLAIN = /[^"\\]*/y;
const BACKSLASH = /\\(?:\\|u005c)/i;
const COLON = /[ \t\n\r]*:/y;

/**
 * Parses a JSON text without rounding integers: those beyond 2^53 become `bigint`. `__proto__` is a key like any other.
 *
 * The way that sees each number's text costs five times the plain one, so it is taken only when `longDigits` says
 * that 16 digits stand in a row somewhere (2^53 has 16). Errors do not quote the text: it may hold secrets.
 */
export function parseJson(text: string, longDigits: boolean = /[0-9]{16}/.test(text)): ParseResult {
  try {
    if (hasBackslashKey(text)) return { ok: true, value: parseExactly(text) };
    return { ok: true, value: longDigits ? parseWith(text, keepInteger) : parseWith(text) };
  } catch (cause) {
    return { ok: false, message: describe(text, cause) };
  }
}

/**
 * Whether the platform's parser must not see the text: some key holds a backslash, written `\\` or `\u005c`.
 *
 * V8 (in Node 24) remembers keys by the shape of the objects it has parsed, and compares a remembered key with the
 * *escaped* text of the next one: after `{"p":1,"\\":1}` it reads `{"p":1,"\n":1}` as if its key were a backslash. One
 * such key, sent by anyone, would let later objects of others be misread. One linear pass over the strings, and that
 * only for texts that hold an escaped backslash at all.
 */
function hasBackslashKey(text: string): boolean {
  if (!BACKSLASH.test(text)) return false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at)) {
    at += 1;
    let backslash = false;
    for (;;) {
      PLAIN.lastIndex = at;
      PLAIN.test(text);
      at = PLAIN.lastIndex;
      if (text[at] !== '\\') break;
      backslash ||= BACKSLASH.test(text.slice(at, at + 6));
      at += 2;
    }
    at += 1;
    COLON.lastIndex = at;
    if (backslash && COLON.test(text)) return true;
  }
  return false;
}

function keepInteger(_key: string, value: Json, context: { readonly source?: string }): Json {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const { source } = context;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}

function describe(text: string, cause: unknown): string {
  if (text.trim() === '') return 'the text is empty, not JSON';
  const position = cause instanceof Error ? / position ([0-9]+)/.exec(cause.message)?.[1] : undefined;
  return position === undefined
    ? 'the text is not valid JSON'
    : `the text is not valid JSON at offset ${position}`;
}
