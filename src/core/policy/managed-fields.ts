/**
 * Who owns a field, by `metadata.managedFields` (Kubernetes FieldsV1: `f:<name>` keys nested as the object is, `.` for the
 * object itself). What a webhook adds is owned by nobody: the API server computes ownership before it calls webhooks.
 */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';

/** The entries of an object; undefined when there are none, so that ownership cannot be told. */
export function managedFieldsOf(object: JsonObject): readonly JsonObject[] | undefined {
  const entries = valueAt(object, ['metadata', 'managedFields']);
  if (!Array.isArray(entries)) return undefined;
  const readable = (entries as readonly Json[]).filter(isJsonObject);
  return readable.length === 0 ? undefined : readable;
}

/** Whether any manager owns the field, or anything below it. */
export function isOwned(entries: readonly JsonObject[], tokens: readonly string[]): boolean {
  return entries.some((entry) => nodeAt(entry, tokens) !== undefined);
}

/**
 * Whether some applied configuration holds the object itself as an empty one. An Update entry also carries `.` for each
 * object that it once created, with or without content, so only entries of server-side apply tell.
 */
export function isAppliedEmpty(entries: readonly JsonObject[], tokens: readonly string[]): boolean {
  return entries.some((entry) => {
    const node = entry['operation'] === 'Apply' ? nodeAt(entry, tokens) : undefined;
    return node !== undefined && (Object.hasOwn(node, '.') || Object.keys(node).length === 0);
  });
}

function nodeAt(entry: JsonObject, tokens: readonly string[]): JsonObject | undefined {
  let node: Json | undefined = entry['fieldsV1'];
  for (const token of tokens) {
    if (!isJsonObject(node) || !Object.hasOwn(node, `f:${token}`)) return undefined;
    node = node[`f:${token}`];
  }
  return isJsonObject(node) ? node : undefined;
}
