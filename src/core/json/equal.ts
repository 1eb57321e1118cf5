import { isJsonObject, type Json } from './json.ts';

/**
 * Whether two JSON values are the same: the order of keys does not count, the order of list items does. A key whose
 * value is undefined counts as absent.
 */
export function isEqualJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqualJson(item, right[index]));
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    const keys = definedKeys(left);
    return (
      keys.length === definedKeys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && isEqualJson(left[key], right[key]))
    );
  }
  return false;
}

function definedKeys(object: { readonly [key: string]: Json | undefined }): readonly string[] {
  return Object.keys(object).filter((key) => object[key] !== undefined);
}
