import { comparePrerelease } from './prerelease.ts';
import { parseUint64 } from './uint64.ts';
import { scanVersionText } from './version-text.ts';

/**
 * A semantic version as Masterminds/semver 3.5 `NewVersion` reads it, which is what Helm and Flux compare with.
 *
 * Numbers are `bigint` since the library holds them as `uint64`: the npm package refuses numbers over 2^53.
 */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** The identifiers after `-`; empty for a stable version. */
  readonly prerelease: readonly string[];
  /** The text after `+`; it takes no part in comparison. */
  readonly build: string;
  /** The text that was read. */
  readonly original: string;
}

/** Why a text is no version. */
export type VersionErrorCode = 'TooLong' | 'Empty' | 'Malformed' | 'NumberTooLarge' | 'LeadingZero';

export interface VersionError {
  readonly code: VersionErrorCode;
  readonly message: string;
  /** Index of the character at fault, from 0. */
  readonly position?: number;
}

export type VersionResult =
  | { readonly ok: true; readonly version: Version }
  | { readonly ok: false; readonly error: VersionError };

/** In characters; the library's own `MaxVersionLen`. */
export const MAX_VERSION_LENGTH = 256;

/**
 * Reads a version, filling in what is short (`v1.2` is 1.2.0, `01.2.3` is 1.2.3) as `NewVersion` does. A numeric
 * prerelease identifier with a leading zero stays an error.
 */
export function parseVersion(text: string): VersionResult {
  if (text === '') return failed('Empty', 'the version is empty');
  if (text.length > MAX_VERSION_LENGTH) {
    return failed(
      'TooLong',
      `the version has ${text.length} characters; at most ${MAX_VERSION_LENGTH} are read`,
    );
  }
  const scanned = scanVersionText(text, 0, 'digits');
  if (scanned === undefined) return failed('Malformed', 'a version begins with a number, such as 1.2.3', 0);
  if (scanned.end !== text.length) {
    return failed(
      'Malformed',
      `unexpected ${JSON.stringify(text[scanned.end])} after ${scanned.end} characters`,
      scanned.end,
    );
  }
  const numbers: bigint[] = [];
  for (const digits of scanned.numbers) {
    const value = parseUint64(digits);
    if (value === undefined) {
      return failed(
        'NumberTooLarge',
        `${digits} is over 2^64-1, the largest number in a version`,
        text.indexOf(digits),
      );
    }
    numbers.push(value);
  }
  const prerelease = scanned.prerelease === '' ? [] : scanned.prerelease.split('.');
  for (const identifier of prerelease) {
    if (/^0[0-9]+$/.test(identifier)) {
      const position = text.indexOf(identifier, text.indexOf('-') + 1);
      return failed('LeadingZero', `the numeric prerelease identifier ${identifier} begins with 0`, position);
    }
  }
  const [major = 0n, minor = 0n, patch = 0n] = numbers;
  return { ok: true, version: { major, minor, patch, prerelease, build: scanned.build, original: text } };
}

/** Orders by precedence: build metadata is ignored, a prerelease is below its release. */
export function compareVersions(left: Version, right: Version): -1 | 0 | 1 {
  if (left.major !== right.major) return left.major < right.major ? -1 : 1;
  if (left.minor !== right.minor) return left.minor < right.minor ? -1 : 1;
  if (left.patch !== right.patch) return left.patch < right.patch ? -1 : 1;
  if (left.prerelease.length === 0 || right.prerelease.length === 0) {
    if (left.prerelease.length === right.prerelease.length) return 0;
    return left.prerelease.length === 0 ? 1 : -1;
  }
  return comparePrerelease(left.prerelease, right.prerelease);
}

/** The canonical text, with all three numbers and without the `v`. */
export function formatVersion(version: Version): string {
  const prerelease = version.prerelease.length === 0 ? '' : `-${version.prerelease.join('.')}`;
  const build = version.build === '' ? '' : `+${version.build}`;
  return `${version.major}.${version.minor}.${version.patch}${prerelease}${build}`;
}

function failed(code: VersionErrorCode, message: string, position?: number): VersionResult {
  return { ok: false, error: position === undefined ? { code, message } : { code, message, position } };
}
