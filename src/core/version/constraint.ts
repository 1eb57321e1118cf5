import { type Atom, admitsAtom, type Operator, refusesAtom, type Wildcard } from './atom.ts';
import { rewriteHyphenRanges } from './hyphen-range.ts';
import { formatVersion, parseVersion, type Version } from './version.ts';
import { isSpace, scanVersionText, skipSpace, type VersionText } from './version-text.ts';

/** Comparisons that must all hold. */
export interface AtomGroup {
  readonly atoms: readonly Atom[];
  /** Some operand of the group names a prerelease; otherwise the group refuses every prerelease. */
  readonly admitsPrereleases: boolean;
}

/** A version constraint of Masterminds/semver 3.5: groups of which one must hold. */
export interface Constraint {
  readonly groups: readonly AtomGroup[];
  /** The text that was read. */
  readonly original: string;
}

/** Why a text is no constraint. */
export type ConstraintErrorCode = 'TooLong' | 'TooManyGroups' | 'Empty' | 'Malformed' | 'BadOperand';

export interface ConstraintError {
  readonly code: ConstraintErrorCode;
  readonly message: string;
  /** Index of the character at fault, from 0. */
  readonly position: number;
}

export type ConstraintResult =
  | { readonly ok: true; readonly constraint: Constraint }
  | { readonly ok: false; readonly error: ConstraintError };

/** In characters; the library's own `MaxConstraintLen`. Anything beyond ASCII is malformed, so bytes are the same. */
export const MAX_CONSTRAINT_LENGTH = 512;

/** Parts joined by `||`; the library's own `MaxConstraintGroups`. */
export const MAX_CONSTRAINT_GROUPS = 32;

/** Longest first, so that a spelling is never taken for the beginning of another. */
const SPELLINGS: readonly (readonly [string, Operator])[] = [
  ['!=', '!='],
  ['>=', '>='],
  ['=>', '>='],
  ['<=', '<='],
  ['=<', '<='],
  ['~>', '~'],
  ['=', '='],
  ['>', '>'],
  ['<', '<'],
  ['~', '~'],
  ['^', '^'],
];

/** For a hyphen that makes no range, and for a fault at a character that only the rewriting of one put there. */
const MISPLACED_HYPHEN = 'a hyphen range such as 1.2 - 1.4 must be at the start or follow a comma or ||';

/** Reads a constraint exactly where the library's `NewConstraint` does; the empty text is an error, as it is there. */
export function parseConstraint(text: string): ConstraintResult {
  if (text.length > MAX_CONSTRAINT_LENGTH) {
    const message = `the constraint has ${text.length} characters; at most ${MAX_CONSTRAINT_LENGTH} are read`;
    return { ok: false, error: { code: 'TooLong', message, position: MAX_CONSTRAINT_LENGTH } };
  }
  const rewritten = rewriteHyphenRanges(text);
  const parts = rewritten.text.split('||');
  const place = (at: number): number => rewritten.origins[at] ?? text.length;
  if (parts.length > MAX_CONSTRAINT_GROUPS) {
    const position = place(parts.slice(0, MAX_CONSTRAINT_GROUPS).join('||').length);
    const message = `${parts.length} parts are joined by ||; at most ${MAX_CONSTRAINT_GROUPS} are read`;
    return { ok: false, error: { code: 'TooManyGroups', message, position } };
  }
  const groups: AtomGroup[] = [];
  let offset = 0;
  for (const part of parts) {
    const group = parseGroup(part);
    if ('code' in group) {
      const at = offset + group.position;
      const position = place(at);
      const isHyphen =
        text[position] !== rewritten.text[at] || /^-\s/.test(text.slice(position, position + 2));
      const message = isHyphen ? MISPLACED_HYPHEN : group.message;
      return { ok: false, error: { ...group, position, message } };
    }
    groups.push(group);
    offset += part.length + 2;
  }
  return { ok: true, constraint: { groups, original: text } };
}

