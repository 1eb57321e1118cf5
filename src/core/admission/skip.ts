/**
 * Updates that nobody needs to judge: finalizers, status, foreign annotations. Controllers make them all the time, and a refused
 * finalizer edit blocks the deletion of a whole namespace.
 *
 * Everything that a rule or a controller acts upon must be equal: spec, labels, ownerReferences, the annotations by which users
 * trigger Flux, our own, and whatever metadata a loaded rule reads. Skipping on `spec` alone would be a bypass: create, then
 * relabel.
 */
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Subject } from '../policy/subject.ts';

const TRIGGER_ANNOTATIONS = [
  'reconcile.fluxcd.io/requestedAt',
  'reconcile.fluxcd.io/forceAt',
  'reconcile.fluxcd.io/resetAt',
];
const OWN_PREFIX = 'helmgate.dev/';

/** Kept by the API server itself. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'uid',
]);

export type UpdateKind =
  /** Something that counts has changed. */
  | 'Changed'
  /** Only what nobody judges has changed. */
  | 'Irrelevant'
  /** The same object again: a repeated apply. */
  | 'Repeated';

/**
 * What of the metadata a rule cannot hold against an edit by reading all of it: a controller that cannot take its finalizer off keeps
 * a namespace from being deleted. A rule that names one of them reads it.
 */
const PASSING: ReadonlySet<string> = new Set([
  ...BOOKKEEPING,
  'finalizers',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);

/** What an UPDATE changes; undefined for other operations. `reads` are the metadata paths by which the loaded rules decide. */
export function classifyUpdate(
  subject: Subject,
  reads: readonly (readonly string[])[],
): UpdateKind | undefined {
  const { operation, object, oldObject } = subject;
  if (operation !== 'UPDATE' || oldObject === undefined) return undefined;
  const same = (...tokens: readonly string[]) =>
    isEqualJson(valueAt(object, tokens), valueAt(oldObject, tokens));
  const relevant =
    same('apiVersion') &&
    same('kind') &&
    same('spec') &&
    same('metadata', 'name') &&
    same('metadata', 'namespace') &&
    isEqualJson(orEmpty(object, 'labels', {}), orEmpty(oldObject, 'labels', {})) &&
    isEqualJson(orEmpty(object, 'ownerReferences', []), orEmpty(oldObject, 'ownerReferences', [])) &&
    isEqualJson(judgedAnnotations(object), judgedAnnotations(oldObject)) &&
    reads.every((tokens) => isEqualJson(readAt(object, tokens), readAt(oldObject, tokens)));
  if (!relevant) return 'Changed';
  return isEqualJson(withoutBookkeeping(object), withoutBookkeeping(oldObject)) ? 'Repeated' : 'Irrelevant';
}

function orEmpty(object: JsonObject, field: string, empty: Json): Json {
  return valueAt(object, ['metadata', field]) ?? empty;
}

function readAt(object: JsonObject, tokens: readonly string[]): Json | undefined {
  return tokens.length === 1 ? without(object, PASSING) : valueAt(object, tokens);
}

function judgedAnnotations(object: JsonObject): JsonObject {
  const annotations = valueAt(object, ['metadata', 'annotations']);
  const entries = isJsonObject(annotations) ? Object.entries(annotations) : [];
  return Object.fromEntries(
    entries.filter(([key]) => TRIGGER_ANNOTATIONS.includes(key) || key.startsWith(OWN_PREFIX)),
  );
}

function withoutBookkeeping(object: JsonObject): JsonObject {
  return { ...object, metadata: without(object, BOOKKEEPING) };
}

/** The metadata of an object without some of its fields. */
function without(object: JsonObject, fields: ReadonlySet<string>): JsonObject {
  const metadata = valueAt(object, ['metadata']);
  const entries = isJsonObject(metadata) ? Object.entries(metadata) : [];
  return Object.fromEntries(entries.filter(([key]) => !fields.has(key)));
}
