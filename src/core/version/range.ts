import { toAtomRange } from './atom-range.ts';
import type { Constraint } from './constraint.ts';
import {
  ALL_PRERELEASES,
  containsPoint,
  findOutside,
  intersectPrereleases,
  type PrereleaseSet,
  unitePrereleases,
} from './prerelease-set.ts';
import { toReleaseNumber, toVersion } from './release-number.ts';
import {
  ALL_STABLE,
  intersectStable,
  normaliseStable,
  type StableSet,
  subtractStable,
} from './stable-set.ts';
import type { Version } from './version.ts';

/**
 * A set of versions, releases and prereleases apart.
 *
 * Both are needed since a constraint admits prereleases per group: `>=1.28.0 <2.0.0` refuses 2.0.0-rc.1 whereas
 * `>=1.30.0-0 >=1.28.0 <2.0.0` admits it, so joining two texts by a space is not their intersection.
 */
export interface Range {
  readonly stable: StableSet;
  readonly prerelease: PrereleaseSet;
}

/** Whether one range lies within another, with a version that shows it when not. */
export type SubsetResult =
  | { readonly subset: true }
  | { readonly subset: false; readonly counterExample: Version };

/** The range that admits no version. */
export const EMPTY_RANGE: Range = { stable: [], prerelease: [] };

/** Every version that the constraint admits. */
export function toRange(constraint: Constraint): Range {
  return constraint.groups.reduce<Range>((range, group) => {
    const atoms = group.atoms.map(toAtomRange);
    const stable = atoms.reduce<StableSet>((set, atom) => intersectStable(set, atom.stable), ALL_STABLE);
    if (!group.admitsPrereleases) return union(range, { stable, prerelease: [] });
    const prerelease = atoms.reduce(
      (set, atom) => intersectPrereleases(set, atom.prerelease),
      ALL_PRERELEASES,
    );
    return union(range, { stable, prerelease });
  }, EMPTY_RANGE);
}

export function contains(range: Range, version: Version): boolean {
  const release = toReleaseNumber(version);
  if (version.prerelease.length === 0)
    return range.stable.some(({ from, to }) => from <= release && release < to);
  return containsPoint(range.prerelease, { release, prerelease: version.prerelease });
}

export function intersect(left: Range, right: Range): Range {
  return {
    stable: intersectStable(left.stable, right.stable),
    prerelease: intersectPrereleases(left.prerelease, right.prerelease),
  };
}

export function union(left: Range, right: Range): Range {
  return {
    stable: normaliseStable([...left.stable, ...right.stable]),
    prerelease: unitePrereleases(left.prerelease, right.prerelease),
  };
}

export function isEmpty(range: Range): boolean {
  return range.stable.length === 0 && range.prerelease.length === 0;
}

/**
 * Whether every version of `left` is in `right`, over all releases up to the library's 2^64-1 and all prereleases.
 *
 * The counter-example is a release where one exists, from the highest stretch outside: the highest match is what
 * gets installed. Prereleases are taken to be of any length; one beyond 256 characters, which no library reads, is
 * named only by a constraint whose own operand is about as long.
 */
export function isSubset(left: Range, right: Range): SubsetResult {
  const stable = subtractStable(left.stable, right.stable).at(-1);
  if (stable !== undefined) return { subset: false, counterExample: toVersion(stable.from, []) };
  const point = findOutside(left.prerelease, right.prerelease);
  if (point === undefined) return { subset: true };
  return { subset: false, counterExample: toVersion(point.release, point.prerelease) };
}

/** Whether both admit the same versions. */
export function isEqualRange(left: Range, right: Range): boolean {
  return isSubset(left, right).subset && isSubset(right, left).subset;
}
