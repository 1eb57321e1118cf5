import { isEqualJson } from './equal.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { PatchOperation } from './patch.ts';
import { formatPointer } from './pointer.ts';

/**
 * The RFC 6902 operations that turn `from` into `to`: removals and changes key by key, in the order of the keys'
 * code units, so that the same two values always give the same bytes. Lists of one length are compared item by item,
 * other lists are replaced whole. Parts that are shared (the same reference) cost nothing.
 */
export function diffJson(from: JsonObject, to: JsonObject): readonly PatchOperation[] {
  const operations: PatchOperation[] = [];
  diffObject(from, to, [], operations);
  return operations;
}

function diffValue(from: Json, to: Json, tokens: readonly string[], operations: PatchOperation[]): void {
  if (from === to) return;
  if (isJsonObject(from) && isJsonObject(to)) diffObject(from, to, tokens, operations);
  else if (isList(from) && isList(to) && from.length === to.length) {
    for (const [index, item] of from.entries()) {
      diffValue(item, to[index] ?? null, [...tokens, String(index)], operations);
    }
  } else if (!isEqualJson(from, to)) {
    operations.push({ op: 'replace', path: formatPointer(tokens), value: to });
  }
}

function diffObject(
  from: JsonObject,
  to: JsonObject,
  tokens: readonly string[],
  operations: PatchOperation[],
): void {
  if (from === to) return;
  for (const key of [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    const after = Object.hasOwn(to, key) ? to[key] : undefined;
    if (before === after) continue;
    const path = [...tokens, key];
    if (after === undefined) operations.push({ op: 'remove', path: formatPointer(path) });
    else if (before === undefined) operations.push({ op: 'add', path: formatPointer(path), value: after });
    else diffValue(before, after, path, operations);
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
