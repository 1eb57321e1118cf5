import {
  comparePoints,
  lowestOf,
  PRERELEASE_END,
  type PrereleasePoint,
  type PrereleaseSpan,
  pointAfter,
} from './prerelease-set.ts';
import type { Range } from './range.ts';
import { formatLine, formatRelease, RELEASE_END } from './release-number.ts';
import type { StableSpan } from './stable-set.ts';

/** The range in words, such as `releases from 1.28.0, below 2.0.0; no prereleases`. */
export function describeRange(range: Range): string {
  if (range.stable.length === 0 && range.prerelease.length === 0) return 'no version at all';
  return `${withNoun('release', describeReleases(range))}; ${withNoun('prerelease', describePrereleases(range))}`;
}

/** The releases of the range, to be read after the word "releases": `none`, `all`, or stretches. */
export function describeReleases({ stable }: Range): string {
  return stable.length === 0 ? NONE : stable.map(describeStableSpan).join(', or ');
}

/** The prereleases of the range, to be read after the word "prereleases". */
export function describePrereleases({ prerelease }: Range): string {
  return prerelease.length === 0 ? NONE : prerelease.map(describePrereleaseSpan).join(', or ');
}

const NONE = 'none';
const ALL = 'all';

function withNoun(noun: string, words: string): string {
  if (words === NONE) return `no ${noun}s`;
  return words.startsWith(ALL) ? `${ALL} ${noun}s${words.slice(ALL.length)}` : `${noun}s ${words}`;
}

function describeStableSpan({ from, to }: StableSpan): string {
  if (from + 1n === to) return `exactly ${formatRelease(from)}`;
  if (to === RELEASE_END && from === 0n) return ALL;
  if (to === RELEASE_END) return `from ${formatRelease(from)} on`;
  if (from === 0n) return `below ${formatRelease(to)}`;
  return `from ${formatRelease(from)}, below ${formatRelease(to)}`;
}

function describePrereleaseSpan({ from, to, holes }: PrereleaseSpan): string {
  const except = holes.map((hole) => `${formatLine(hole.line)}.*-${hole.prerelease.join('.')}`).join(', ');
  const stretch = describeStretch(from, to);
  return except === '' ? stretch : `${stretch}, except ${except}`;
}

function describeStretch(from: PrereleasePoint, to: PrereleasePoint): string {
  if (comparePoints(pointAfter(from), to) === 0) return `exactly ${formatPoint(from)}`;
  const isFromStart = comparePoints(from, lowestOf(0n)) === 0;
  if (comparePoints(to, PRERELEASE_END) === 0) return isFromStart ? ALL : `from ${formatPoint(from)} on`;
  return isFromStart ? describeEnd(to) : `from ${formatPoint(from)}, ${describeEnd(to)}`;
}

/** `1.2.4-0` excluded means that the last ones are those of 1.2.3; `2.0.0-0` is the usual way to say below 2. */
function describeEnd(to: PrereleasePoint): string {
  const isWhole = comparePoints(to, lowestOf(to.release)) === 0;
  const isPatch = BigInt.asUintN(64, to.release) > 0n;
  return isWhole && isPatch ? `up to those of ${formatRelease(to.release - 1n)}` : `below ${formatPoint(to)}`;
}

function formatPoint({ release, prerelease }: PrereleasePoint): string {
  return `${formatRelease(release)}-${prerelease.join('.')}`;
}
