/** What a policy asks of one field, read from the policy: that it is there, or which values it has. */
import { RE2JS } from 're2js';
import { parseDuration } from '../duration.ts';
import type { Json, JsonObject } from '../json/json.ts';
import type { JudgedField } from './judged-fields.ts';
import { type FieldType, type FoundField, typeProblem } from './known-fields.ts';
import type { RuleContext } from './rule-definition.ts';

export interface FieldCondition {
  readonly field: JudgedField;
  /** The asked-for part of a sentence: `a value`, `one of a, b`. */
  readonly text: string;
  readonly asks: Asked;
}

export type Asked =
  /** That it is written. */
  | { readonly for: 'presence' }
  | { readonly for: 'values'; readonly values: readonly Json[] }
  | { readonly for: 'match'; readonly pattern: RE2JS };

/** Longer values in a list are better written as a pattern. */
const MAX_VALUES = 100;
/** RE2 compiles in time linear in the pattern, times the repetitions that it spells out (at most 1,000 each). */
const MAX_PATTERN_LENGTH = 256;
/** The most that the API admits for a name or a URL; matching takes time linear in it. */
const MAX_MATCHED_LENGTH = 4096;

const SCALAR = { description: 'A text, a number, true or false, as the field has it.' };

/** JSON Schema of a condition. */
export const CONDITION_SCHEMA: JsonObject = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
  properties: {
    present: { const: true, description: 'The field is written.' },
    equals: SCALAR,
    oneOf: { type: 'array', minItems: 1, maxItems: MAX_VALUES, items: SCALAR },
    matches: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_PATTERN_LENGTH,
      description: 'An RE2 pattern for the whole text.',
    },
  },
};

/** Reads a condition; undefined after an error was reported. */
export function compileFieldCondition(
  field: JudgedField,
  { error }: Pick<RuleContext, 'error'>,
): FieldCondition | undefined {
  const { written, found, path, at } = field;
  const fail = (name: string, problem: string, hint?: string): undefined => {
    error([...at, name], `${path} ${problem}`, hint);
  };
  if (written['present'] !== undefined) return { field, text: 'a value', asks: { for: 'presence' } };
  const [name = ''] = Object.keys(written);
  if (found === undefined || !isScalar(found))
    return fail(name, 'is no single value: ask for it with present: true');
  if (written['matches'] !== undefined) {
    if (!isText(found)) return fail(name, 'is no text, so it matches no pattern', 'use equals or oneOf');
    const pattern = compilePattern(written['matches'] as string);
    if (typeof pattern === 'string') return fail(name, `cannot be matched: ${pattern}`);
    return { field, text: `a text that matches ${pattern.pattern()}`, asks: { for: 'match', pattern } };
  }
  const equals = written['equals'];
  const values = equals === undefined ? (written['oneOf'] as readonly Json[]) : [equals];
  for (const [index, value] of values.entries()) {
    const problem = typeof value === 'object' ? 'must be a single value' : typeProblem(found, value);
    const place = equals === undefined ? ['oneOf', String(index)] : ['equals'];
    if (problem === undefined) continue;
    error([...at, ...place], `a value of ${path} ${problem}`);
    return undefined;
  }
  const shown = values.map(String).join(', ');
  return { field, text: values.length > 1 ? `one of ${shown}` : shown, asks: { for: 'values', values } };
}

/**
 * Whether a value is what is asked for; undefined when it is too long to say. Durations are compared as durations: `60s` is `1m`.
 */
export function isAskedFor({ field, asks }: FieldCondition, value: Json): boolean | undefined {
  if (asks.for === 'presence') return isThere(value);
  if (typeof value === 'object') return false;
  if (asks.for === 'values') return asks.values.some((asked) => isSame(field.found, asked, value));
  const text = String(value);
  return text.length > MAX_MATCHED_LENGTH ? undefined : asks.pattern.matches(text);
}

/** Whether a value says anything: neither null, nor empty, nor an object of such values alone. */
export function isThere(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (typeof value !== 'object') return true;
  return Array.isArray(value) ? value.length > 0 : Object.values(value as JsonObject).some(isThere);
}

function isSame(found: FoundField | undefined, asked: Json, value: Json): boolean {
  if (found !== undefined && !found.inside && isDuration(found.field.type)) {
    const [left, right] = [asked, value].map((text) =>
      typeof text === 'string' && text.length <= MAX_MATCHED_LENGTH ? parseDuration(text) : undefined,
    );
    return left !== undefined && left === right;
  }
  return asked === value;
}

function isDuration(type: FieldType): boolean {
  return type === 'duration' || type === 'durationWithoutHours';
}

function isScalar({ field: { type }, inside }: FoundField): boolean {
  return inside || (type !== 'list' && type !== 'strings' && type !== 'json');
}

function isText({ field: { type }, inside }: FoundField): boolean {
  return inside || type === 'string' || isDuration(type) || typeof type === 'object';
}

/** The pattern, or why it is none. */
function compilePattern(text: string): RE2JS | string {
  try {
    return RE2JS.compile(text);
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}
