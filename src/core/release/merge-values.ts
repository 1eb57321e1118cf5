import { isJsonObject, type JsonObject } from '../json/json.ts';

/**
 * Merges two maps of values (helm's and Flux's `MergeMaps`): where both have a map under one key the two are
 * merged, anything else of `over` replaces what `base` has. Lists are replaced, null is a value.
 */
export function mergeValues(base: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const present = merged.get(key);
    merged.set(key, isJsonObject(present) && isJsonObject(value) ? mergeValues(present, value) : value);
  }
  return Object.fromEntries(merged);
}
