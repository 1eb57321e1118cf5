import { parseUint64 } from './uint64.ts';

/**
 * Orders two lists of prerelease identifiers as Masterminds/semver 3.5 does: numbers by value and below all other
 * identifiers, others by their ASCII bytes, a longer list above its own prefix.
 *
 * A number over 2^64-1 counts as text there, which npm's `compareIdentifiers` (floating point) cannot express; hence
 * an order of our own. The empty list is below every other one: a release is told apart by the caller.
 */
export function comparePrerelease(left: readonly string[], right: readonly string[]): -1 | 0 | 1 {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left[index];
    const b = right[index];
    if (a === b) continue;
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    return compareIdentifier(a, b);
  }
  return 0;
}

function compareIdentifier(a: string, b: string): -1 | 1 {
  const x = parseUint64(a);
  const y = parseUint64(b);
  if (x !== undefined && y !== undefined) return x < y ? -1 : 1;
  if (x !== undefined) return -1;
  if (y !== undefined) return 1;
  return a < b ? -1 : 1;
}
