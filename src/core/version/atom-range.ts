import type { Atom } from './constraint.ts';
import {
  ALL_PRERELEASES,
  lowestOf,
  PRERELEASE_END,
  type PrereleasePoint,
  type PrereleaseSet,
  pointAfter,
} from './prerelease-set.ts';
import {
  firstOfLine,
  majorSpanOf,
  minorLineOf,
  type ReleaseNumber,
  toReleaseNumber,
} from './release-number.ts';
import { ALL_STABLE, complementStable, normaliseStable, type StableSet } from './stable-set.ts';
import type { Version } from './version.ts';

/** The versions that one comparison admits, prereleases judged like any other version. */
export interface AtomRange {
  readonly stable: StableSet;
  readonly prerelease: PrereleaseSet;
}

/** A place in the order of all versions: a prerelease, or the release itself, which is above all its prereleases. */
type Place = PrereleasePoint | { readonly release: ReleaseNumber; readonly prerelease: undefined };

/** The interval form of a comparison; `admitsAtom` is the same said as a predicate. */
export function toAtomRange(atom: Atom): AtomRange {
  const { operand, wildcard } = atom;
  const at = placeOf(operand);
  switch (atom.operator) {
    case '<':
      return between(lowestOf(0n), at);
    case '>=':
      return between(at, PRERELEASE_END);
    case '=':
      return wildcard === 'none' ? between(at, placeAfter(at)) : tilde(atom);
    case '~':
      return tilde(atom);
    case '^':
      return between(at, lowestOf(endOfCaret(atom)));
    case '>':
      if (wildcard === 'none' || wildcard === 'major') return between(placeAfter(at), PRERELEASE_END);
      return between(lowestOf(endOfWildcard(atom)), PRERELEASE_END);
    case '<=':
      if (wildcard === 'none') return between(lowestOf(0n), placeAfter(at));
      return between(lowestOf(0n), lowestOf(endOfWildcard(atom)));
    case '!=':
      return except(atom);
  }
}

function tilde(atom: Atom): AtomRange {
  const at = placeOf(atom.operand);
  const open = at.release === 0n && (atom.wildcard === 'none' || atom.wildcard === 'major');
  return between(at, open ? PRERELEASE_END : lowestOf(endOfWildcard(atom)));
}

function except({ operand, wildcard }: Atom): AtomRange {
  const at = placeOf(operand);
  if (wildcard === 'minor') {
    const { from, to } = majorSpanOf(at.release);
    return outside(lowestOf(from), lowestOf(to));
  }
  if (wildcard !== 'patch') return outside(at, placeAfter(at));
  const line = minorLineOf(at.release);
  if (operand.prerelease.length === 0) {
    const excluded = { from: firstOfLine(line), to: firstOfLine(line + 1n) };
    return { stable: complementStable([excluded]), prerelease: ALL_PRERELEASES };
  }
  const holes = [{ line, prerelease: operand.prerelease }];
  return { stable: ALL_STABLE, prerelease: [{ from: lowestOf(0n), to: PRERELEASE_END, holes }] };
}

/** The first release after all that the written numbers cover: of the next major for `1.x`, else of the next minor. */
function endOfWildcard({ operand, wildcard }: Atom): ReleaseNumber {
  const release = toReleaseNumber(operand);
  return wildcard === 'minor' ? majorSpanOf(release).to : firstOfLine(minorLineOf(release) + 1n);
}

/** The first release beyond the leftmost number that is not 0, or that is a wildcard. */
function endOfCaret({ operand, wildcard }: Atom): ReleaseNumber {
  const release = toReleaseNumber(operand);
  if (operand.major > 0n || wildcard === 'minor') return majorSpanOf(release).to;
  if (operand.minor > 0n || wildcard === 'patch') return firstOfLine(minorLineOf(release) + 1n);
  return release + 1n;
}

function placeOf(version: Version): Place {
  const release = toReleaseNumber(version);
  return { release, prerelease: version.prerelease.length === 0 ? undefined : version.prerelease };
}

function placeAfter(place: Place): Place {
  return place.prerelease === undefined ? lowestOf(place.release + 1n) : pointAfter(place);
}

/** The first prerelease at or above the place. */
function firstPrerelease(place: Place): PrereleasePoint {
  return place.prerelease === undefined ? lowestOf(place.release + 1n) : place;
}

function between(from: Place, to: Place): AtomRange {
  return { stable: normaliseStable([{ from: from.release, to: to.release }]), prerelease: spanOf(from, to) };
}

function outside(from: Place, to: Place): AtomRange {
  return {
    stable: complementStable(normaliseStable([{ from: from.release, to: to.release }])),
    prerelease: [...spanOf(lowestOf(0n), from), ...spanOf(to, PRERELEASE_END)],
  };
}

function spanOf(from: Place, to: Place): PrereleaseSet {
  const first = firstPrerelease(from);
  const end = firstPrerelease(to);
  const isEmpty = first.release === end.release && first.prerelease.join('.') === end.prerelease.join('.');
  return isEmpty ? [] : [{ from: first, to: end, holes: [] }];
}
