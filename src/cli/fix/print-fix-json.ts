import { redact } from '../../core/audit/redact.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { errorJson, noteJson, objectJson, plain } from '../check/print-check-json.ts';
import type { FixedObject, FixResult } from './fix-manifests.ts';
import type { FixedField } from './fix-object.ts';
import { remaining } from './print-fix.ts';

/** What was done, or would be, for programs. */
export function printFixJson(result: FixResult, written: boolean): string {
  return `${stringifyJson({
    written,
    files: result.files.map(({ file }) => file.file),
    objects: result.objects.map(fixedJson),
    denied: remaining(result).map(objectJson),
    judged: result.checked.length,
    notes: result.notes.map(noteJson),
    errors: result.errors.map(errorJson),
    policyErrors: [],
    passedOver: result.passedOver.map(plain),
  })}\n`;
}

/** The same for policies that are invalid: nothing was looked at. */
export function printFixPolicyErrorsJson(errors: readonly LocatedError[]): string {
  const nothing = {
    written: false,
    files: [],
    objects: [],
    denied: [],
    judged: 0,
    notes: [],
    errors: [],
    passedOver: [],
  };
  return `${stringifyJson({ ...nothing, policyErrors: errors.map(errorJson) })}\n`;
}

function fixedJson({ fields, notes, ...object }: FixedObject): JsonObject {
  return { ...object, fields: fields.map(fieldJson), notes: notes.map(plain) };
}

/** Without what the field's name, or names in it, call a secret. */
function fieldJson({ path, value, why }: FixedField): JsonObject {
  if (value === undefined) return { path, why };
  const key = path.split('.').at(-1) ?? '';
  const shown = redact({ [key]: value });
  return { path, value: isJsonObject(shown) ? (shown[key] ?? null) : null, why };
}
