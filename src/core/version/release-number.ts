import type { Version } from './version.ts';

/**
 * A release `major.minor.patch` as one integer, each part taking 64 bits: the order of releases is the order of
 * integers, and adding 1 to the largest patch carries into the minor, which is the next release.
 */
export type ReleaseNumber = bigint;

const PART_BITS = 64n;

/** One past the largest release, `(2^64-1).(2^64-1).(2^64-1)`. */
export const RELEASE_END: ReleaseNumber = 1n << 192n;

export function toReleaseNumber({
  major,
  minor,
  patch,
}: Pick<Version, 'major' | 'minor' | 'patch'>): ReleaseNumber {
  return (major << (2n * PART_BITS)) | (minor << PART_BITS) | patch;
}

/** The text of a release number below {@link RELEASE_END}. */
export function formatRelease(release: ReleaseNumber): string {
  return `${minorLineOf(release) >> PART_BITS}.${part(minorLineOf(release))}.${part(release)}`;
}

/** `major.minor` as one integer: what all patches of a minor share. */
export function minorLineOf(release: ReleaseNumber): bigint {
  return release >> PART_BITS;
}

/** The text `major.minor` of a line. */
export function formatLine(line: bigint): string {
  return `${line >> PART_BITS}.${part(line)}`;
}

/** The first patch of a line; of the line after it, with `line + 1n`. */
export function firstOfLine(line: bigint): ReleaseNumber {
  return line << PART_BITS;
}

/** The first release of the major that the release belongs to, and of the major after it. */
export function majorSpanOf(release: ReleaseNumber): {
  readonly from: ReleaseNumber;
  readonly to: ReleaseNumber;
} {
  const major = release >> (2n * PART_BITS);
  return { from: major << (2n * PART_BITS), to: (major + 1n) << (2n * PART_BITS) };
}

/** The version that a release number and prerelease identifiers stand for. */
export function toVersion(release: ReleaseNumber, prerelease: readonly string[]): Version {
  const line = minorLineOf(release);
  const original = [formatRelease(release), ...(prerelease.length === 0 ? [] : [prerelease.join('.')])].join(
    '-',
  );
  return {
    major: line >> PART_BITS,
    minor: part(line),
    patch: part(release),
    prerelease,
    build: '',
    original,
  };
}

function part(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
