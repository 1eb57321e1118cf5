import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';

/**
 * What a schema says about a part of the values that is merged over others later: whatever this refuses, the schema refuses in the
 * merged values as well. Reads and gives schemas without references, as `inlineReferences` makes them.
 *
 * In the merged values a scalar or a list of the part stands as it is, and an object has at least its keys. So what asks for more
 * keys, or for an alternative, cannot be judged and is left out; what limits keys and what judges scalars and lists stays, the whole
 * schema of a list's items among it.
 */
export function partialSchema(schema: Json): Json {
  if (!isJsonObject(schema)) return schema;
  const parts = Object.entries(schema).flatMap(([name, value]): readonly JsonObject[] =>
    value === undefined ? [] : partOf(name, value),
  );
  const { allOf = [], ...rest } = Object.assign(
    {},
    ...parts.filter((part) => !('allOf' in part)),
  ) as JsonObject;
  const all = [
    ...(allOf as readonly Json[]),
    ...parts.flatMap((part) => (part['allOf'] ?? []) as readonly Json[]),
  ];
  return all.length === 0 ? rest : { ...rest, allOf: all };
}

/** These say something about keys that the part does not have, or about an object as a whole. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['required', 'minProperties', 'dependencies'],
  ...['anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
]);

function partOf(name: string, value: Json): readonly JsonObject[] {
  if (LEFT_OUT.has(name)) return [];
  if (name === 'allOf') return [{ allOf: (value as readonly Json[]).map(partialSchema) }];
  if (name === 'enum' || name === 'const') {
    const choices: readonly Json[] = name === 'enum' ? (value as readonly Json[]) : [value];
    // An object may still grow to be one of those listed.
    const mayGrow = choices.some(isJsonObject);
    return mayGrow ? [{ allOf: [{ anyOf: [{ [name]: value }, { type: 'object' }] }] }] : [{ [name]: value }];
  }
  if ((name === 'properties' || name === 'patternProperties') && isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, part]): [string, Json | undefined] => [
      key,
      part === undefined ? undefined : partialSchema(part),
    ]);
    return [{ [name]: Object.fromEntries(entries) }];
  }
  return [{ [name]: name === 'additionalProperties' ? partialSchema(value) : value }];
}
