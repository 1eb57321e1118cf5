import { comparePrerelease } from './prerelease.ts';
import { firstOfLine, minorLineOf, RELEASE_END, type ReleaseNumber } from './release-number.ts';

/** A prerelease: its release and its identifiers, of which there is at least one. */
export interface PrereleasePoint {
  readonly release: ReleaseNumber;
  readonly prerelease: readonly string[];
}

/** The same prerelease of every patch of a minor left out, which is what `!=1.2.x-rc` means. */
export interface Hole {
  /** `major.minor`, see `minorLineOf`. */
  readonly line: bigint;
  readonly prerelease: readonly string[];
}

/** The prereleases from `from` up to, but without, `to`, less those that a hole names. */
export interface PrereleaseSpan {
  readonly from: PrereleasePoint;
  readonly to: PrereleasePoint;
  readonly holes: readonly Hole[];
}

/** A set of prereleases: spans that are not empty, ascend and do not overlap, each with the holes that lie in it. */
export type PrereleaseSet = readonly PrereleaseSpan[];

/** The lowest prerelease of a release: `0` is below every other identifier. */
export function lowestOf(release: ReleaseNumber): PrereleasePoint {
  return { release, prerelease: ['0'] };
}

export const PRERELEASE_END: PrereleasePoint = lowestOf(RELEASE_END);

export const ALL_PRERELEASES: PrereleaseSet = [{ from: lowestOf(0n), to: PRERELEASE_END, holes: [] }];

/** The point right after: nothing lies between `1.0.0-rc` and `1.0.0-rc.0`. */
export function pointAfter(point: PrereleasePoint): PrereleasePoint {
  return { release: point.release, prerelease: [...point.prerelease, '0'] };
}

export function comparePoints(left: PrereleasePoint, right: PrereleasePoint): -1 | 0 | 1 {
  if (left.release !== right.release) return left.release < right.release ? -1 : 1;
  return comparePrerelease(left.prerelease, right.prerelease);
}

export function containsPoint(set: PrereleaseSet, point: PrereleasePoint): boolean {
  const span = set.find(({ from, to }) => comparePoints(from, point) <= 0 && comparePoints(point, to) < 0);
  return span !== undefined && !isInHole(span.holes, point);
}

export function intersectPrereleases(left: PrereleaseSet, right: PrereleaseSet): PrereleaseSet {
  return normalise(
    overlay(left, right).flatMap(({ from, to, left: a, right: b }) =>
      a === undefined || b === undefined ? [] : [{ from, to, holes: [...a.holes, ...b.holes] }],
    ),
  );
}

export function unitePrereleases(left: PrereleaseSet, right: PrereleaseSet): PrereleaseSet {
  return normalise(
    overlay(left, right).map(({ from, to, left: a, right: b }) => {
      if (a === undefined || b === undefined) return { from, to, holes: (a ?? b)?.holes ?? [] };
      return { from, to, holes: a.holes.filter((hole) => hasHole(b.holes, hole)) };
    }),
  );
}

/** A prerelease of `left` that `right` lacks, the one of the highest span; undefined when there is none. */
export function findOutside(left: PrereleaseSet, right: PrereleaseSet): PrereleasePoint | undefined {
  for (const { from, to, left: a, right: b } of overlay(left, right).reverse()) {
    if (a === undefined) continue;
    if (b === undefined) {
      const point = findPoint({ from, to, holes: a.holes });
      if (point !== undefined) return point;
      continue;
    }
    for (const hole of b.holes) {
      if (hasHole(a.holes, hole)) continue;
      const point = findHolePoint(hole, from, to);
      if (point !== undefined) return point;
    }
  }
  return undefined;
}

/**
 * A point of the span, `-rc.1` where that is one, since people know it; undefined when the holes leave none.
 * Points in immediate succession are tried: at most one of them per hole is missing.
 */
function findPoint({ from, to, holes }: PrereleaseSpan): PrereleasePoint | undefined {
  const familiar = { release: from.release, prerelease: ['rc', '1'] };
  if (comparePoints(from, familiar) <= 0 && comparePoints(familiar, to) < 0 && !isInHole(holes, familiar)) {
    return familiar;
  }
  let point = from;
  while (comparePoints(point, to) < 0) {
    if (!isInHole(holes, point)) return point;
    point = pointAfter(point);
  }
  return undefined;
}

