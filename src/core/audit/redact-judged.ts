import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPointer, valueAt } from '../json/pointer.ts';
import { isSecretName } from '../policy/secret-name.ts';
import { looksSecret, namesSecret } from './redact.ts';

/** A value without its secrets, and where they stood. */
export interface RedactedValue {
  readonly value: Json;
  /** RFC 6901 pointers of the leaves that were replaced, in the order of the value. */
  readonly redacted: readonly string[];
}

/** A keyed hash of a secret: equal secrets give equal texts within one store, and nobody without its key can try guesses. */
export type KeyedHash = (secret: string) => string;

/** Pointers that are kept; a value with more secrets than that is a store of secrets and is not kept at all. */
const MAX_REDACTED = 1_000;

/**
 * A judged object with its secret-looking leaves replaced: text and numbers below keys that name a secret, and texts that hold
 * credentials whatever their key. Parts without any are shared with the original. Undefined when there are too many.
 */
export function redactJudged(value: Json, hash: KeyedHash): RedactedValue | undefined {
  const redacted: string[] = [];
  const clean = walk(value, [], (tokens, leaf) => {
    const key = tokens.at(-1) ?? '';
    const secret = (leaf !== '' && isSecretKey(key)) || (typeof leaf === 'string' && looksSecret(leaf));
    if (!secret) return leaf;
    redacted.push(formatPointer(tokens));
    return hash(String(leaf));
  });
  return redacted.length > MAX_REDACTED ? undefined : { value: clean, redacted };
}

/**
 * Merged values: a leaf that the object itself holds at the same place is kept, every other text and number came from a ConfigMap or a
 * Secret and is replaced. Booleans and empty things tell nothing.
 */
export function redactMerged(
  values: Json,
  inline: Json | undefined,
  hash: KeyedHash,
): RedactedValue | undefined {
  const redacted: string[] = [];
  const clean = walk(values, [], (tokens, leaf) => {
    const key = tokens.at(-1) ?? '';
    const own = valueAt(inline, tokens) === leaf && !isSecretKey(key);
    if (leaf === '' || (own && !(typeof leaf === 'string' && looksSecret(leaf)))) return leaf;
    redacted.push(formatPointer(tokens));
    return hash(String(leaf));
  });
  return redacted.length > MAX_REDACTED ? undefined : { value: clean, redacted };
}

/** Rather one too many: what a rule takes for a secret, and what a row does. */
function isSecretKey(key: string): boolean {
  return namesSecret(key) || isSecretName(key);
}

type Leaf = string | number | bigint;

/** Copies only what changes. For values whose depth was limited before. */
function walk(
  value: Json,
  tokens: readonly string[],
  leaf: (tokens: readonly string[], value: Leaf) => Json,
): Json {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return leaf(tokens, value);
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    let copy: Json[] | undefined;
    for (const [index, item] of list.entries()) {
      const next = walk(item, [...tokens, String(index)], leaf);
      if (next === item) continue;
      copy ??= [...list];
      copy[index] = next;
    }
    return copy ?? value;
  }
  return isJsonObject(value) ? walkObject(value, tokens, leaf) : value;
}

function walkObject(
  value: JsonObject,
  tokens: readonly string[],
  leaf: (tokens: readonly string[], value: Leaf) => Json,
): JsonObject {
  let changed: Map<string, Json> | undefined;
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const next = walk(member, [...tokens, key], leaf);
    if (next !== member) changed = (changed ?? new Map<string, Json>()).set(key, next);
  }
  if (changed === undefined) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, changed.get(key) ?? member]));
}
