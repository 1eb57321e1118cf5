import { MAX_CONSTRAINT_GROUPS, MAX_CONSTRAINT_LENGTH, parseConstraint } from './constraint.ts';
import {
  comparePoints,
  lowestOf,
  PRERELEASE_END,
  type PrereleasePoint,
  type PrereleaseSpan,
  pointAfter,
} from './prerelease-set.ts';
import { isEmpty, isEqualRange, type Range, toRange } from './range.ts';
import {
  firstOfLine,
  formatLine,
  formatRelease,
  majorSpanOf,
  minorLineOf,
  RELEASE_END,
} from './release-number.ts';
import { normaliseStable, type StableSet, type StableSpan, subtractStable } from './stable-set.ts';

/** A constraint text, or why there is none that means exactly this range. */
export type PrintResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: PrintError };

export interface PrintError {
  /** `TooLong`: over the library's limits; `NoExactText`: the grammar cannot say it. */
  readonly code: 'TooLong' | 'NoExactText';
  readonly message: string;
}

/**
 * Atoms spent on the releases that one group of a constraint must leave out; beyond it the text would not fit, since
 * an atom such as `!=1.2.x` and its space take 8 of {@link MAX_CONSTRAINT_LENGTH} characters.
 */
const MAX_EXCLUSIONS = 64n;

/** Releases left out one by one (`!=1.2.3`) rather than by their whole minor (`!=1.2.x`). */
const MAX_SINGLE_EXCLUSIONS = 3n;

/**
 * Writes the range as a constraint that the library reads as exactly this range; the text is read back to make sure.
 *
 * Releases become `>=1.28.0 <2.0.0`, joined by `||`; each stretch of prereleases becomes a group of its own, whose
 * operand names a prerelease, and which must admit no release that the range lacks.
 */
export function printRange(range: Range): PrintResult {
  const groups = isEmpty(range) ? ['<0.0.0'] : printGroups(range);
  if (groups === undefined) {
    return failed('NoExactText', 'it admits prereleases of releases that it refuses, too many to list');
  }
  const text = groups.join(' || ');
  if (text.length > MAX_CONSTRAINT_LENGTH || groups.length > MAX_CONSTRAINT_GROUPS) {
    const size = `${text.length} characters in ${groups.length} parts`;
    return failed(
      'TooLong',
      `it takes ${size}; at most ${MAX_CONSTRAINT_LENGTH} in ${MAX_CONSTRAINT_GROUPS} are read`,
    );
  }
  const back = parseConstraint(text);
  if (!back.ok || !isEqualRange(toRange(back.constraint), range)) {
    return failed('NoExactText', `${JSON.stringify(text)} comes near but means something else`);
  }
  return { ok: true, text };
}

function printGroups(range: Range): string[] | undefined {
  const withPrereleases: string[] = [];
  let covered: StableSet = [];
  for (const span of range.prerelease) {
    const group = printPrereleaseSpan(span, range.stable);
    if (group === undefined) return undefined;
    withPrereleases.push(group.text);
    covered = [...covered, ...group.releases];
  }
  const releasesOnly = joinRuns(range.stable)
    .filter((run) => subtractStable(run.spans, normaliseStable(covered)).length > 0)
    .map(printRun);
  return [...releasesOnly, ...withPrereleases];
}

/** Spans that only a few exclusions separate, to be written as one group. */
interface Run {
  readonly spans: readonly StableSpan[];
  readonly exclusions: readonly string[];
}

function joinRuns(set: StableSet): readonly Run[] {
  const runs: Run[] = [];
  for (const span of set) {
    const last = runs.at(-1);
    const before = last?.spans.at(-1);
    const exclusion =
      before === undefined || isSingle(before) || isSingle(span)
        ? undefined
        : excludeGap(before.to, span.from);
    if (last === undefined || exclusion === undefined) runs.push({ spans: [span], exclusions: [] });
    else
      runs[runs.length - 1] = { spans: [...last.spans, span], exclusions: [...last.exclusions, exclusion] };
  }
  return runs;
}

function isSingle(span: StableSpan): boolean {
  return span.from + 1n === span.to;
}

/** One atom that leaves out the releases from `from` up to, but without, `to`, and no other; undefined when none. */
function excludeGap(from: bigint, to: bigint): string | undefined {
  if (from + 1n === to) return `!=${formatRelease(from)}`;
  const line = minorLineOf(from);
  if (firstOfLine(line) === from && firstOfLine(line + 1n) === to) return `!=${formatLine(line)}.x`;
  const major = majorSpanOf(from);
  if (major.from === from && major.to === to) return `!=${formatRelease(from).split('.')[0]}.x`;
  return undefined;
}