function findHolePoint(hole: Hole, from: PrereleasePoint, to: PrereleasePoint): PrereleasePoint | undefined {
  const first = firstOfLine(hole.line);
  let release = first > from.release ? first : from.release;
  if (comparePoints({ release, prerelease: hole.prerelease }, from) < 0) release += 1n;
  const point = { release, prerelease: hole.prerelease };
  return minorLineOf(release) === hole.line && comparePoints(point, to) < 0 ? point : undefined;
}

interface Piece {
  readonly from: PrereleasePoint;
  readonly to: PrereleasePoint;
  readonly left: PrereleaseSpan | undefined;
  readonly right: PrereleaseSpan | undefined;
}

/** Cuts both sets at every bound of either, and says for each piece which spans cover it. */
function overlay(left: PrereleaseSet, right: PrereleaseSet): Piece[] {
  const bounds = [...left, ...right].flatMap(({ from, to }) => [from, to]).sort(comparePoints);
  const pieces: Piece[] = [];
  let l = 0;
  let r = 0;
  for (const [index, from] of bounds.entries()) {
    const to = bounds[index + 1];
    if (to === undefined || comparePoints(from, to) === 0) continue;
    while (isBefore(left[l], from)) l += 1;
    while (isBefore(right[r], from)) r += 1;
    const a = covering(left[l], from);
    const b = covering(right[r], from);
    if (a !== undefined || b !== undefined) pieces.push({ from, to, left: a, right: b });
  }
  return pieces;
}

function isBefore(span: PrereleaseSpan | undefined, point: PrereleasePoint): boolean {
  return span !== undefined && comparePoints(span.to, point) <= 0;
}

function covering(span: PrereleaseSpan | undefined, point: PrereleasePoint): PrereleaseSpan | undefined {
  return span !== undefined && comparePoints(span.from, point) <= 0 ? span : undefined;
}

/** Drops empty pieces and holes outside their piece, and joins pieces that touch where their holes allow it. */
function normalise(spans: readonly PrereleaseSpan[]): PrereleaseSet {
  const result: PrereleaseSpan[] = [];
  for (const { from, to, holes: all } of spans) {
    const holes = uniqueHoles(all.filter((hole) => findHolePoint(hole, from, to) !== undefined));
    if (findPoint({ from, to, holes }) === undefined) continue;
    const last = result.at(-1);
    if (last !== undefined && comparePoints(last.to, from) === 0 && canJoin(last, { from, to, holes })) {
      result[result.length - 1] = { from: last.from, to, holes: uniqueHoles([...last.holes, ...holes]) };
    } else result.push({ from, to, holes });
  }
  return result;
}

function canJoin(left: PrereleaseSpan, right: PrereleaseSpan): boolean {
  const staysOut = (hole: Hole, span: PrereleaseSpan): boolean =>
    hasHole(span.holes, hole) || findHolePoint(hole, span.from, span.to) === undefined;
  return (
    left.holes.every((hole) => staysOut(hole, right)) && right.holes.every((hole) => staysOut(hole, left))
  );
}

function uniqueHoles(holes: readonly Hole[]): readonly Hole[] {
  const sorted = [...holes].sort(compareHoles);
  return sorted.filter((hole, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareHoles(before, hole) !== 0;
  });
}

function compareHoles(left: Hole, right: Hole): -1 | 0 | 1 {
  if (left.line !== right.line) return left.line < right.line ? -1 : 1;
  return comparePrerelease(left.prerelease, right.prerelease);
}

function hasHole(holes: readonly Hole[], hole: Hole): boolean {
  return holes.some((other) => compareHoles(other, hole) === 0);
}

function isInHole(holes: readonly Hole[], point: PrereleasePoint): boolean {
  return (
    holes.length > 0 && hasHole(holes, { line: minorLineOf(point.release), prerelease: point.prerelease })
  );
}
