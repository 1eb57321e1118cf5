import type { Atom, Operator, Wildcard } from './atom.ts';
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
  return RANGES[atom.operator](atom);
}

const START = lowestOf(0n);

const RANGES: Readonly<Record<Operator, (atom: Atom) => AtomRange>> = {
  '<': ({ operand }) => between(START, placeOf(operand)),
  '>=': ({ operand }) => between(placeOf(operand), PRERELEASE_END),
  '=': (atom) => (atom.wildcard === 'none' ? exactly(placeOf(atom.operand)) : tilde(atom)),
  '~': tilde,
  '!=': except,
  '>': ({ operand, wildcard }) => {
    const isPlace = wildcard === 'none' || wildcard === 'major';
    const from = isPlace ? placeAfter(placeOf(operand)) : lowestOf(endOfWildcard(operand, wildcard));
    return between(from, PRERELEASE_END);
  },
  '<=': ({ operand, wildcard }) => {
    const isPlace = wildcard === 'none';
    return between(
      START,
      isPlace ? placeAfter(placeOf(operand)) : lowestOf(endOfWildcard(operand, wildcard)),
    );
  },
  '^': (atom) => between(placeOf(atom.operand), lowestOf(endOfCaret(atom))),
};

function exactly(place: Place): AtomRange {
  return between(place, placeAfter(place));
}

function tilde(atom: Atom): AtomRange {
  const at = placeOf(atom.operand);
  const open = at.release === 0n && (atom.wildcard === 'none' || atom.wildcard === 'major');
  return between(at, open ? PRERELEASE_END : lowestOf(endOfWildcard(atom.operand, atom.wildcard)));
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
  return { stable: ALL_STABLE, prerelease: [{ from: START, to: PRERELEASE_END, holes }] };
}

/** The first release after all that the written numbers cover: of the next major for `1.x`, else of the next minor. */
function endOfWildcard(operand: Version, wildcard: Wildcard): ReleaseNumber {
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
    prerelease: [...spanOf(START, from), ...spanOf(to, PRERELEASE_END)],
  };
}

function spanOf(from: Place, to: Place): PrereleaseSet {
  const first = firstPrerelease(from);
  const end = firstPrerelease(to);
  const isEmpty = first.release === end.release && first.prerelease.join('.') === end.prerelease.join('.');
  return isEmpty ? [] : [{ from: first, to: end, holes: [] }];
}