function printRun({ spans, exclusions }: Run): string {
  const first = spans[0];
  const last = spans.at(-1);
  if (first === undefined || last === undefined) return '<0.0.0';
  if (spans.length === 1 && isSingle(first)) return formatRelease(first.from);
  const atoms: string[] = [];
  if (first.from > 0n) atoms.push(`>=${formatRelease(first.from)}`);
  if (last.to < RELEASE_END) atoms.push(`<${formatRelease(last.to)}`);
  atoms.push(...exclusions);
  return atoms.length === 0 ? '*' : atoms.join(' ');
}

/** A group for one stretch of prereleases, and the releases that it admits beside them. */
interface PrereleaseGroup {
  readonly text: string;
  readonly releases: StableSet;
}

function printPrereleaseSpan(span: PrereleaseSpan, stable: StableSet): PrereleaseGroup | undefined {
  const { from, to, holes } = span;
  if (comparePoints(pointAfter(from), to) === 0) return { text: formatPoint(from), releases: [] };
  const endsBelowRelease = canEndBelowRelease(span, stable);
  const withRelease = to.release - 1n;
  const reach = { from: from.release, to: endsBelowRelease ? withRelease : to.release };
  const exclusions: string[] = [];
  let releases = reach.from < reach.to ? [reach] : ([] as StableSet);
  for (const gap of subtractStable(releases, stable)) {
    const excluded = excludeFromGroup(gap);
    if (excluded === undefined) return undefined;
    exclusions.push(...excluded.atoms);
    releases = subtractStable(releases, [excluded.span]);
  }
  const atoms = [printLow(from)];
  if (endsBelowRelease) atoms.push(`<${formatRelease(withRelease)}`);
  else if (comparePoints(to, PRERELEASE_END) < 0) atoms.push(printEnd(to));
  atoms.push(
    ...exclusions,
    ...holes.map((hole) => `!=${formatLine(hole.line)}.x-${hole.prerelease.join('.')}`),
  );
  return { text: atoms.join(' '), releases };
}

/**
 * The end `1.31.1-0`, excluded, stands for all prereleases up to those of 1.31.0: `<1.31.0` says it where the group
 * need not admit 1.31.0 itself, because the range lacks it or a group for releases only is written around it anyway.
 */
function canEndBelowRelease({ from, to }: PrereleaseSpan, stable: StableSet): boolean {
  const isWhole = to.release > from.release && comparePoints(to, lowestOf(to.release)) === 0;
  const release = to.release - 1n;
  if (!isWhole || minorLineOf(release) !== minorLineOf(to.release)) return false;
  const owner = stable.find((span) => span.from <= release && release < span.to);
  return owner === undefined || owner.from < from.release || owner.to > to.release;
}

/** Leaves releases, but no prerelease, out of a group; it may leave out more of their minors than asked. */
function excludeFromGroup(
  gap: StableSpan,
): { readonly atoms: string[]; readonly span: StableSpan } | undefined {
  const atoms: string[] = [];
  if (gap.to - gap.from <= MAX_SINGLE_EXCLUSIONS) {
    for (let release = gap.from; release < gap.to; release += 1n) atoms.push(`!=${formatRelease(release)}`);
    return { atoms, span: gap };
  }
  const first = minorLineOf(gap.from);
  const last = minorLineOf(gap.to - 1n);
  if (last - first >= MAX_EXCLUSIONS) return undefined;
  for (let line = first; line <= last; line += 1n) atoms.push(`!=${formatLine(line)}.x`);
  return { atoms, span: { from: firstOfLine(first), to: firstOfLine(last + 1n) } };
}

/** `>1.0.0-rc.1` reads better than the `>=1.0.0-rc.1.0` that means the same. */
function printLow(point: PrereleasePoint): string {
  const before = pointBefore(point);
  return before === undefined ? `>=${formatPoint(point)}` : `>${formatPoint(before)}`;
}

function printEnd(point: PrereleasePoint): string {
  const before = pointBefore(point);
  return before === undefined ? `<${formatPoint(point)}` : `<=${formatPoint(before)}`;
}

function pointBefore({ release, prerelease }: PrereleasePoint): PrereleasePoint | undefined {
  const before = prerelease.slice(0, -1);
  const isCounted = prerelease.at(-1) === '0' && /^[0-9]+$/.test(before.at(-1) ?? '');
  return isCounted ? { release, prerelease: before } : undefined;
}

function formatPoint({ release, prerelease }: PrereleasePoint): string {
  return `${formatRelease(release)}-${prerelease.join('.')}`;
}

function failed(code: PrintError['code'], message: string): PrintResult {
  return { ok: false, error: { code, message: `no constraint text means exactly this range: ${message}` } };
}
