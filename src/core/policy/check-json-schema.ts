import { RE2JS } from 're2js';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { didYouMean } from './did-you-mean.ts';
import { KEYWORDS, REFUSED_KEYWORDS, type SchemaHolder } from './json-schema-keywords.ts';
import type { RuleContext } from './rule-definition.ts';

/** Characters of one pattern; what people can read has far fewer. */
const MAX_PATTERN_LENGTH = 1000;
/** Instructions of one compiled pattern: matching costs each of them once a character at worst. */
const MAX_PATTERN_SIZE = 2000;
/** Errors told of one schema; more are follow-ups. */
const MAX_ERRORS = 20;

/**
 * Checks a JSON Schema as it stands in a policy file: keywords that are known, values that fit them, patterns that RE2 reads.
 * Reports each error at its place; true when there is none. Where `$ref` leads is checked by `inlineReferences`.
 */
export function checkJsonSchema(schema: Json, at: readonly string[], context: RuleContext): boolean {
  let errors = 0;
  const error = (tokens: readonly string[], message: string, hint?: string) => {
    errors += 1;
    if (errors <= MAX_ERRORS) context.error([...at, ...tokens], message, hint);
  };
  const pending: { readonly schema: Json; readonly tokens: readonly string[] }[] = [{ schema, tokens: [] }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { schema, tokens } = item;
    if (typeof schema === 'boolean') continue;
    if (!isJsonObject(schema)) error(tokens, 'a schema must be an object, true or false');
    else {
      checkKeywords(schema, tokens, error);
      for (const child of subschemasOf(schema, tokens).toReversed()) pending.push(child);
    }
  }
  return errors === 0;
}

/** A place where a schema stands in another, by the tokens that lead there. */
export interface Subschema {
  readonly schema: Json;
  readonly tokens: readonly string[];
}

/** The schemas that stand directly in a schema, those of `$defs` and `definitions` too. */
export function subschemasOf(schema: JsonObject, tokens: readonly string[]): readonly Subschema[] {
  return Object.entries(schema).flatMap(([name, value]) => {
    const holds = KEYWORDS.get(name)?.holds ?? 'none';
    return value === undefined ? [] : held(holds, value, [...tokens, name]);
  });
}

function held(holds: SchemaHolder, value: Json, tokens: readonly string[]): readonly Subschema[] {
  const children = (): readonly Subschema[] =>
    Object.entries(value as object).map(([key, schema]) => ({
      schema: schema as Json,
      tokens: [...tokens, key],
    }));
  switch (holds) {
    case 'none':
      return [];
    case 'schema':
      return [{ schema: value, tokens }];
    case 'list':
      return Array.isArray(value) ? children() : [];
    case 'schema or list':
      return Array.isArray(value) ? children() : [{ schema: value, tokens }];
    case 'map':
      return isJsonObject(value) ? children() : [];
    case 'map of schemas or names':
      return isJsonObject(value) ? children().filter(({ schema }) => !Array.isArray(schema)) : [];
  }
}

type Report = (tokens: readonly string[], message: string, hint?: string) => void;

function checkKeywords(schema: JsonObject, tokens: readonly string[], error: Report): void {
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    const at = [...tokens, name];
    const keyword = KEYWORDS.get(name);
    const refused = REFUSED_KEYWORDS.get(name);
    if (refused !== undefined) error(at, `the keyword ${name} is not supported`, refused);
    else if (keyword === undefined) {
      error(
        at,
        `there is no keyword ${JSON.stringify(name)} in a JSON Schema`,
        didYouMean(name, [...KEYWORDS.keys()]),
      );
    } else {
      const problem = keyword.problem?.(value) ?? holderProblem(keyword.holds, value);
      if (problem !== undefined) error(at, `${name} must be ${problem}`);
    }
    if (keyword?.holds.startsWith('map') && isJsonObject(value) && Object.hasOwn(value, '__proto__')) {
      error([...at, '__proto__'], 'the key __proto__ cannot be judged');
    }
    if (name === 'pattern' && typeof value === 'string') checkPattern(value, at, error);
    if (name === 'patternProperties' && isJsonObject(value)) {
      for (const pattern of Object.keys(value)) checkPattern(pattern, [...at, pattern], error);
    }
  }
  if (schema['prefixItems'] !== undefined && Array.isArray(schema['items'])) {
    error([...tokens, 'items'], 'items must be a schema where prefixItems is the list');
  }
}

function holderProblem(holds: SchemaHolder, value: Json): string | undefined {
  if (holds === 'list' && !(Array.isArray(value) && value.length > 0))
    return 'a list of schemas that is not empty';
  if (holds.startsWith('map') && !isJsonObject(value)) return 'an object of schemas';
  return undefined;
}

function checkPattern(pattern: string, at: readonly string[], error: Report): void {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    error(at, `the pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
    return;
  }
  try {
    if (RE2JS.compile(pattern).programSize() > MAX_PATTERN_SIZE) {
      error(at, 'the pattern is too large', 'counted repetitions multiply what they repeat');
    }
  } catch (cause) {
    const message =
      cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, '') : String(cause);
    error(at, `RE2 does not read the pattern: ${message}`, 'RE2 has no look-around and no back-references');
  }
}
