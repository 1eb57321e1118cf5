/**
 * Defaults must not stick. The annotation `helmgate.dev/defaults` remembers, pointer by pointer, what Helmgate filled in,
 * so that a default of an earlier policy set is not taken for something that a user wrote.
 *
 * A remembered value counts as absent when it still stands there and no managedFields entry owns the field. Where ownership
 * cannot be told the value stays.
 *
 * Authors can write the annotation too, so only this is believed: what the stored object remembers, since storing went through
 * here, and of what the request says the defaults that the policies set at present (an earlier call within the same request wrote
 * them). Otherwise a forged entry would take out what another webhook added, which nobody owns either.
 *
 * An entry for `valuesFile` says that `valuesFiles` holds nothing but what was lifted from that beta field.
 */
import { canonicalJson } from '../json/canonical.ts';
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { parseJson } from '../json/parse.ts';
import { parsePointer, valueAt, withoutKeyAt, withValueAt } from '../json/pointer.ts';
import { isAppliedEmpty, isOwned, managedFieldsOf } from './managed-fields.ts';
import { ObjectDraft } from './object-draft.ts';
import type { PolicySet } from './policy-set.ts';
import { ruleIndex } from './rule-index.ts';
import type { Subject } from './subject.ts';

export const DEFAULTS_ANNOTATION = 'helmgate.dev/defaults';
const ANNOTATION_TOKENS = ['metadata', 'annotations', DEFAULTS_ANNOTATION];

/** All annotations of an object may take 256 KiB; a policy set's defaults for one kind stay far below this. */
export const MAX_RECORD_LENGTH = 16_384;
/** Entries of a record: more than one policy set fills in of a kind, unless it spells out a chart's values. */
export const MAX_ENTRIES = 256;

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

/** The entries that are believed about the object of a request; there may be two for one pointer, with different values. */
export function believedRecord(
  set: PolicySet,
  { kind, object, oldObject }: Subject,
): readonly (readonly [pointer: string, value: Json])[] {
  const stored = oldObject === undefined ? [] : readRecord(oldObject);
  const known = new Map(stored);
  const said = readRecord(object).filter(([pointer, value]) => !isEqualJson(known.get(pointer), value));
  if (said.length === 0) return stored;
  const present = ruleIndex(set).defaultsFor(kind);
  const believed = said.filter(
    ([pointer, value]) =>
      isLifted(parsePointer(pointer) ?? []) ||
      present.get(pointer)?.some((leaf) => isEqualJson(leaf.value, value)) === true,
  );
  return [...stored, ...believed];
}

/** Takes out of an object what the record says that an earlier judgement filled in and nobody owns. */
export function stripFormerDefaults(object: JsonObject, record: ReturnType<typeof believedRecord>): Stripped {
  const entries = managedFieldsOf(object);
  const taken = new Map<string, Json>();
  const kept = new Map<string, Json>();
  const said = new Map(readRecord(object));
  // An entry that the request no longer has was dropped by an earlier call of the same request: another rule has set the value since.
  const keep = (pointer: string, value: Json) => {
    if (isEqualJson(said.get(pointer), value)) kept.set(pointer, value);
  };
  const draft = new ObjectDraft(object);
  for (const [pointer, value] of record) {
    const written = parsePointer(pointer) ?? [];
    if (written[0] !== 'spec' || written.length < 2) continue;
    const lifted = isLifted(written);
    const tokens = fieldOf(written);
    if (!stands(draft.object, written, value)) continue;
    // Seen as v2 the object has no valuesFile, and what came from it is all there is.
    if (lifted && valueAt(draft.object, written) === undefined) {
      keep(pointer, value);
    } else if (entries === undefined) {
      keep(pointer, value);
    } else if (!isOwned(entries, tokens)) {
      taken.set(pointer, value);
      removeWithParents(draft, tokens, entries);
    }
  }
  return { object: draft.object, taken, kept };
}

/** As many entries as the annotation has room for, in the order of their pointers, and the pointers that are left over. */
export function boundedRecord(record: DefaultsRecord): {
  readonly kept: DefaultsRecord;
  readonly left: readonly string[];
} {
  const kept = new Map<string, Json>();
  const left: string[] = [];
  // The braces; each entry has a colon and a comma, and the last one none.
  let length = 1;
  for (const [pointer, value] of [...record].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const entry = canonicalJson(pointer).length + canonicalJson(value).length + 2;
    if (kept.size < MAX_ENTRIES && length + entry <= MAX_RECORD_LENGTH) {
      kept.set(pointer, value);
      length += entry;
    } else {
      left.push(pointer);
    }
  }
  return { kept, left };
}

/** The object with the annotation saying what was filled in, or without it when nothing was; the record must be a bounded one. */
export function withRecord(object: JsonObject, record: DefaultsRecord): JsonObject {
  if (record.size === 0) return withoutRecord(object);
  const text = canonicalJson(Object.fromEntries(record));
  if (valueAt(object, ANNOTATION_TOKENS) === text) return object;
  const annotations = valueAt(object, ['metadata', 'annotations']);
  if (annotations === null)
    return withValueAt(object, ['metadata', 'annotations'], { [DEFAULTS_ANNOTATION]: text });
  return withValueAt(object, ANNOTATION_TOKENS, text);
}

/** The entries of a record whose values still stand where they say. */
export function standingEntries(object: JsonObject, record: DefaultsRecord): DefaultsRecord {
  return new Map(
    [...record].filter(([pointer, value]) => stands(object, parsePointer(pointer) ?? [], value)),
  );
}

function stands(object: JsonObject, tokens: readonly string[], value: Json): boolean {
  return isEqualJson(valueAt(object, fieldOf(tokens)), isLifted(tokens) ? [value] : value);
}

/** The field that an entry is about. */
function fieldOf(tokens: readonly string[]): readonly string[] {
  return isLifted(tokens) ? [...tokens.slice(0, -1), 'valuesFiles'] : tokens;
}

/** Whether an entry is about `valuesFiles`, as it was made of `valuesFile`. */
function isLifted(tokens: readonly string[]): boolean {
  return tokens.at(-1) === 'valuesFile';
}

function withoutRecord(object: JsonObject): JsonObject {
  const result = withoutKeyAt(object, ANNOTATION_TOKENS);
  const annotations = valueAt(result, ['metadata', 'annotations']);
  const emptied = result !== object && isJsonObject(annotations) && Object.keys(annotations).length === 0;
  return emptied ? withoutKeyAt(result, ['metadata', 'annotations']) : result;
}

function readRecord(object: JsonObject): readonly (readonly [string, Json])[] {
  const text = valueAt(object, ANNOTATION_TOKENS);
  if (typeof text !== 'string' || text.length > MAX_RECORD_LENGTH) return [];
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return [];
  const entries = Object.entries(parsed.value).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined,
  );
  return entries.slice(0, MAX_ENTRIES);
}

/** Objects that held nothing but the former default go with it, unless someone applies them as empty. */
function removeWithParents(
  draft: ObjectDraft,
  tokens: readonly string[],
  entries: readonly JsonObject[],
): void {
  draft.remove(tokens);
  for (let length = tokens.length - 1; length > 1; length -= 1) {
    const parent = tokens.slice(0, length);
    if (!draft.isEmptyAt(parent) || isAppliedEmpty(entries, parent)) break;
    draft.remove(parent);
  }
}
