import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import type { FieldDefault, FieldGroup, FieldList, FieldNode, WrittenObject } from './field-defaults.ts';

/** API versions from old to new; a field with `since` exists from that one on. */
const VERSION_ORDER = ['v2beta1', 'v2beta2', 'v2', 'v1beta1', 'v1beta2', 'v1'];

/** What a walk through an object needs everywhere. */
export interface Filling {
  readonly written: WrittenObject;
  readonly version: string;
  /** Takes the pointers of everything that is filled in, groups included. */
  readonly origins: Map<string, 'api' | 'controller'>;
}

/**
 * The object with everything filled in that a group of a table says, and without what the API does not keep: null (no field of
 * the API may be null, so it counts as absent) and fields that the version does not have. What needs no change is shared.
 *
 * `made` says that the group itself is filled in: the schema's defaults act only in what somebody wrote.
 */
export function fillGroup(
  group: FieldGroup,
  value: JsonObject,
  at: string,
  filling: Filling,
  made = false,
): JsonObject {
  const kept = withoutUnkept(group, value, filling.version);
  let result: Record<string, Json | undefined> | undefined;
  for (const [key, node] of Object.entries(group.fields)) {
    const written = Object.hasOwn(kept, key) ? kept[key] : undefined;
    const filled = fillNode(node, written, kept, `${at}/${key}`, filling, made);
    if (filled === undefined || filled === written) continue;
    result ??= { ...kept };
    result[key] = filled;
  }
  return result === undefined ? kept : Object.freeze(result);
}

/** Without null, and without fields that the version does not have. */
function withoutUnkept({ fields }: FieldGroup, value: JsonObject, version: string): JsonObject {
  const isKept = (key: string): boolean => {
    const node = Object.hasOwn(fields, key) ? fields[key] : undefined;
    return value[key] !== null && (node === undefined || isInVersion(node, version));
  };
  if (Object.keys(value).every(isKept)) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).filter(([key]) => isKept(key))));
}

function fillNode(
  node: FieldNode,
  value: Json | undefined,
  beside: JsonObject,
  at: string,
  filling: Filling,
  made: boolean,
): Json | undefined {
  switch (node.is) {
    case 'field':
      return fillField(node, value, beside, at, filling, made);
    case 'list':
      return Array.isArray(value) ? fillList(node, value as readonly Json[], at, filling) : value;
    case 'group': {
      if (isJsonObject(value)) return fillGroup(node, value, at, filling);
      if (value !== undefined || !node.made) return value;
      const group = fillGroup(node, {}, at, filling, true);
      filling.origins.set(at, 'controller');
      return group;
    }
  }
}

function fillField(
  field: FieldDefault,
  value: Json | undefined,
  beside: JsonObject,
  at: string,
  { written, origins }: Filling,
  made: boolean,
): Json | undefined {
  const empty = field.emptyIsAbsent && value === '';
  if (value !== undefined && !empty) return value;
  const filled = field.value(written, beside);
  if (filled === undefined) return value;
  origins.set(at, field.by === 'api' && !made && !empty ? 'api' : 'controller');
  return filled;
}

/** A list whose items are all complete stays the same list. */
function fillList({ item }: FieldList, list: readonly Json[], at: string, filling: Filling): readonly Json[] {
  const filled = list.map((entry, index) =>
    isJsonObject(entry) ? fillGroup(item, entry, `${at}/${index}`, filling) : entry,
  );
  return filled.some((entry, index) => entry !== list[index]) ? Object.freeze(filled) : list;
}

function isInVersion({ since }: FieldNode, version: string): boolean {
  if (since === undefined) return true;
  const at = VERSION_ORDER.indexOf(version);
  return at === -1 || at >= VERSION_ORDER.indexOf(since);
}
