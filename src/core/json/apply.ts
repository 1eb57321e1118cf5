import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { PatchOperation } from './patch.ts';
import { parsePointer } from './pointer.ts';

/**
 * Applies RFC 6902 operations (`add`, `replace`, `remove`) and returns the changed copy. An operation whose target
 * does not exist throws: a patch that fits its document is an invariant here, not input.
 */
export function applyPatch(document: Json, operations: readonly PatchOperation[]): Json {
  let result = document;
  for (const operation of operations) {
    const tokens = parsePointer(operation.path);
    if (tokens === undefined) throw new Error(`${operation.path} is no JSON pointer`);
    result = applyOne(result, tokens, operation);
  }
  return result;
}

function applyOne(document: Json, tokens: readonly string[], operation: PatchOperation): Json {
  const [head, ...rest] = tokens;
  if (head === undefined) {
    if (operation.op === 'remove') throw new Error('the whole document cannot be removed');
    return operation.value;
  }
  if (isJsonObject(document)) return applyToObject(document, head, rest, operation);
  if (isList(document)) return applyToList(document, head, rest, operation);
  throw new Error(`${operation.path} leads through a value that has no parts`);
}

function applyToObject(
  object: JsonObject,
  key: string,
  rest: readonly string[],
  operation: PatchOperation,
): JsonObject {
  const child = Object.hasOwn(object, key) ? object[key] : undefined;
  if (rest.length > 0) {
    if (child === undefined) throw new Error(`${operation.path} has no parent`);
    return { ...object, [key]: applyOne(child, rest, operation) };
  }
  if (operation.op !== 'add' && child === undefined) throw new Error(`${operation.path} does not exist`);
  if (operation.op === 'remove')
    return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
  return { ...object, [key]: operation.value };
}

function applyToList(
  list: readonly Json[],
  token: string,
  rest: readonly string[],
  operation: PatchOperation,
): Json {
  const index = token === '-' ? list.length : indexOf(token);
  const item = list[index];
  if (rest.length > 0) {
    if (item === undefined) throw new Error(`${operation.path} has no parent`);
    return list.with(index, applyOne(item, rest, operation));
  }
  if (operation.op === 'add' && index <= list.length) return list.toSpliced(index, 0, operation.value);
  if (item === undefined) throw new Error(`${operation.path} does not exist`);
  return operation.op === 'remove' ? list.toSpliced(index, 1) : list.with(index, operation.value);
}

/** RFC 6901: digits without leading zeros; anything else is the index of nothing. */
function indexOf(token: string): number {
  return /^(?:0|[1-9][0-9]*)$/.test(token) ? Number(token) : Number.POSITIVE_INFINITY;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
