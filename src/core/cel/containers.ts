/** Lists and maps, whether they are JSON or were built by an expression. */
import type { JsonObject } from '../json/json.ts';
import type { Run } from './run.ts';
import { CelList, CelMap, fromJson, type List, type MapKey, type Value } from './value.ts';

export function listSize(list: List): number {
  return list instanceof CelList ? list.items.length : list.length;
}

/** The item at an index that the list has. */
export function listItem(list: List, index: number): Value {
  return list instanceof CelList ? (list.items[index] ?? null) : fromJson(list[index] ?? null);
}

/** All items; pays for each. */
export function listItems(run: Run, list: List): readonly Value[] {
  run.charge(listSize(list));
  return list instanceof CelList ? list.items : list.map(fromJson);
}

/** Keys in the order of the map; pays for each. */
export function mapKeys(run: Run, map: CelMap | JsonObject): readonly Value[] {
  const keys = map instanceof CelMap ? [...map.entries.keys()] : definedKeys(map);
  run.charge(keys.length);
  return keys;
}

export function mapSize(run: Run, map: CelMap | JsonObject): number {
  return map instanceof CelMap ? map.entries.size : mapKeys(run, map).length;
}

function definedKeys(object: JsonObject): readonly string[] {
  return Object.keys(object).filter((key) => object[key] !== undefined);
}

/** The value of a key; undefined when there is none. A JSON object has keys of text only. */
export function mapValue(map: CelMap | JsonObject, key: Value): Value | undefined {
  if (map instanceof CelMap) {
    const own = asKey(key);
    return own === undefined ? undefined : map.entries.get(own);
  }
  if (typeof key !== 'string' || !Object.hasOwn(map, key)) return undefined;
  const value = map[key];
  return value === undefined ? undefined : fromJson(value);
}

/** A value as a key: a double that is whole counts as the int. */
function asKey(key: Value): MapKey | undefined {
  if (typeof key === 'number') return Number.isSafeInteger(key) ? BigInt(key) : undefined;
  return typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean' ? key : undefined;
}
