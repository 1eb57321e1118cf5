import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPointer, parsePointer, valueAt } from '../json/pointer.ts';
import { subschemasOf } from './check-json-schema.ts';
import { KEYWORDS, METER_KEYWORD } from './json-schema-keywords.ts';
import type { RuleContext } from './rule-definition.ts';

/**
 * Schemas after each reference was replaced by what it leads to. ajv takes 0.15 ms of a processor to compile each, and a policy's schema
 * is compiled twice: half a second of a load at most.
 */
export const MAX_SCHEMAS = 2000;
/** Nesting of schemas; values nest under half of it. */
const MAX_DEPTH = 64;

/** Thrown and caught in this file only, after the error was reported. */
class InlineError extends Error {}

/**
 * A schema without references, in the words of draft 7: `prefixItems`, `dependentRequired` and `dependentSchemas` become what that draft
 * calls them, notes and definitions are left out, and each schema has a keyword that counts its use. The schema has passed
 * `checkJsonSchema`. Undefined after an error was reported: a reference that leads elsewhere or to itself, or more than
 * {@link MAX_SCHEMAS} schemas.
 *
 * Without recursion the work of judging a value is bounded by its size times the size of this.
 */
export function inlineReferences(
  schema: Json,
  at: readonly string[],
  context: RuleContext,
): Json | undefined {
  const places = schemaPlaces(schema);
  let count = 0;
  const fail = (tokens: readonly string[], message: string, hint?: string): never => {
    context.error([...at, ...tokens], message, hint);
    throw new InlineError();
  };
  const inline = (part: Json, tokens: readonly string[], within: readonly string[], depth: number): Json => {
    count += 1;
    if (count > MAX_SCHEMAS || depth > MAX_DEPTH) {
      fail(tokens, `the schema has more than ${MAX_SCHEMAS} parts, or nests deeper than ${MAX_DEPTH}`);
    }
    if (!isJsonObject(part)) return part;
    const child = (value: Json, ...path: readonly string[]): Json =>
      inline(value, [...tokens, ...path], within, depth + 1);
    const copy = translate(part, child);
    const reference = part['$ref'];
    if (typeof reference !== 'string') return copy;
    const target = parseReference(reference);
    const place = target === undefined ? '' : formatPointer(target);
    if (target === undefined) {
      fail(
        [...tokens, '$ref'],
        `${JSON.stringify(reference)} leads out of the schema`,
        'write #/definitions/name',
      );
    } else if (!places.has(place)) {
      fail([...tokens, '$ref'], `${JSON.stringify(reference)} leads to no schema`);
    } else if (within.includes(place)) {
      fail(
        [...tokens, '$ref'],
        `${JSON.stringify(reference)} leads back to itself`,
        'recursive schemas are not supported',
      );
    } else {
      const found = inline(valueAt(schema, target) as Json, target, [...within, place], depth + 1);
      return { ...copy, allOf: [...((copy['allOf'] ?? []) as readonly Json[]), found] };
    }
    return copy;
  };
  try {
    return inline(schema, [], [''], 0);
  } catch (error) {
    if (error instanceof InlineError) return undefined;
    throw error;
  }
}

/** Pointers of all schemas in a schema. */
function schemaPlaces(root: Json): ReadonlySet<string> {
  const places = new Set<string>();
  const pending = [{ schema: root, tokens: [] as readonly string[] }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    places.add(formatPointer(item.tokens));
    if (!isJsonObject(item.schema)) continue;
    for (const child of subschemasOf(item.schema, item.tokens)) pending.push(child);
  }
  return places;
}

/** Tokens of `#/definitions/name`; undefined for what does not stay in the file. */
function parseReference(reference: string): readonly string[] | undefined {
  if (!reference.startsWith('#')) return undefined;
  try {
    return parsePointer(decodeURIComponent(reference.slice(1)));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['title', 'description', 'default', 'examples', '$comment', 'deprecated', 'readOnly', 'writeOnly'],
  ...['$schema', '$ref', 'definitions', '$defs'],
  ...['prefixItems', 'dependentRequired', 'dependentSchemas'],
]);

function translate(schema: JsonObject, child: (value: Json, ...path: readonly string[]) => Json): JsonObject {
  const own = Object.entries(schema).flatMap(([name, value]): readonly (readonly [string, Json])[] =>
    value === undefined || LEFT_OUT.has(name) ? [] : [[name, translateKeyword(name, value, child)]],
  );
  const copy: JsonObject = Object.fromEntries(own);
  const { prefixItems, dependentRequired, dependentSchemas } = schema;
  const dependencies = [
    ...(dependentRequired === undefined ? [] : [{ dependencies: dependentRequired }]),
    ...(isJsonObject(dependentSchemas)
      ? [{ dependencies: mapOf(dependentSchemas, (value, key) => child(value, 'dependentSchemas', key)) }]
      : []),
  ];
  const { items, allOf = [], ...rest } = copy;
  const all = [...(allOf as readonly Json[]), ...dependencies];
  return {
    ...rest,
    [METER_KEYWORD]: true,
    ...(all.length === 0 ? {} : { allOf: all }),
    ...(Array.isArray(prefixItems)
      ? {
          items: prefixItems.map((value: Json, index) => child(value, 'prefixItems', String(index))),
          ...(items === undefined ? {} : { additionalItems: items }),
        }
      : items === undefined
        ? {}
        : { items }),
  };
}

function translateKeyword(
  name: string,
  value: Json,
  child: (value: Json, ...path: readonly string[]) => Json,
): Json {
  const holds = KEYWORDS.get(name)?.holds ?? 'none';
  if (holds === 'none') return value;
  if (Array.isArray(value)) return value.map((part: Json, index) => child(part, name, String(index)));
  if (!holds.startsWith('map')) return child(value, name);
  if (!isJsonObject(value)) return value;
  return mapOf(value, (part, key) => (Array.isArray(part) ? part : child(part, name, key)));
}

function mapOf(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  const entries = Object.entries(object).flatMap(([key, value]): readonly (readonly [string, Json])[] =>
    value === undefined ? [] : [[key, change(value, key)]],
  );
  return Object.fromEntries(entries);
}