/** Whether the version satisfies the constraint: the library's `Check`. */
export function check(constraint: Constraint, version: Version): boolean {
  return constraint.groups.some((group) => groupHolds(group, version));
}

/** Why the version does not satisfy the constraint, a reason per group; undefined when it does. */
export function validate(constraint: Constraint, version: Version): string | undefined {
  if (check(constraint, version)) return undefined;
  const name = formatVersion(version);
  const reasons = new Set<string>();
  for (const group of constraint.groups) {
    if (version.prerelease.length > 0 && !group.admitsPrereleases) {
      const texts = group.atoms.map((atom) => atom.text).join(' ');
      reasons.add(
        `${name} is a prerelease and ${JSON.stringify(texts)} names none, so it admits releases only`,
      );
      continue;
    }
    for (const atom of group.atoms) {
      if (!admitsAtom(atom, version)) reasons.add(`${name} ${refusesAtom(atom)}`);
    }
  }
  return [...reasons].join('; ');
}

function groupHolds(group: AtomGroup, version: Version): boolean {
  if (version.prerelease.length > 0 && !group.admitsPrereleases) return false;
  return group.atoms.every((atom) => admitsAtom(atom, version));
}

function parseGroup(text: string): AtomGroup | ConstraintError {
  const atoms: Atom[] = [];
  let at = skipSpace(text, 0);
  if (at === text.length) {
    return { code: 'Empty', message: 'a comparison is missing here; any version is written *', position: 0 };
  }
  for (;;) {
    const spelling = SPELLINGS.find(([written]) => text.startsWith(written, at));
    const operandAt = spelling === undefined ? at : skipSpace(text, at + spelling[0].length);
    const scanned = scanVersionText(text, operandAt, 'digits-and-wildcards');
    if (scanned === undefined) return malformed(text, operandAt, spelling?.[0]);
    const atom = toAtom(spelling, scanned, text.slice(scanned.start, scanned.end));
    if ('code' in atom) return atom;
    atoms.push(atom);
    const next = skipSpace(text, scanned.end);
    if (next === text.length) break;
    if (text[next] === ',') at = skipSpace(text, next + 1);
    else if (isSpace(text[scanned.end])) at = next;
    else return malformed(text, next, undefined);
  }
  return { atoms, admitsPrereleases: atoms.some((atom) => atom.operand.prerelease.length > 0) };
}

function malformed(text: string, position: number, operator: string | undefined): ConstraintError {
  const found = position < text.length ? JSON.stringify(text[position]) : 'the end';
  const message =
    operator === undefined
      ? `found ${found} where an operator (= != > < >= <= ~ ^), a version such as 1.2.3 or a space is expected`
      : `found ${found} after ${operator}, where a version such as 1.2.3 or 1.x is expected`;
  return { code: 'Malformed', message, position };
}

function toAtom(
  spelling: readonly [string, Operator] | undefined,
  scanned: VersionText,
  written: string,
): Atom | ConstraintError {
  const wildcard = findWildcard(scanned.numbers);
  const suffix = scanned.prerelease === '' ? '' : `-${scanned.prerelease}`;
  const [major, minor] = scanned.numbers;
  const filled = {
    none: written,
    major: `0.0.0${suffix}`,
    minor: `${major}.0.0${suffix}`,
    patch: `${major}.${minor}.0${suffix}`,
  }[wildcard];
  const operand = parseVersion(filled);
  if (!operand.ok) {
    const message = `${JSON.stringify(written)} is no version: ${operand.error.message}`;
    return { code: 'BadOperand', message, position: scanned.start };
  }
  return {
    operator: spelling?.[1] ?? '=',
    operand: operand.version,
    wildcard,
    text: `${spelling?.[0] ?? ''}${written}`,
  };
}

function findWildcard(numbers: readonly string[]): Wildcard {
  const index = [0, 1, 2].findIndex((place) => /^[xX*]?$/.test(numbers[place] ?? ''));
  return (['major', 'minor', 'patch'] as const)[index] ?? 'none';
}
