import type { Json } from './json.ts';

const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (this: void, text: string) => Json };

/**
 * Writes JSON in one line: `bigint` as its digits, and a number that had overflowed to infinity (`1e400`) as
 * `1e999`, which reads back as the same value; plain JSON.stringify would throw on the first and write `null` for the second.
 */
export function stringifyJson(value: Json): string {
  const plain = tryPlain(value);
  return plain === undefined || plain.includes('null') ? JSON.stringify(value, writeNumber) : plain;
}

function tryPlain(value: Json): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function writeNumber(_key: string, value: Json): Json {
  if (typeof value === 'bigint') return rawJSON(value.toString());
  if (typeof value === 'number' && !Number.isFinite(value)) return rawJSON(value < 0 ? '-1e999' : '1e999');
  return value;
}
