/** What rules ask of single fields, in one form: bounds, conditions, and the values that defaults and overrides write. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer } from '../json/pointer.ts';
import { stringifyJson } from '../json/stringify.ts';
import type { PolicyPlace } from '../policy/decision.ts';
import { amountOf, COUNTS, compileFieldBound, type FieldBound } from '../policy/field-bound.ts';
import { compileFieldCondition, type FieldCondition, isAskedFor } from '../policy/field-condition.ts';
import { type JudgedField, judgedFields } from '../policy/judged-fields.ts';
import type { DefaultLeaf } from '../policy/rule.ts';
import type { RuleContext } from '../policy/rule-definition.ts';
import { shortText } from '../policy/short-text.ts';
import type { LintedRule } from './linted-rule.ts';

export type FieldDemand = {
  readonly entry: LintedRule;
  readonly kind: string;
  readonly path: string;
  readonly pointer: string;
  /** Where it is asked: tokens of the document, or a place. */
  readonly at: readonly string[] | PolicyPlace;
  /** As a message has it: `a minimum of 2h`. */
  readonly text: string;
} & (
  | { readonly is: 'bound'; readonly bound: FieldBound }
  | { readonly is: 'required' | 'forbidden'; readonly condition: FieldCondition }
  | { readonly is: 'default' | 'override'; readonly value: Json }
);

/** Everything that a rule asks of fields by their paths. */
export function fieldDemands(entry: LintedRule): readonly FieldDemand[] {
  const written = isJsonObject(entry.written) ? entry.written : {};
  const { defaults = [], overrides = [] } = entry.rule.body;
  return [
    ...fieldsOf(entry, written, 'bounds').flatMap((field): readonly FieldDemand[] => {
      const bound = compileFieldBound(field, silent(entry));
      return bound === undefined
        ? []
        : [{ ...common(entry, field), is: 'bound', bound, text: boundText(bound) }];
    }),
    ...conditions(entry, written, 'require', 'required'),
    ...conditions(entry, written, 'forbid', 'forbidden'),
    ...defaults.map((leaf) => writes(entry, leaf, 'default')),
    ...overrides.map((leaf) => writes(entry, leaf, 'override')),
  ];
}

/** Whether a value of the field passes; a value that is written passes the demand that it be so. */
export function passes(demand: FieldDemand, value: Json): boolean {
  switch (demand.is) {
    case 'bound':
      return liesWithin(demand.bound, value);
    case 'required':
      return isAskedFor(demand.condition, value) === true;
    case 'forbidden':
      return isAskedFor(demand.condition, value) === false;
    default:
      return true;
  }
}

/** The only values that a demand leaves to the field; undefined where there are more, or none is named. */
export function onlyValues(demand: FieldDemand): readonly Json[] | undefined {
  if (demand.is === 'default' || demand.is === 'override') return [demand.value];
  if (demand.is !== 'required' || demand.condition.asks.for !== 'values') return undefined;
  return demand.condition.asks.values;
}

/** Whether the one refuses every value of the field, and the other one its absence. */
export function isPresenceAgainstAbsence(left: FieldDemand, right: FieldDemand): boolean {
  const asks = (demand: FieldDemand, is: FieldDemand['is']) =>
    demand.is === is && 'condition' in demand && demand.condition.asks.for === 'presence';
  return (
    (asks(left, 'required') && asks(right, 'forbidden')) ||
    (asks(left, 'forbidden') && asks(right, 'required'))
  );
}

/** Whether no value lies within both. */
export function areBoundsApart(left: FieldBound, right: FieldBound): boolean {
  const bothEndless = COUNTS[left.field.path] !== undefined && left.unlimited && right.unlimited;
  const above = (low: FieldBound, high: FieldBound) =>
    low.max !== undefined && high.min !== undefined && low.max.amount < high.min.amount;
  return !bothEndless && (above(left, right) || above(right, left));
}

function liesWithin({ field, found, min, max, unlimited }: FieldBound, value: Json): boolean {
  const amount = amountOf(found, value);
  if (typeof amount === 'string') return false;
  if (amount < (COUNTS[field.path]?.least ?? -Infinity)) return unlimited;
  return amount >= (min?.amount ?? -Infinity) && amount <= (max?.amount ?? Infinity);
}

function conditions(
  entry: LintedRule,
  written: JsonObject,
  name: 'require' | 'forbid',
  is: 'required' | 'forbidden',
): readonly FieldDemand[] {
  return fieldsOf(entry, written, name).flatMap((field): readonly FieldDemand[] => {
    const condition = compileFieldCondition(field, silent(entry));
    const text = `${name === 'require' ? 'requirement' : 'prohibition'} of ${condition?.text}`;
    return condition === undefined ? [] : [{ ...common(entry, field), is, condition, text }];
  });
}

function writes(
  entry: LintedRule,
  { kind, tokens, value, place }: DefaultLeaf,
  is: 'default' | 'override',
): FieldDemand {
  const text = typeof value === 'object' ? is : `${is} ${shortText(stringifyJson(value), 60)}`;
  return {
    entry,
    kind,
    path: formatPath(tokens),
    pointer: formatPointer(tokens),
    at: place,
    is,
    value,
    text,
  };
}

/** Options beside the fields are no objects, so none is taken for one. */
function fieldsOf(entry: LintedRule, written: JsonObject, name: string): readonly JudgedField[] {
  const fields = written[name];
  if (!isJsonObject(fields)) return [];
  const options = Object.keys(fields).filter((key) => !isJsonObject(fields[key]));
  return judgedFields(fields, [...entry.tokens, name], silent(entry), options) ?? [];
}

function common(entry: LintedRule, { kind, path, pointer, at }: JudgedField) {
  return { entry, kind, path, pointer, at };
}

function boundText({ min, max }: FieldBound): string {
  const parts = [
    ...(min === undefined ? [] : [`minimum ${min.value}`]),
    ...(max === undefined ? [] : [`maximum ${max.value}`]),
  ];
  return parts.length === 0 ? 'limit' : parts.join(' and ');
}

/** Errors are reported where the set is compiled. */
function silent({ rule }: LintedRule): RuleContext {
  return { placeOf: () => rule.place, error: () => undefined, warn: () => undefined };
}
