/**
 * The keywords of JSON Schema that policies may use: those of draft 7 and of draft 2020-12, as far as they judge a value alone and can
 * be told when the policy is loaded. Each says how its own value must look and where schemas stand in it.
 */
import { isJsonObject, type Json } from '../json/json.ts';

/** Where a keyword's value holds schemas. */
export type SchemaHolder = 'none' | 'schema' | 'list' | 'map' | 'schema or list' | 'map of schemas or names';

export interface Keyword {
  readonly holds: SchemaHolder;
  /** What the value must be, in words, when it is not that. */
  readonly problem?: (value: Json) => string | undefined;
}

const TYPES: ReadonlySet<Json> = new Set([
  'null',
  'boolean',
  'object',
  'array',
  'number',
  'integer',
  'string',
]);

const when = (test: (value: Json) => boolean, words: string): Keyword => ({
  holds: 'none',
  problem: (value) => (test(value) ? undefined : words),
});
const NOTE = when(() => true, '');
const COUNT = when(
  (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0,
  'a whole number',
);
const NUMBER = when(isFiniteNumber, 'a number that a double can hold');
const FLAG = when((value) => typeof value === 'boolean', 'true or false');
const TEXT = when((value) => typeof value === 'string', 'a text');
const NAMES = when(isNames, 'a list of different texts');

/** By name. */
export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ...entries(
    NOTE,
    'title',
    'description',
    'default',
    'examples',
    '$comment',
    'deprecated',
    'readOnly',
    'writeOnly',
  ),
  ...entries(
    when(
      isKnownDialect,
      'http://json-schema.org/draft-07/schema# or https://json-schema.org/draft/2020-12/schema',
    ),
    '$schema',
  ),
  ...entries(TEXT, '$ref', 'pattern'),
  ...entries(
    when(isTypes, 'one or several of null, boolean, object, array, number, integer, string'),
    'type',
  ),
  ...entries(
    when((value) => Array.isArray(value) && value.length > 0, 'a list that is not empty'),
    'enum',
  ),
  ...entries(NOTE, 'const'),
  ...entries(
    when((value) => isFiniteNumber(value) && value > 0, 'a number over 0'),
    'multipleOf',
  ),
  ...entries(NUMBER, 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'),
  ...entries(COUNT, 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'),
  ...entries(COUNT, 'minContains', 'maxContains'),
  ...entries(FLAG, 'uniqueItems'),
  ...entries(NAMES, 'required'),
  ...entries(
    when(
      (value) =>
        isJsonObject(value) && Object.values(value).every((names) => names !== undefined && isNames(names)),
      'an object of lists of names',
    ),
    'dependentRequired',
  ),
  ...entries({ holds: 'schema' }, 'not', 'if', 'then', 'else', 'contains', 'propertyNames'),
  ...entries({ holds: 'schema' }, 'additionalProperties', 'additionalItems'),
  ...entries({ holds: 'list' }, 'allOf', 'anyOf', 'oneOf', 'prefixItems'),
  ...entries({ holds: 'schema or list' }, 'items'),
  ...entries({ holds: 'map' }, 'properties', 'patternProperties', 'dependentSchemas', 'definitions', '$defs'),
  ...entries(
    {
      holds: 'map of schemas or names',
      problem: (value) =>
        isJsonObject(value) && Object.values(value).every((part) => !Array.isArray(part) || isNames(part))
          ? undefined
          : 'an object of schemas and lists of names',
    },
    'dependencies',
  ),
]);

/** Stands in every schema that is compiled, so that each judging of a value by a schema is counted. No policy may write it. */
export const METER_KEYWORD = 'helmgate-step';

/** Keywords that exist and are refused, and why. */
export const REFUSED_KEYWORDS: ReadonlyMap<string, string> = new Map([
  ...reasons('it is not checked here: write a pattern', 'format', 'contentEncoding', 'contentMediaType'),
  ...reasons('it is not checked here', 'contentSchema', 'unevaluatedProperties', 'unevaluatedItems'),
  ...reasons(
    'references lead by JSON pointer only, #/definitions/name',
    '$id',
    'id',
    '$anchor',
    '$vocabulary',
  ),
  ...reasons(
    'references lead by JSON pointer only, #/definitions/name',
    '$dynamicRef',
    '$dynamicAnchor',
    '$recursiveRef',
    '$recursiveAnchor',
  ),
]);

function entries(keyword: Keyword, ...names: readonly string[]): readonly (readonly [string, Keyword])[] {
  return names.map((name) => [name, keyword] as const);
}

function reasons(why: string, ...names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map((name) => [name, why] as const);
}

function isFiniteNumber(value: Json): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isNames(value: Json): boolean {
  return (
    Array.isArray(value) &&
    value.every((name) => typeof name === 'string') &&
    new Set(value as readonly Json[]).size === value.length
  );
}

function isTypes(value: Json): boolean {
  const types: readonly Json[] = Array.isArray(value) ? value : [value as Json];
  return types.length > 0 && types.every((type) => TYPES.has(type)) && new Set(types).size === types.length;
}

function isKnownDialect(value: Json): boolean {
  return (
    typeof value === 'string' &&
    /^(?:http:\/\/json-schema\.org\/draft-07\/schema#?|https:\/\/json-schema\.org\/draft\/2020-12\/schema)$/.test(
      value,
    )
  );
}
