import type { Atom } from './constraint.ts';
import { comparePrerelease } from './prerelease.ts';
import { compareVersions, type Version } from './version.ts';

/**
 * Whether the version satisfies one comparison, a prerelease being judged like any other version.
 *
 * The rules are the library's, with what surprises in them: `>1` is above all of 1.x, but `<=*` and `^*` take `*`
 * as 0.0; `!=*` excludes 0.0.0 only; `!=1.2.x` excludes releases only, and with a prerelease named only that
 * prerelease of every patch.
 */
export function admitsAtom(atom: Atom, version: Version): boolean {
  const { operand, wildcard } = atom;
  switch (atom.operator) {
    case '<':
      return compareVersions(version, operand) < 0;
    case '>=':
      return compareVersions(version, operand) >= 0;
    case '=':
      return wildcard === 'none' ? compareVersions(version, operand) === 0 : isWithinTilde(atom, version);
    case '~':
      return isWithinTilde(atom, version);
    case '!=':
      return !isExcluded(atom, version);
    case '>':
      return isAbove(atom, version);
    case '<=':
      return isAtMost(atom, version);
    case '^':
      return isWithinCaret(atom, version);
  }
}

/** What to say of a version that fails the comparison, to be read after the version's name. */
export function refusesAtom(atom: Atom): string {
  const quoted = JSON.stringify(atom.text);
  switch (atom.operator) {
    case '<':
      return `is not below the bound of ${quoted}`;
    case '<=':
      return `is above the bound of ${quoted}`;
    case '>':
      return `is not above the bound of ${quoted}`;
    case '>=':
      return `is below the bound of ${quoted}`;
    case '!=':
      return `is excluded by ${quoted}`;
    case '=':
    case '~':
    case '^':
      return `is outside ${quoted}`;
  }
}

function isWithinTilde({ operand, wildcard }: Atom, version: Version): boolean {
  if (compareVersions(version, operand) < 0) return false;
  const zero = operand.major === 0n && operand.minor === 0n && operand.patch === 0n;
  if (zero && (wildcard === 'none' || wildcard === 'major')) return true;
  return version.major === operand.major && (wildcard === 'minor' || version.minor === operand.minor);
}

function isExcluded({ operand, wildcard }: Atom, version: Version): boolean {
  if (wildcard === 'minor') return version.major === operand.major;
  if (wildcard === 'patch') {
    if (version.major !== operand.major || version.minor !== operand.minor) return false;
    return comparePrerelease(version.prerelease, operand.prerelease) === 0;
  }
  return compareVersions(version, operand) === 0;
}

function isAbove({ operand, wildcard }: Atom, version: Version): boolean {
  if (wildcard === 'none' || wildcard === 'major') return compareVersions(version, operand) > 0;
  if (version.major !== operand.major) return version.major > operand.major;
  return wildcard === 'patch' && version.minor > operand.minor;
}

function isAtMost({ operand, wildcard }: Atom, version: Version): boolean {
  if (wildcard === 'none') return compareVersions(version, operand) <= 0;
  if (version.major !== operand.major) return version.major < operand.major;
  return wildcard === 'minor' || version.minor <= operand.minor;
}

function isWithinCaret({ operand, wildcard }: Atom, version: Version): boolean {
  if (compareVersions(version, operand) < 0 || version.major !== operand.major) return false;
  if (operand.major > 0n || wildcard === 'minor') return true;
  if (version.minor !== operand.minor) return false;
  if (operand.minor > 0n || wildcard === 'patch') return true;
  return version.patch === operand.patch;
}
