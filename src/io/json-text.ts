import type { Json } from '../core/json/json.ts';

/** Integers up to 2^53 have at most 16 digits: only a text with a run that long can lose digits as a double. */
const LONG_DIGITS = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** `JSON.parse` with the source text of primitives and `JSON.rawJSON` (ECMAScript 2026), which TypeScript's lib lacks. */
interface SourceTextJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}
const sourceTextJson = JSON as unknown as SourceTextJson;

/** Parses JSON; integers beyond 2^53 become `bigint`. Throws a SyntaxError. */
export function parseJson(text: string): Json {
  if (!LONG_DIGITS.test(text)) return JSON.parse(text) as Json;
  return sourceTextJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
      ? BigInt(source)
      : value,
  ) as Json;
}

/** Writes JSON; `bigint` is written as an integer literal. */
export function stringifyJson(value: Json): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? sourceTextJson.rawJSON(item.toString()) : item,
  );
}
