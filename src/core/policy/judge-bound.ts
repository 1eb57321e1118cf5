/** A field of the effective object held against its limits. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import { type EffectiveObject, originAt } from '../release/effective.ts';
import { originText } from './effective-input.ts';
import { amountOf, COUNTS, type FieldBound, type Limit } from './field-bound.ts';
import type { JudgedField } from './judged-fields.ts';
import type { FindingDraft, RuleInput } from './rule.ts';
import { setEdit } from './set-edit.ts';
import { shortText } from './short-text.ts';

/** What is wrong with the field of an object; undefined when it lies within, or when there is nothing to judge. */
export function judgeFieldBound(
  bound: FieldBound,
  input: RuleInput,
  effective: EffectiveObject,
): FindingDraft | undefined {
  const { field, found } = bound;
  const value = valueAt(effective.object, field.tokens);
  if (value === undefined) return judgeParents(field, effective.object);
  const amount = amountOf(found, value);
  if (typeof amount === 'string') return finding(bound, input, effective, amount, bound.min ?? bound.max);
  const endless = endlessRetries(bound, effective.object);
  if (endless !== undefined || isEndless(bound, amount)) {
    return bound.unlimited ? undefined : withoutLimit(bound, input, effective, endless);
  }
  if (bound.min !== undefined && amount < bound.min.amount)
    return finding(bound, input, effective, `is below the minimum of ${bound.min.value}`, bound.min);
  if (bound.max !== undefined && amount > bound.max.amount)
    return finding(bound, input, effective, `is above the maximum of ${bound.max.value}`, bound.max);
  return undefined;
}

/** A parent that has no fields hides what would be judged; the API server refuses such an object. */
function judgeParents({ tokens }: JudgedField, object: JsonObject): FindingDraft | undefined {
  for (let length = 1; length < tokens.length; length += 1) {
    const parent = valueAt(object, tokens.slice(0, length));
    if (parent === undefined) return undefined;
    if (isJsonObject(parent)) continue;
    const path = formatPath(tokens.slice(0, length));
    return { reason: 'ValueOutOfBounds', path, message: shortText(`${path} must be an object`) };
  }
  return undefined;
}

function isEndless({ field }: FieldBound, amount: number): boolean {
  const count = COUNTS[field.path];
  return count !== undefined && amount < count.least;
}

/** Tokens of the strategy by which an action is retried for ever, whatever its number of retries is. */
function endlessRetries({ field }: FieldBound, object: JsonObject): readonly string[] | undefined {
  if (field.tokens.at(-1) !== 'retries') return undefined;
  const strategy = [...field.tokens.slice(0, 2), 'strategy'];
  return valueAt(object, [...strategy, 'name']) === 'RetryOnFailure' ? strategy : undefined;
}

function withoutLimit(
  bound: FieldBound,
  input: RuleInput,
  effective: EffectiveObject,
  strategy: readonly string[] | undefined,
): FindingDraft {
  const { field, max } = bound;
  const usual = Math.max(COUNTS[field.path]?.usual ?? 0, bound.min?.amount ?? 0);
  const nearest = max ?? { value: usual, amount: usual };
  const wanted = max === undefined ? 'a limit is required' : `at most ${max.value} is allowed`;
  if (strategy === undefined) return finding(bound, input, effective, `means no limit; ${wanted}`, nearest);
  const set = setEdit(input.object, field.tokens, nearest.value);
  return {
    reason: 'ValueOutOfBounds',
    path: formatPath([...strategy, 'name']),
    found: 'RetryOnFailure',
    message: shortText(`RetryOnFailure retries without limit; ${wanted}`),
    wouldPass: `RemediateOnFailure with ${nearest.value} retries`,
    ...(set === undefined ? {} : { repairs: [[{ tokens: strategy }, set]] }),
  };
}

/** `what` continues "30s" and "defaulted by the controller to 0, which". */
function finding(
  { field }: FieldBound,
  input: RuleInput,
  effective: EffectiveObject,
  what: string,
  nearest: Limit | undefined,
): FindingDraft {
  const { tokens, pointer, path } = field;
  const value = valueAt(effective.object, tokens) ?? null;
  const from = originText(input, effective, pointer);
  const shown = shownValue(value);
  const own = ['written', 'policy'].includes(originAt(effective, pointer));
  const edit = nearest === undefined ? undefined : setEdit(input.object, tokens, nearest.value);
  return {
    reason: 'ValueOutOfBounds',
    path,
    ...(own ? { found: typeof value === 'object' || typeof value === 'string' ? shown : value } : {}),
    message: shortText(sentence(from, shown, what)),
    ...(nearest === undefined ? {} : { wouldPass: String(nearest.value) }),
    ...(edit === undefined ? {} : { repairs: [[edit]] }),
  };
}

/** Scalars as they are; what is larger has no place in one line. */
function shownValue(value: Json): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return shortText(String(value), 60);
}

function sentence(from: string, shown: string, what: string): string {
  return from === '' ? `${shown} ${what}` : `${from}${shown}, which ${what}`;
}
