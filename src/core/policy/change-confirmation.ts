/** How an author says that a destructive change is meant: by the hash of exactly that change. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from '../json/canonical.ts';
import type { JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { DestructiveChange } from './destructive-changes.ts';

export const CONFIRMATION_ANNOTATION = 'helmgate.dev/confirm-destructive-change';
export const CONFIRMATION_TOKENS: readonly string[] = ['metadata', 'annotations', CONFIRMATION_ANNOTATION];

/**
 * 64 bits: the hash keeps a confirmation from passing for another change by accident. It is no secret, and whoever may edit the
 * object may confirm.
 */
const HASH_LENGTH = 16;

/** Whose change it is. An object that was deleted and made again is another one, where its uid is known. */
export interface ChangedObject {
  readonly uid?: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * The hash over an object and all its destructive changes, old and new values included, whichever of them a rule guards: two rules
 * with different options must be satisfied by one annotation.
 */
export function confirmationHash(
  { uid, namespace, name }: ChangedObject,
  changes: readonly DestructiveChange[],
): string {
  const text = canonicalJson({
    object: uid ?? `${namespace}/${name}`,
    changes: changes.map(({ what, from, to }) => ({ what, from, to })),
  });
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, HASH_LENGTH);
}

/** What the object says to confirm; undefined when it confirms nothing. */
export function confirmationOf(object: JsonObject): string | undefined {
  const written = valueAt(object, CONFIRMATION_TOKENS);
  return typeof written === 'string' ? written : undefined;
}
