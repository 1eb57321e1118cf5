import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Writes reference tokens as an RFC 6901 pointer; no tokens give the empty pointer, the whole document. */
export function formatPointer(tokens: readonly string[]): string {
  let pointer = '';
  for (const token of tokens) pointer += `/${/[~/]/.test(token) ? escapeToken(token) : token}`;
  return pointer;
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Reads an RFC 6901 pointer; undefined when it is none (no leading `/`, or `~` without 0 or 1 after it). */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * The value at the end of the tokens; undefined when there is none. Only own keys count, and an index of a list is
 * decimal digits without a leading zero (RFC 6901 section 4).
 */
export function valueAt(root: Json | undefined, tokens: readonly string[]): Json | undefined {
  let value = root;
  for (const token of tokens) {
    if (isJsonObject(value)) value = Object.hasOwn(value, token) ? value[token] : undefined;
    else if (Array.isArray(value)) value = /^(0|[1-9][0-9]*)$/.test(token) ? value[Number(token)] : undefined;
    else return undefined;
  }
  return value;
}

/**
 * A copy of the object with the value set at the tokens; absent parents become objects, everything not on the way
 * is shared with the original. Parents that are no objects are the caller's mistake: they throw.
 */
export function withValueAt(root: JsonObject, tokens: readonly string[], value: Json): JsonObject {
  const [head, ...rest] = tokens;
  if (head === undefined) throw new Error('a value cannot be set at the root');
  if (rest.length === 0) return withKey(root, head, value);
  const child = Object.hasOwn(root, head) ? root[head] : undefined;
  if (child !== undefined && !isJsonObject(child)) throw new Error(`the parent at ${head} is not an object`);
  return withKey(root, head, withValueAt(child ?? {}, rest, value));
}

/** A copy of the object without the key at the tokens; the same object when there is no such key. */
export function withoutKeyAt(root: JsonObject, tokens: readonly string[]): JsonObject {
  const [head, ...rest] = tokens;
  if (head === undefined || !Object.hasOwn(root, head)) return root;
  if (rest.length === 0) {
    return Object.fromEntries(Object.entries(root).filter(([key]) => key !== head));
  }
  const child = root[head];
  if (!isJsonObject(child)) return root;
  const changed = withoutKeyAt(child, rest);
  return changed === child ? root : withKey(root, head, changed);
}

/** A computed key in a literal defines an own property, so `__proto__` stays plain data. */
function withKey(object: JsonObject, key: string, value: Json): JsonObject {
  return { ...object, [key]: value };
}
