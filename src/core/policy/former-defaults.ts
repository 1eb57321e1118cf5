/**
 * Defaults must not stick. The annotation `helmgate.dev/defaults` remembers, pointer by pointer, what Helmgate filled in,
 * so that a default of an earlier policy set is not taken for something that a user wrote.
 *
 * A remembered value counts as absent when it still stands there and no managedFields entry owns the field. It proves nothing
 * else: a forged entry can at most have a field left out that nobody owns, which its author could do by hand, and the
 * outcome is judged as any object. Where ownership cannot be told the value stays.
 *
 * An entry for `valuesFile` says that `valuesFiles` holds nothing but what was lifted from that beta field.
 */
import { canonicalJson } from '../json/canonical.ts';
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { parseJson } from '../json/parse.ts';
import { parsePointer, valueAt, withoutKeyAt, withValueAt } from '../json/pointer.ts';
import { isAppliedEmpty, isOwned, managedFieldsOf } from './managed-fields.ts';

export const DEFAULTS_ANNOTATION = 'helmgate.dev/defaults';
const ANNOTATION_TOKENS = ['metadata', 'annotations', DEFAULTS_ANNOTATION];

/** All annotations of an object may take 256 KiB; a policy set's defaults for one kind stay far below this. */
export const MAX_RECORD_LENGTH = 16_384;
/** A record longer than this was not written by Helmgate; the entries above it are not looked at. */
const MAX_ENTRIES = 256;

/** Pointer to value, of what was filled in. */
export type DefaultsRecord = ReadonlyMap<string, Json>;

export interface Stripped {
  /** The object without the former defaults. */
  readonly object: JsonObject;
  /** What was taken out, by pointer. */
  readonly taken: DefaultsRecord;
  /** Entries that stay as they are, since ownership cannot be told. */
  readonly kept: DefaultsRecord;
}

/** Takes out of an object what an earlier judgement filled in and nobody owns. */
export function stripFormerDefaults(object: JsonObject): Stripped {
  const record = readRecord(object);
  const entries = managedFieldsOf(object);
  const taken = new Map<string, Json>();
  const kept = new Map<string, Json>();
  let result = object;
  for (const [pointer, value] of record) {
    const written = parsePointer(pointer) ?? [];
    if (written[0] !== 'spec' || written.length < 2) continue;
    const lifted = written.at(-1) === 'valuesFile';
    const tokens = lifted ? [...written.slice(0, -1), 'valuesFiles'] : written;
    if (!isEqualJson(valueAt(result, tokens), lifted ? [value] : value)) continue;
    // Seen as v2 the object has no valuesFile, and what came from it is all there is.
    if (lifted && valueAt(result, written) === undefined) {
      kept.set(pointer, value);
    } else if (entries === undefined) {
      kept.set(pointer, value);
    } else if (!isOwned(entries, tokens)) {
      taken.set(pointer, value);
      result = removeWithParents(result, tokens, entries);
    }
  }
  return { object: result, taken, kept };
}

/** The object with the annotation saying what was filled in, or without it when nothing was. */
export function withRecord(object: JsonObject, record: DefaultsRecord): JsonObject {
  const text = record.size === 0 ? undefined : canonicalJson(Object.fromEntries(record));
  if (text === undefined || text.length > MAX_RECORD_LENGTH) return withoutRecord(object);
  if (valueAt(object, ANNOTATION_TOKENS) === text) return object;
  const annotations = valueAt(object, ['metadata', 'annotations']);
  if (annotations === null)
    return withValueAt(object, ['metadata', 'annotations'], { [DEFAULTS_ANNOTATION]: text });
  return withValueAt(object, ANNOTATION_TOKENS, text);
}

function withoutRecord(object: JsonObject): JsonObject {
  const result = withoutKeyAt(object, ANNOTATION_TOKENS);
  const annotations = valueAt(result, ['metadata', 'annotations']);
  const emptied = result !== object && isJsonObject(annotations) && Object.keys(annotations).length === 0;
  return emptied ? withoutKeyAt(result, ['metadata', 'annotations']) : result;
}

function readRecord(object: JsonObject): ReadonlyMap<string, Json> {
  const text = valueAt(object, ANNOTATION_TOKENS);
  if (typeof text !== 'string' || text.length > MAX_RECORD_LENGTH) return new Map();
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return new Map();
  const entries = Object.entries(parsed.value).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined,
  );
  return new Map(entries.slice(0, MAX_ENTRIES));
}

/** Objects that held nothing but the former default go with it, unless someone applies them as empty. */
function removeWithParents(
  object: JsonObject,
  tokens: readonly string[],
  entries: readonly JsonObject[],
): JsonObject {
  let result = withoutKeyAt(object, tokens);
  for (let length = tokens.length - 1; length > 1; length -= 1) {
    const parent = tokens.slice(0, length);
    const value = valueAt(result, parent);
    if (!isJsonObject(value) || Object.keys(value).length > 0 || isAppliedEmpty(entries, parent)) break;
    result = withoutKeyAt(result, parent);
  }
  return result;
}
