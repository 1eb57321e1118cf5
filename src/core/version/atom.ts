import { comparePrerelease } from './prerelease.ts';
import { compareVersions, type Version } from './version.ts';

/** The operators with their alternative spellings resolved: `=>` is `>=`, `=<` is `<=`, `~>` is `~`, none is `=`. */
export type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^';

/**
 * The leftmost number of an operand that is absent or a wildcard. What follows it is ignored, except a prerelease:
 * `1.x.7-rc` is `1.x-rc`.
 */
export type Wildcard = 'none' | 'major' | 'minor' | 'patch';

/** One comparison, such as `>=1.2`. */
export interface Atom {
  readonly operator: Operator;
  /** The operand, with 0 for what is absent or a wildcard. */
  readonly operand: Version;
  readonly wildcard: Wildcard;
  /** As written, white space left out. */
  readonly text: string;
}

/**
 * Whether the version satisfies one comparison, a prerelease being judged like any other version.
 *
 * The rules are the library's, with what surprises in them: `>1` is above all of 1.x, but `<=*` and `^*` take `*`
 * as 0.0; `!=*` excludes 0.0.0 only; `!=1.2.x` excludes releases only, and with a prerelease named only that
 * prerelease of every patch.
 */
export function admitsAtom(atom: Atom, version: Version): boolean {
  return ADMITS[atom.operator](atom, version);
}

/** What to say of a version that fails the comparison, to be read after the version's name. */
export function refusesAtom(atom: Atom): string {
  return `${REFUSES[atom.operator]} ${JSON.stringify(atom.text)}`;
}

const ADMITS: Readonly<Record<Operator, (atom: Atom, version: Version) => boolean>> = {
  '<': ({ operand }, version) => compareVersions(version, operand) < 0,
  '>=': ({ operand }, version) => compareVersions(version, operand) >= 0,
  '=': (atom, version) =>
    atom.wildcard === 'none' ? compareVersions(version, atom.operand) === 0 : isWithinTilde(atom, version),
  '~': isWithinTilde,
  '!=': (atom, version) => !isExcluded(atom, version),
  '>': isAbove,
  '<=': isAtMost,
  '^': isWithinCaret,
};

const REFUSES: Readonly<Record<Operator, string>> = {
  '<': 'is not below the bound of',
  '<=': 'is above the bound of',
  '>': 'is not above the bound of',
  '>=': 'is below the bound of',
  '!=': 'is excluded by',
  '=': 'is outside',
  '~': 'is outside',
  '^': 'is outside',
};

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
