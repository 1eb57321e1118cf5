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
  return `${describeReleases(range)}; ${describePrereleases(range)}`;
}

/** The releases of the range in words. */
export function describeReleases(range: Range): string {
  if (range.stable.length === 0) return 'no releases';
  const only = range.stable[0];
  if (only?.from === 0n && only.to === RELEASE_END) return 'every release';
  return `releases ${range.stable.map(describeStableSpan).join(', or ')}`;
}

/** The prereleases of the range in words. */
export function describePrereleases(range: Range): string {
  if (range.prerelease.length === 0) return 'no prereleases';
  const stretches = range.prerelease.map(describePrereleaseSpan).join(', or ');
  return stretches.startsWith(EVERY) ? stretches : `prereleases ${stretches}`;
}

const EVERY = 'every prerelease';

function describeStableSpan({ from, to }: StableSpan): string {
  if (from + 1n === to) return `exactly ${formatRelease(from)}`;
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
  if (comparePoints(to, PRERELEASE_END) === 0) return isFromStart ? EVERY : `from ${formatPoint(from)} on`;
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
