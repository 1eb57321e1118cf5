/** One field with a lower and an upper limit, read from the policy. */
import { parseDuration } from '../duration.ts';
import type { Json } from '../json/json.ts';
import type { JudgedField } from './judged-fields.ts';
import { type FoundField, typeProblem } from './known-fields.ts';
import type { RuleContext } from './rule-definition.ts';

/** A limit as the policy has it, and as a number: milliseconds or a count. */
export interface Limit {
  readonly value: string | number;
  readonly amount: number;
}

export interface FieldBound {
  readonly field: JudgedField;
  readonly found: FoundField;
  readonly min?: Limit;
  readonly max?: Limit;
  /** Whether a count may have no limit at all. */
  readonly unlimited: boolean;
}

/**
 * Longest text that is read as a duration. The API sets no length, but Go's 292 years take 25 characters at most without leading
 * zeros, and reading takes more than linear time.
 */
const MAX_DURATION_LENGTH = 64;

/** How each count says "no limit", and a number of its own for policies that want a limit and give none. */
export const COUNTS: Readonly<Record<string, { readonly least: number; readonly usual: number }>> = {
  'spec.maxHistory': { least: 1, usual: 5 },
  'spec.install.remediation.retries': { least: 0, usual: 0 },
  'spec.upgrade.remediation.retries': { least: 0, usual: 0 },
};

/** Reads the limits of a field; undefined after an error was reported. */
export function compileFieldBound(field: JudgedField, { error }: RuleContext): FieldBound | undefined {
  const { found, path, at } = field;
  const { min, max, unlimited } = field.written;
  if (found === undefined || found.inside || !isBounded(found)) {
    error(at, `${path} is neither a duration nor a count, so it has no bounds`, 'use require or forbid');
    return undefined;
  }
  const read = (name: string, value: Json | undefined): Limit | undefined => {
    const limit = value === undefined ? undefined : readLimit(path, found, value);
    if (typeof limit !== 'string') return limit;
    error([...at, name], `the ${name} of ${path} ${limit}`);
    return undefined;
  };
  const [low, high] = [read('min', min), read('max', max)];
  if ((min !== undefined && low === undefined) || (max !== undefined && high === undefined)) return undefined;
  if (low !== undefined && high !== undefined && low.amount > high.amount) {
    error([...at, 'min'], `the minimum of ${path}, ${low.value}, is above its maximum, ${high.value}`);
    return undefined;
  }
  if (unlimited !== undefined && COUNTS[path] === undefined) {
    error([...at, 'unlimited'], `${path} is a duration and always has a limit`);
    return undefined;
  }
  return {
    field,
    found,
    ...(low === undefined ? {} : { min: low }),
    ...(high === undefined ? {} : { max: high }),
    unlimited: typeof unlimited === 'boolean' ? unlimited : high === undefined,
  };
}

/** The paths of a kind that can have bounds are those of these types. */
function isBounded({ field }: FoundField): boolean {
  return field.type === 'duration' || field.type === 'durationWithoutHours' || field.type === 'integer';
}

/** A limit, or what is wrong with it, as `must be ...`. */
function readLimit(path: string, found: FoundField, value: Json): Limit | string {
  const amount = amountOf(found, value);
  if (typeof amount === 'string') return amount;
  const count = COUNTS[path];
  if (count !== undefined && amount < count.least)
    return `is ${amount}, which means "no limit" there: use unlimited`;
  return { value: typeof value === 'string' ? value : amount, amount };
}

/** The value in milliseconds or as a count; or what is wrong with it, as the end of a sentence about it. */
export function amountOf(found: FoundField, value: Json): number | string {
  const tooLong = typeof value === 'string' && value.length > MAX_DURATION_LENGTH;
  const problem = tooLong ? 'is longer than any duration' : typeProblem(found, value);
  if (problem !== undefined) return problem;
  if (typeof value !== 'string') return Number(value);
  return plainDuration(value) ?? parseDuration(value) ?? 'is longer than the 292 years that Go can count';
}

/** Hours, minutes and seconds in whole numbers, as nearly all durations are written. */
const PLAIN_DURATION = /^(?:([0-9]{1,6})h)?(?:([0-9]{1,8})m)?(?:([0-9]{1,9})s)?$/;

/** Milliseconds of such a text, at a fraction of the price of reading any duration; undefined for others. */
function plainDuration(text: string): number | undefined {
  const parts = PLAIN_DURATION.exec(text);
  if (parts === null) return undefined;
  const [, hours = 0, minutes = 0, seconds = 0] = parts;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
