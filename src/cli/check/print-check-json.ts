import { REDACTED, redact } from '../../core/audit/redact.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import type { PatchOperation } from '../../core/json/patch.ts';
import { formatPath } from '../../core/json/path.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import type { Edit } from '../../core/policy/decision.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import type { CheckedManifest, CheckResult, ManifestNote } from './check-manifests.ts';
import { nameOf, placeOfFinding, placeOfPath } from './manifest-place.ts';
import { maskedFrame } from './print-check.ts';

/** What `check` found, for programs. */
export function printCheckJson(result: CheckResult): string {
  const { otherObjects, skipped, passedOver } = result;
  return `${stringifyJson({
    objects: result.checked.map(objectJson),
    notes: result.notes.map(noteJson),
    errors: result.errors.map(errorJson),
    policyErrors: [],
    otherObjects,
    skipped,
    passedOver: passedOver.map(plain),
  })}\n`;
}

/** The same for policies that are invalid: nothing was judged. */
export function printPolicyErrorsJson(errors: readonly LocatedError[]): string {
  const nothing = { objects: [], notes: [], errors: [], otherObjects: 0, skipped: 0, passedOver: [] };
  return `${stringifyJson({ ...nothing, policyErrors: errors.map(errorJson) })}\n`;
}

/** A judged object with its place and what was decided. */
export function objectJson({ manifest, decision, repair }: CheckedManifest): JsonObject {
  const { group, version, kind, namespace, name, document, tokens } = manifest;
  return {
    file: document.source.file,
    ...document.placeOf(tokens),
    apiVersion: `${group}/${version}`,
    kind,
    namespace,
    name,
    allowed: decision.allowed,
    findings: decision.findings.map((finding) => ({
      ...plain(finding),
      at: { ...placeOfFinding(finding, manifest) },
    })),
    mutations: decision.mutations.map(plain),
    patch: decision.patch.map(patchJson),
    warnings: decision.warnings,
    ...(repair === undefined ? {} : { repair: repair.edits.map(editJson) }),
  };
}

/** A note with the place of its field and the object that it is about. */
export function noteJson({ manifest, ...note }: ManifestNote): JsonObject {
  const { file } = manifest.document.source;
  return { file, ...placeOfPath(note.field, manifest), object: nameOf(manifest), ...note };
}

/** An error of a file, its line without the secrets in it. */
export function errorJson(error: LocatedError): JsonObject {
  return { ...plain(error), frame: maskedFrame(error) };
}

/** Texts that hold other values: old patch lists become some, and the annotation that remembers defaults is one. */
const TEXTS = /^\/(spec\/postRenderers|metadata\/annotations)/;

function patchJson(operation: PatchOperation): JsonObject {
  if (operation.op === 'remove') return plain(operation);
  const value = TEXTS.test(operation.path) ? REDACTED : redact(operation.value);
  return { ...plain(operation), value };
}

function editJson({ tokens, value }: Edit): JsonObject {
  return { path: formatPath(tokens), ...(value === undefined ? {} : { value }) };
}

/** The value as JSON has it: its fields are JSON already. */
export function plain(value: object): JsonObject {
  return { ...(value as { readonly [key: string]: Json }) };
}
