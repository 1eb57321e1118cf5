import { digestOfJson } from '../json/digest.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Facts } from '../policy/facts.ts';
import { factsToJson } from './facts-json.ts';
import { type KeyedHash, redactJudged, redactMerged } from './redact-judged.ts';

/** What a decision was made of, besides what its row says. */
export interface JudgedInput {
  readonly object: JsonObject;
  readonly oldObject?: JsonObject;
  readonly facts: Facts;
}

/** Where a row's decision finds what it was made of; digests are of canonical JSON before anything was redacted. */
export interface StoredInput {
  /** Part of the store that holds the values. */
  readonly segment: string;
  /** The moment of the judgement, RFC 3339. */
  readonly now: string;
  readonly object: string;
  readonly oldObject?: string;
  readonly facts: string;
}

/** A value as it is kept. `digest` is the sha256 of its canonical JSON only where nothing was redacted. */
export interface StoredValue {
  readonly digest: string;
  readonly redacted: readonly string[];
  readonly value: Json;
}

/** A value that is to be kept under a digest. `prepare` redacts it, later and off the way of the request. */
export interface ValueToKeep {
  readonly digest: string;
  prepare(hash: KeyedHash): StoredValue | undefined;
}

/** The reference for the row, and the values behind it. `objectDigest` is given where it is known already. */
export function storedInput(
  { object, oldObject, facts }: JudgedInput,
  segment: string,
  objectDigest: string = digestOfJson(object),
): { readonly stored: StoredInput; readonly values: readonly ValueToKeep[] } {
  const factsJson = factsToJson(facts);
  const values = [keepObject(object, objectDigest), keepFacts(factsJson, object)];
  const old = oldObject === undefined ? undefined : keepObject(oldObject, digestOfJson(oldObject));
  if (old !== undefined) values.push(old);
  const stored = {
    segment,
    now: facts.now,
    object: objectDigest,
    facts: values[1]?.digest ?? '',
    ...(old === undefined ? {} : { oldObject: old.digest }),
  };
  return { stored, values };
}

function keepObject(object: JsonObject, digest: string): ValueToKeep {
  return {
    digest,
    prepare(hash) {
      const clean = redactJudged(object, hash);
      return clean === undefined ? undefined : { digest, ...clean };
    },
  };
}

/** Merged values may hold what only Secrets held; what the object itself says is in the object anyway. */
function keepFacts(facts: JsonObject, object: JsonObject): ValueToKeep {
  const digest = digestOfJson(facts);
  return {
    digest,
    prepare(hash) {
      const { values, ...rest } = facts;
      const clean = redactJudged(rest, hash);
      const merged = valueAt(values, ['value']);
      const kept = redactMerged(merged ?? null, valueAt(object, ['spec', 'values']), hash);
      if (clean === undefined || kept === undefined) return undefined;
      const fact: Json = merged === undefined ? (values ?? null) : { known: true, value: kept.value };
      return {
        digest,
        redacted: [...clean.redacted, ...kept.redacted.map((pointer) => `/values/value${pointer}`)],
        value: { ...(clean.value as JsonObject), values: fact },
      };
    },
  };
}
