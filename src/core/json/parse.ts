import type { Json } from './json.ts';

export type ParseResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string };

/** The reviver argument that carries a number's own text; TypeScript's library does not declare it yet. */
type Reviver = (key: string, value: Json, context: { readonly source?: string }) => Json;
const parseWith = JSON.parse as (text: string, reviver?: Reviver) => Json;

const INTEGER = /^-?[0-9]+$/;

/**
 * Parses a JSON text without rounding integers: those beyond 2^53 become `bigint`. `__proto__` is a key like any other.
 *
 * The way that sees each number's text costs five times the plain one, so it is taken only when `longDigits` says
 * that 16 digits stand in a row somewhere (2^53 has 16). Errors do not quote the text: it may hold secrets.
 */
export function parseJson(text: string, longDigits: boolean = /[0-9]{16}/.test(text)): ParseResult {
  try {
    return { ok: true, value: longDigits ? parseWith(text, keepInteger) : parseWith(text) };
  } catch (cause) {
    return { ok: false, message: describe(text, cause) };
  }
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
