import { applyPatch } from '../../core/json/apply.ts';
import { isEqualJson } from '../../core/json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { formatPath } from '../../core/json/path.ts';
import { parsePointer, valueAt, withoutKeyAt, withValueAt } from '../../core/json/pointer.ts';
import { OBJECT_SCHEMA_RULE, policyPlaceText } from '../../core/policy/built-in.ts';
import { parseCanonicalUrl } from '../../core/policy/canonical-url.ts';
import type { Decision, PolicyPlace } from '../../core/policy/decision.ts';
import type { FindingReason } from '../../core/policy/finding-reason.ts';
import { DEFAULTS_ANNOTATION } from '../../core/policy/former-defaults.ts';
import { liftBetaFields } from '../../core/policy/lift.ts';
import { currentApiVersion, isRewritten } from '../check/api-version.ts';
import type { Manifest } from '../check/manifest.ts';

/** A field that is written into a file. */
export interface FixedField {
  /** Dotted. */
  readonly path: string;
  /** What is written there; absent where only the old form goes, or its text may hold anything. */
  readonly value?: Json;
  /** Why, in a few words. */
  readonly why: string;
}

/** What an object is to become, and the fields that differ. */
export interface ObjectFix {
  readonly to: JsonObject;
  readonly fields: readonly FixedField[];
}

/** An object that is found so needs its author first: what would be written is not known. */
const UNDECIDED: ReadonlySet<FindingReason> = new Set<FindingReason>([
  'InvalidObject',
  'MutationConflict',
  'PolicyError',
  'BetaFieldUnsupported',
]);

const ANNOTATION = ['metadata', 'annotations', DEFAULTS_ANNOTATION];

/** The object in the API version that current Flux serves, its old fields rewritten; undefined when it is so already, or cannot be. */
export function liftedFix(manifest: Manifest): ObjectFix | undefined {
  const { kind, version, object } = manifest;
  if (!isRewritten(kind)) return undefined;
  const current = currentApiVersion(manifest);
  const lifted = liftBetaFields(kind, version, object);
  if (lifted.unsupported.length > 0 || (current === undefined && lifted.object === object)) return undefined;
  const fields = lifted.pointers.map((pointer) => ({
    path: formatPath(parsePointer(pointer) ?? []),
    why: 'rewritten for the current version',
  }));
  if (current === undefined) return { to: lifted.object, fields };
  const why = `Flux no longer serves ${version}`;
  return {
    to: { ...lifted.object, apiVersion: current },
    fields: [{ path: 'apiVersion', value: current, why }, ...fields],
  };
}

/**
 * The object as the webhook would store it, without its own annotation, and with a URL in canonical spelling where that passes;
 * undefined when nothing changes. `judge` judges another version of the same manifest.
 */
export function policyFix(
  manifest: Manifest,
  decision: Decision,
  judge: (manifest: Manifest) => Decision,
): ObjectFix | undefined {
  // What the API server refuses in the object stays to be corrected, and hinders nothing.
  const open = decision.findings.some(
    ({ reason, rule }) => rule !== OBJECT_SCHEMA_RULE && UNDECIDED.has(reason),
  );
  if (open) return undefined;
  const { object } = manifest;
  const patched = applyPatch(object, decision.patch) as JsonObject;
  let to = withoutAnnotation(patched, object);
  const fields: FixedField[] = decision.mutations.map((mutation) => {
    const tokens = parsePointer(mutation.pointer) ?? [];
    const value = valueAt(to, tokens);
    const why = `${mutation.kind} by ${mutation.policy}/${mutation.rule}${placeText(mutation.place)}`;
    return { path: formatPath(tokens), ...(value === undefined ? {} : { value }), why };
  });
  if (valueAt(object, ANNOTATION) !== undefined)
    fields.push({ path: formatPath(ANNOTATION), why: 'it belongs into the cluster only' });
  const url = canonicalUrl({ ...manifest, object: to }, decision, judge);
  if (url !== undefined) {
    to = withValueAt(to, ['spec', 'url'], url);
    fields.push({ path: 'spec.url', value: url, why: 'canonical spelling' });
  }
  return isEqualJson(object, to) ? undefined : { to, fields };
}

/** The annotations as the author wrote them, without the one that remembers defaults. */
function withoutAnnotation(object: JsonObject, written: JsonObject): JsonObject {
  const before = valueAt(written, ['metadata', 'annotations']);
  const rest = withoutKeyAt(object, ANNOTATION);
  const annotations = valueAt(rest, ['metadata', 'annotations']);
  if (!isJsonObject(annotations) || Object.keys(annotations).length > 0) return rest;
  if (before === undefined || valueAt(written, ANNOTATION) !== undefined)
    return withoutKeyAt(rest, ['metadata', 'annotations']);
  return withValueAt(rest, ['metadata', 'annotations'], before);
}

/** The canonical spelling of a URL that is refused for its spelling alone. */
function canonicalUrl(
  manifest: Manifest,
  { findings }: Decision,
  judge: (manifest: Manifest) => Decision,
): string | undefined {
  if (!findings.some(({ reason, path }) => reason === 'SourceNotCanonical' && path === 'spec.url'))
    return undefined;
  const url = valueAt(manifest.object, ['spec', 'url']);
  const parsed = typeof url === 'string' ? parseCanonicalUrl(url) : undefined;
  const hint = parsed?.ok === false ? parsed.hint : undefined;
  if (hint === undefined) return undefined;
  const respelt = judge({ ...manifest, object: withValueAt(manifest.object, ['spec', 'url'], hint) });
  return respelt.findings.some(({ path }) => path === 'spec.url') ? undefined : hint;
}

function placeText(place: PolicyPlace | undefined): string {
  return place === undefined ? '' : ` at ${policyPlaceText(place)}`;
}
