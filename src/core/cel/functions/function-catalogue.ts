import { COLLECTION_FUNCTIONS } from './collection-functions.ts';
import { CONVERSION_FUNCTIONS } from './conversion-functions.ts';
import { arityOf, type CelFunction } from './function-definition.ts';
import { OPTIONAL_FUNCTIONS } from './optional-functions.ts';
import { SEMVER_FUNCTIONS } from './semver-functions.ts';
import { STRING_FUNCTIONS } from './string-functions.ts';
import { TIME_FUNCTIONS } from './time-functions.ts';
import { URL_FUNCTIONS } from './url-functions.ts';

/** All functions, in the order of the reference. The macros (`has`, `all`, ...) are no functions: their arguments are not values. */
export const FUNCTIONS: readonly CelFunction[] = [
  ...COLLECTION_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...CONVERSION_FUNCTIONS,
  ...OPTIONAL_FUNCTIONS,
  ...TIME_FUNCTIONS,
  ...SEMVER_FUNCTIONS,
  ...URL_FUNCTIONS,
];

/** Key of a function in {@link FUNCTION_BY_CALL}; the receiver of a method counts as an argument. */
export function callKey(kind: CelFunction['kind'], name: string, args: number): string {
  return `${kind} ${name} ${args}`;
}

/** By the way it is called. */
export const FUNCTION_BY_CALL: ReadonlyMap<string, CelFunction> = new Map(
  FUNCTIONS.map((entry) => [callKey(entry.kind, entry.name, arityOf(entry)), entry]),
);
