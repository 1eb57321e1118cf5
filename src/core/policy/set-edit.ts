import type { Json, JsonObject } from '../json/json.ts';
import type { Edit } from './decision.ts';

/**
 * The edit that puts a value at a place below the object. A parent that is null, which the API takes for absent, is replaced as a
 * whole. Undefined when something that has no fields stands in the way.
 */
export function setEdit(object: JsonObject, tokens: readonly string[], value: Json): Edit | undefined {
  let parent: Json | undefined = object;
  for (const [index, token] of tokens.entries()) {
    if (parent === undefined) return { tokens, value };
    if (parent === null) return { tokens: tokens.slice(0, index), value: nested(tokens.slice(index), value) };
    if (typeof parent !== 'object' || Array.isArray(parent)) return undefined;
    const members = parent as JsonObject;
    parent = Object.hasOwn(members, token) ? members[token] : undefined;
  }
  return { tokens, value };
}

function nested(tokens: readonly string[], value: Json): Json {
  return tokens.reduceRight<Json>((inner, token) => ({ [token]: inner }), value);
}
