import type { Json } from '../json/json.ts';
import { parsePath } from '../json/path.ts';
import type { WorkMeter } from './work-meter.ts';

/** A path in values, `auth.password`, `users.*.token`; a `*` part stands for any one key or index. */
export interface ValuePath {
  readonly text: string;
  readonly tokens: readonly string[];
}

/** JSON Schema of a list of paths. */
export const VALUE_PATHS_SCHEMA = {
  type: 'array',
  minItems: 1,
  maxItems: 100,
  items: {
    type: 'string',
    minLength: 1,
    maxLength: 512,
    description: 'A path in the values, image.tag; * stands for one key or index.',
  },
} as const;

/** Reads a dotted path, or a JSON pointer for keys with dots; undefined when it is neither. */
export function parseValuePath(text: string): ValuePath | undefined {
  const tokens = parsePath(text);
  return tokens === undefined ? undefined : { text, tokens };
}

/** Whether a place in values is the path's, or lies below it. */
export function coversPlace({ tokens }: ValuePath, place: readonly string[]): boolean {
  return (
    tokens.length <= place.length && tokens.every((token, index) => token === '*' || token === place[index])
  );
}

/** Steps of one value looked at, most of them for its place. */
const STEPS_PER_VALUE = 20;

/** The places that a path leads to in values, at most `limit` of them. Looks at each value once at most, and charges it to `work`. */
export function findPlaces(
  values: Json,
  { tokens }: ValuePath,
  limit: number,
  work?: WorkMeter,
): readonly (readonly string[])[] {
  const places: (readonly string[])[] = [];
  const pending: { readonly value: Json; readonly place: readonly string[] }[] = [
    { value: values, place: [] },
  ];
  for (let item = pending.pop(); item !== undefined && places.length < limit; item = pending.pop()) {
    const { value, place } = item;
    const token = tokens[place.length];
    if (token === undefined) places.push(place);
    else if (typeof value === 'object' && value !== null) {
      const keys =
        token === '*' ? Object.keys(value).toReversed() : Object.hasOwn(value, token) ? [token] : [];
      for (const key of keys) {
        const child = (value as Readonly<Record<string, Json | undefined>>)[key];
        if (child !== undefined) pending.push({ value: child, place: [...place, key] });
      }
      work?.charge(keys.length * STEPS_PER_VALUE);
    }
  }
  return places;
}
