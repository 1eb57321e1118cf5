import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import type { Edit } from './decision.ts';

/**
 * A copy of the object after the edits. Parents that are absent become objects; an item of a list is replaced or taken out, never
 * added. Items are taken out from the last to the first, so that the tokens of all edits mean the list as it was. Undefined when
 * an edit leads through something that has no fields.
 */
export function applyEdits(object: JsonObject, edits: readonly Edit[]): JsonObject | undefined {
  const removals = edits.filter(({ value }) => value === undefined).toSorted(fromLast);
  let result: Json | undefined = object;
  for (const edit of [...edits.filter(({ value }) => value !== undefined), ...removals]) {
    result = edited(result, edit.tokens, edit.value);
    if (result === undefined) return undefined;
  }
  return isJsonObject(result) ? result : undefined;
}

function fromLast(left: Edit, right: Edit): number {
  for (const [index, token] of left.tokens.entries()) {
    const other = right.tokens[index];
    if (other === undefined) return -1;
    if (token === other) continue;
    return INDEX.test(token) && INDEX.test(other) ? Number(other) - Number(token) : token < other ? -1 : 1;
  }
  return left.tokens.length - right.tokens.length;
}

const INDEX = /^(0|[1-9][0-9]{0,9})$/;

function edited(
  parent: Json | undefined,
  tokens: readonly string[],
  value: Json | undefined,
): Json | undefined {
  const [head, ...rest] = tokens;
  if (head === undefined) return value;
  if (Array.isArray(parent)) return editedList(parent as readonly Json[], head, rest, value);
  if (parent === undefined && value !== undefined) return editedObject({}, head, rest, value);
  return isJsonObject(parent) ? editedObject(parent, head, rest, value) : undefined;
}

function editedObject(
  parent: JsonObject,
  head: string,
  rest: readonly string[],
  value: Json | undefined,
): Json | undefined {
  const child = Object.hasOwn(parent, head) ? parent[head] : undefined;
  if (value === undefined && child === undefined) return parent;
  if (value === undefined && rest.length === 0) {
    return Object.fromEntries(Object.entries(parent).filter(([key]) => key !== head));
  }
  const next = edited(child, rest, value);
  // A computed key in a literal defines an own property, so `__proto__` stays plain data.
  return next === undefined ? undefined : { ...parent, [head]: next };
}

function editedList(
  list: readonly Json[],
  head: string,
  rest: readonly string[],
  value: Json | undefined,
): Json | undefined {
  const index = INDEX.test(head) ? Number(head) : list.length;
  const item = list[index];
  if (item === undefined) return undefined;
  if (value === undefined && rest.length === 0) return list.toSpliced(index, 1);
  const next = edited(item, rest, value);
  return next === undefined ? undefined : list.with(index, next);
}
