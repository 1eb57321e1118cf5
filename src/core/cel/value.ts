/**
 * Values of CEL in memory.
 *
 * JSON stays as it came, also its lists and objects, however large: a number in it becomes an `int` or a `double` at the moment that it
 * is read (`fromJson`), so that nothing is copied. Lists and maps that an expression builds are of their own classes, which is how the
 * 1 of a JSON list (an int) and the 1.0 of `[1.0]` (a double) stay apart.
 */
import type { Json, JsonObject } from '../json/json.ts';
import { Duration, Timestamp } from './time-value.ts';

export type Value =
  | null
  | boolean
  | string
  /** An int: 64 bits, signed. */
  | bigint
  /** A double. */
  | number
  | List
  | CelMap
  | JsonObject
  | Timestamp
  | Duration
  | TypeValue
  | Optional
  | UnknownFact;

export type List = readonly Json[] | CelList;
export type MapKey = string | bigint | boolean;

/** A list that an expression has built. */
export class CelList {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** A map that an expression has built, or that holds more than JSON. */
export class CelMap {
  readonly entries: ReadonlyMap<MapKey, Value>;

  constructor(entries: ReadonlyMap<MapKey, Value>) {
    this.entries = entries;
  }
}

/** What `type(x)` gives, and the names of types. */
export class TypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What `.?` and `[?]` give: a value, or none. */
export class Optional {
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

export const NONE: Optional = new Optional(undefined);

/** Stands where a value is not known; to read it is an UnknownFactError. */
export class UnknownFact {
  /** What is not known, as the subject of a sentence: `the source HelmRepository team/app`. */
  readonly what: string;
  /** Why, in a word or two. */
  readonly why: string;

  constructor(what: string, why: string) {
    this.what = what;
    this.why = why;
  }
}

export const MAX_INT: bigint = 2n ** 63n - 1n;
export const MIN_INT: bigint = -(2n ** 63n);

/** A JSON value as CEL sees it: a whole number is an int, and one that 64 bits cannot hold a double. */
export function fromJson(json: Json): Value {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (typeof json === 'bigint') return json >= MIN_INT && json <= MAX_INT ? json : Number(json);
  return json;
}

export type Kind =
  | 'null_type'
  | 'bool'
  | 'string'
  | 'int'
  | 'double'
  | 'list'
  | 'map'
  | 'google.protobuf.Timestamp'
  | 'google.protobuf.Duration'
  | 'type'
  | 'optional_type';

/** The type of a value, in CEL's own words. */
export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    default:
      if (value === null) return 'null_type';
      if (isList(value)) return 'list';
      if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
      if (value instanceof Duration) return 'google.protobuf.Duration';
      if (value instanceof TypeValue) return 'type';
      return value instanceof Optional ? 'optional_type' : 'map';
  }
}

export function isList(value: Value): value is List {
  return Array.isArray(value) || value instanceof CelList;
}

/** Whether a value is a map; a JSON object is told from the classes of this file by its prototype, whatever its keys are. */
export function isMap(value: Value): value is CelMap | JsonObject {
  if (value instanceof CelMap) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return isPlain(value);
}

function isPlain(value: object): value is JsonObject {
  return !(
    value instanceof CelList ||
    value instanceof Timestamp ||
    value instanceof Duration ||
    value instanceof TypeValue ||
    value instanceof Optional ||
    value instanceof UnknownFact
  );
}
