import { isJsonObject, type Json } from './json.ts';
import { stringifyJson } from './stringify.ts';

/**
 * One text for one value: keys sorted by code unit, no blanks, integers in full. Equal values give equal bytes,
 * whatever order their keys came in.
 */
export function canonicalJson(value: Json): string {
  return stringifyJson(sortKeys(value));
}

function sortKeys(value: Json): Json {
  if (isList(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const entries: [string, Json][] = [];
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item !== undefined) entries.push([key, sortKeys(item)]);
  }
  // A key that looks like an index would be moved to the front, in the order of numbers: the same for equal values.
  return Object.fromEntries(entries);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
