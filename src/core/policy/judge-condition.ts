/**
 * Conditions held against an object. Whether a field is there is asked of what is written, by its author, a policy or the API; which
 * value it has is asked of the effective object, so that a default of the controller counts like any other value.
 */
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { type EffectiveObject, originAt } from '../release/effective.ts';
import type { Controller } from '../release/field-defaults.ts';
import { applyEdits } from './apply-edits.ts';
import type { Edit } from './decision.ts';
import { effectiveInput, originText } from './effective-input.ts';
import { type FieldCondition, isAskedFor, isThere } from './field-condition.ts';
import { existsInVersion } from './known-fields.ts';
import type { FindingDraft, RuleInput } from './rule.ts';
import { setEdit } from './set-edit.ts';
import { shortText } from './short-text.ts';

/** Values of one finding that are tried as its cure; each costs a reading of the object. */
const MAX_CURES = 5;

/** What a required field lacks; undefined when it has what is asked for. A text too long to match does not. */
export function judgeRequired(
  condition: FieldCondition,
  input: RuleInput,
  controller: Controller,
): FindingDraft | undefined {
  const { field, text, asks } = condition;
  const effective = effectiveInput(input, controller);
  const holds = (object: JsonObject): boolean => {
    const seen = valueOf(condition, object, effectiveInput(input, controller, object));
    return seen !== undefined && isAskedFor(condition, seen) === true;
  };
  if (holds(input.object)) return undefined;
  const { shown, draft } = described(condition, input, effective);
  const { found } = field;
  const known = found === undefined || existsInVersion(found.field, input.subject.version);
  const values = asks.for === 'values' ? asks.values.slice(0, MAX_CURES) : [];
  return {
    reason: 'FieldRequired',
    ...draft,
    message: shortText(
      `${asks.for === 'presence' && shown !== 'empty' ? 'absent' : shown}, but ${text} is required`,
    ),
    wouldPass: shortText(known ? text : `${text}, in API version ${found.field.since}`),
    ...repairs(
      input.object,
      values.map((value) => setEdit(input.object, field.tokens, value)),
      holds,
    ),
  };
}

/** What is wrong with a field that may not be so; undefined when it is not. A text too long to match is taken to match. */
export function judgeForbidden(
  condition: FieldCondition,
  input: RuleInput,
  controller: Controller,
): FindingDraft | undefined {
  const { field, asks } = condition;
  const effective = effectiveInput(input, controller);
  const passes = (object: JsonObject): boolean => {
    const seen = valueOf(condition, object, effectiveInput(input, controller, object));
    return seen === undefined || isAskedFor(condition, seen) === false;
  };
  if (passes(input.object)) return undefined;
  const { shown, draft } = described(condition, input, effective);
  const others = otherValues(condition);
  const cures = [
    { tokens: field.tokens },
    ...others.map((value) => setEdit(input.object, field.tokens, value)),
  ];
  const passing =
    others.length === 0 ? 'another value' : others.length > 1 ? `one of ${others.join(', ')}` : others.join();
  return {
    reason: 'FieldForbidden',
    ...draft,
    message: shortText(
      asks.for === 'presence' ? `${field.path} must not be set` : `${shown}, which is forbidden`,
    ),
    wouldPass: shortText(asks.for === 'presence' ? `no ${field.path}` : passing),
    ...repairs(input.object, cures, passes),
  };
}

/** The value that a condition is about; undefined when there is none. */
function valueOf(
  { field: { tokens, pointer }, asks }: FieldCondition,
  object: JsonObject,
  effective: EffectiveObject,
): Json | undefined {
  const value = valueAt(effective.object, tokens);
  if (asks.for !== 'presence' || value === undefined) return value;
  const written = isThere(valueAt(object, tokens)) || originAt(effective, pointer) === 'api';
  return written ? value : undefined;
}

/** Path and value for a finding, and how its sentence begins. Values of a chart may be secrets, so they are never shown. */
function described(
  { field: { path, tokens, pointer } }: FieldCondition,
  input: RuleInput,
  effective: EffectiveObject,
): { readonly shown: string; readonly draft: Pick<FindingDraft, 'path' | 'found'> } {
  const value = valueAt(effective.object, tokens);
  if (value === undefined) return { shown: 'absent', draft: { path } };
  if (typeof value === 'object' || tokens[1] === 'values')
    return { shown: isThere(value) ? 'what is set' : 'empty', draft: { path } };
  const text = shortText(String(value), 60);
  const written = valueAt(input.object, tokens) === value;
  return {
    shown: `${originText(input, effective, pointer)}${text === '' ? 'empty' : text}`,
    draft: { path, ...(written ? { found: typeof value === 'string' ? shortText(value) : value } : {}) },
  };
}

/** The values that a field of a closed set may have besides those asked for. */
function otherValues({ field: { found }, asks }: FieldCondition): readonly (string | boolean)[] {
  if (asks.for !== 'values' || found === undefined || found.inside) return [];
  const { type } = found.field;
  const all = type === 'boolean' ? [false, true] : typeof type === 'object' ? type : [];
  return all.filter((value) => !asks.values.includes(value));
}

/** The single edits that are tried and found to cure. */
function repairs(
  object: JsonObject,
  edits: readonly (Edit | undefined)[],
  cures: (object: JsonObject) => boolean,
): Pick<FindingDraft, 'repairs'> {
  const curing = edits
    .filter((edit) => edit !== undefined)
    .slice(0, MAX_CURES)
    .filter((edit) => {
      const edited = applyEdits(object, [edit]);
      return edited !== undefined && cures(edited);
    });
  return curing.length === 0 ? {} : { repairs: curing.map((edit) => [edit]) };
}
