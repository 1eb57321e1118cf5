import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';

/** Objects that are judged of one release: the largest public charts render some hundred. */
export const MAX_RENDERED_OBJECTS = 20_000;

/**
 * The objects that helm would send, in order: an object with a list `items` stands for what is in it, as kubectl and helm take every
 * such object apart, whatever its kind says. Undefined when there are more than {@link MAX_RENDERED_OBJECTS}.
 */
export function flattenLists(objects: readonly JsonObject[]): readonly JsonObject[] | undefined {
  const flat: JsonObject[] = [];
  const pending: Json[] = objects.toReversed();
  let seen = 0;
  for (let object = pending.pop(); object !== undefined; object = pending.pop()) {
    seen += 1;
    if (seen > MAX_RENDERED_OBJECTS || pending.length > MAX_RENDERED_OBJECTS) return undefined;
    if (!isJsonObject(object)) continue;
    const { items } = object;
    if (!Array.isArray(items)) flat.push(object);
    else {
      for (let index = items.length - 1; index >= 0; index -= 1) {
        if (pending.length > MAX_RENDERED_OBJECTS) return undefined;
        pending.push(items[index] as Json);
      }
    }
  }
  return flat;
}
