/**
 * What the API server has to say about an object that was written by hand: what its schema refuses, and fields that it does not know, which
 * it drops (kubectl and Flux refuse them already, by the strict validation and the server-side apply that they ask for).
 */
import { Language } from '../cel/compile-expression.ts';
import { fromJson } from '../cel/value.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { didYouMean } from '../policy/did-you-mean.ts';
import { type CrdRule, type CrdSchema, PATTERN_TEXTS } from './crd-schema.ts';

/** What is wrong at a place of an object. The message follows the path of the place: `must be a list`. */
export interface SchemaProblem {
  /** `type`: another type of value is wanted. `invalid`: another value. `unknown`: the kind has no such field. */
  readonly kind: 'type' | 'invalid' | 'unknown';
  readonly tokens: readonly string[];
  readonly message: string;
  /** What the value was meant to be, as JSON: `true` for "true", `"1.10"` for 1.10. */
  readonly meant?: string;
  /** `did you mean "version"?` */
  readonly hint?: string;
}

/** How the author wrote the scalar at a place, where that is without quotes. */
export type WrittenAt = (tokens: readonly string[]) => string | undefined;

/** Everything that is wrong with a value, in its own order. `tokens` lead to it. */
export function schemaProblems(
  schema: CrdSchema,
  value: Json,
  tokens: readonly string[],
  writtenAt: WrittenAt,
): readonly SchemaProblem[] {
  const wrongType = (message: string, meant?: string): SchemaProblem[] => [
    { kind: 'type', tokens, message, ...(meant === undefined ? {} : { meant }) },
  ];
  switch (schema.type) {
    case 'object':
      if (!isJsonObject(value)) return wrongType('must be an object');
      return [...memberProblems(schema, value, tokens, writtenAt), ...ruleProblems(schema, value, tokens)];
    case 'array': {
      if (!Array.isArray(value)) return wrongType('must be a list');
      const { items } = schema;
      return (value as readonly Json[]).flatMap((item, index) =>
        items === undefined ? [] : schemaProblems(items, item, [...tokens, String(index)], writtenAt),
      );
    }
    case 'boolean':
      if (typeof value === 'boolean') return [];
      return wrongType('must be true or false', unquoted(value, /^(true|false)$/));
    case 'integer':
      if (typeof value === 'bigint' || Number.isInteger(value)) return [];
      return wrongType('must be a whole number', unquoted(value, /^(0|-?[1-9]\d{0,17})$/));
    case 'string':
      if (typeof value !== 'string') return wrongType(...notText(schema, quoted(value, tokens, writtenAt)));
      return textProblems(schema, value).map((message) => ({ kind: 'invalid', tokens, message }));
    default:
      return [];
  }
}

/** The members of an object: those that are missing, those that nobody knows, and what is wrong within the others. A null counts as absent. */
function memberProblems(
  schema: CrdSchema,
  value: JsonObject,
  tokens: readonly string[],
  writtenAt: WrittenAt,
): readonly SchemaProblem[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const isAbsent = (name: string) => (value[name] ?? null) === null;
  const missing = required
    .filter((name) => isAbsent(name) && properties[name]?.default === undefined)
    .map((name): SchemaProblem => ({ kind: 'invalid', tokens: [...tokens, name], message: 'is required' }));
  const others = Object.entries(value).flatMap(([name, member]): readonly SchemaProblem[] => {
    const at = [...tokens, name];
    const part = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (part !== undefined)
      return member === undefined || (member === null && Object.hasOwn(properties, name))
        ? []
        : schemaProblems(part, member, at, writtenAt);
    if (schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
    const hint = didYouMean(name, Object.keys(properties));
    const message = 'there is no such field: the API server drops it, or refuses the object';
    return [{ kind: 'unknown', tokens: at, message, ...(hint === undefined ? {} : { hint }) }];
  });
  return [...missing, ...others];
}

/** What a text has to be; undefined where it may be any. */
function wanted({ enum: values, pattern }: CrdSchema): string | undefined {
  if (values !== undefined) return `must be one of ${values.join(', ')}`;
  return pattern === undefined ? undefined : (PATTERN_TEXTS.get(pattern) ?? `must match ${pattern}`);
}

/** Where a text may be anything, or would be the right one in quotes, that is what to say; else what it has to be. */
function notText(schema: CrdSchema, meant: string | undefined): readonly [message: string, meant?: string] {
  const fits = meant !== undefined && textProblems(schema, JSON.parse(meant) as string).length === 0;
  return fits ? ['must be a text', meant] : [wanted(schema) ?? 'must be a text'];
}

function textProblems(schema: CrdSchema, value: string): readonly string[] {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, enum: values, pattern } = schema;
  const length = value.length > maxLength ? Array.from(value).length : value.length;
  if (length < minLength) return ['must not be empty'];
  if (length > maxLength) return [`is longer than ${maxLength} characters`];
  const fits =
    values?.includes(value) !== false && (pattern === undefined || new RegExp(pattern, 'u').test(value));
  return fits ? [] : [wanted(schema) ?? ''];
}

function unquoted(value: Json, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}

/** The scalar as a text: as it was written where that is known, since `1.10` is no longer in the number 1.1. */
function quoted(value: Json, tokens: readonly string[], writtenAt: WrittenAt): string | undefined {
  if (typeof value === 'object') return undefined;
  return JSON.stringify(writtenAt(tokens) ?? String(value));
}

function ruleProblems(
  schema: CrdSchema,
  value: JsonObject,
  tokens: readonly string[],
): readonly SchemaProblem[] {
  const failed = (schema['x-kubernetes-validations'] ?? []).find((rule) => !holds(rule, value));
  return failed === undefined ? [] : [{ kind: 'invalid', tokens, message: failed.message }];
}

const language = new Language([{ name: 'self', type: 'dyn', text: 'the value that the rule stands at' }]);

/** The rules that some object has asked for; there are seven in all. */
const COMPILED = new Map<string, ReturnType<Language['compile']>>();

/** A rule that cannot be evaluated, because what it reads is missing or has another type, is no problem of its own. */
function holds({ rule }: CrdRule, self: JsonObject): boolean {
  const compiled = COMPILED.get(rule) ?? language.compile(rule, 'bool');
  COMPILED.set(rule, compiled);
  if (!compiled.ok) return true;
  const outcome = compiled.expression.evaluate(() => fromJson(self));
  return outcome.kind !== 'value' || outcome.value === true;
}
