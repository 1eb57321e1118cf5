import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';

/**
 * A copy of a schema with a text at the option that a path leads to: `charts[].name`, `<kind>` for any key, the empty path for the whole. A
 * path that leads nowhere changes nothing.
 */
export function withDescription(schema: JsonObject, path: string, text: string): JsonObject {
  const parts = path
    .replaceAll('[]', '.[]')
    .split('.')
    .filter((part) => part !== '');
  return describe(schema, parts, text) ?? schema;
}

/** Whether the path leads somewhere in the schema. */
export function leadsSomewhere(schema: JsonObject, path: string): boolean {
  const parts = path
    .replaceAll('[]', '.[]')
    .split('.')
    .filter((part) => part !== '');
  return describe(schema, parts, 'x') !== undefined;
}

function describe(
  schema: Json | undefined,
  [part, ...rest]: readonly string[],
  text: string,
): JsonObject | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (part === undefined) return { ...schema, description: text };
  const inner = (key: string, value: Json | undefined): JsonObject | undefined => {
    const changed = describe(value, rest, text);
    return changed === undefined ? undefined : { ...schema, [key]: changed };
  };
  const own = part === '[]' ? inner('items', schema['items']) : inMember(schema, part, rest, text);
  return own ?? inBranches(schema, [part, ...rest], text);
}

function inMember(
  schema: JsonObject,
  part: string,
  rest: readonly string[],
  text: string,
): JsonObject | undefined {
  const { properties, additionalProperties } = schema;
  if (/^<.*>$/.test(part)) {
    if (isJsonObject(additionalProperties)) {
      const changed = describe(additionalProperties, rest, text);
      return changed === undefined ? undefined : { ...schema, additionalProperties: changed };
    }
    if (!isJsonObject(properties)) return undefined;
    const entries = Object.entries(properties).map(
      ([key, value]) => [key, describe(value, rest, text) ?? value] as const,
    );
    return { ...schema, properties: Object.fromEntries(entries) };
  }
  if (!isJsonObject(properties) || !Object.hasOwn(properties, part)) return undefined;
  const changed = describe(properties[part], rest, text);
  return changed === undefined ? undefined : { ...schema, properties: { ...properties, [part]: changed } };
}

/** Options of combined schemas stand in one of their branches. */
function inBranches(schema: JsonObject, parts: readonly string[], text: string): JsonObject | undefined {
  for (const word of ['anyOf', 'oneOf', 'allOf']) {
    const list = schema[word];
    if (!Array.isArray(list)) continue;
    const branches = (list as readonly Json[]).map((branch) => describe(branch, parts, text));
    if (branches.every((branch) => branch === undefined)) continue;
    return {
      ...schema,
      [word]: branches.map((branch, index) => branch ?? (list as readonly Json[])[index] ?? null),
    };
  }
  for (const word of ['then', 'else']) {
    const changed = describe(schema[word], parts, text);
    if (changed !== undefined) return { ...schema, [word]: changed };
  }
  return undefined;
}
