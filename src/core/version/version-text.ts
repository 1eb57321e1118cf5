/**
 * The lexical part that versions and constraints share: one left-to-right pass, no backtracking.
 *
 * Shape (Masterminds/semver 3.5, `cvRegex` and `looseSemVerRegex`):
 * `v? NUMBER (.NUMBER)? (.NUMBER)? (-IDENTIFIERS)? (+IDENTIFIERS)?`. What may stand in NUMBER differs: digits in a
 * version; digits and the wildcards `x`, `X`, `*` in a constraint, whose class also lets the character `|` in.
 */
export interface VersionText {
  readonly start: number;
  /** Index after the last character. */
  readonly end: number;
  /** The one to three dot-separated numbers as written. */
  readonly numbers: readonly string[];
  /** Without the leading `-`; empty when there is none. */
  readonly prerelease: string;
  /** Without the leading `+`; empty when there is none. */
  readonly build: string;
}

/** Which characters a number may hold. */
export type NumberClass = 'digits' | 'digits-and-wildcards';

const DIGITS = /^[0-9]$/;
const DIGITS_AND_WILDCARDS = /^[0-9xX*|]$/;
const IDENTIFIER = /^[0-9A-Za-z-]$/;
const SPACE = /^[\t\n\f\r ]$/;

/** White space as Go's `\s` has it: no vertical tab, nothing beyond ASCII. */
export function isSpace(character: string | undefined): boolean {
  return character !== undefined && SPACE.test(character);
}

/** The index of the first character at or after `from` that is not white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
}

/** The longest version text that begins exactly at `start`, or undefined when none does. */
export function scanVersionText(
  text: string,
  start: number,
  numberClass: NumberClass,
): VersionText | undefined {
  const digit = numberClass === 'digits' ? DIGITS : DIGITS_AND_WILDCARDS;
  let at = text[start] === 'v' ? start + 1 : start;
  const first = runEnd(text, at, digit);
  if (first === at) return undefined;
  const numbers = [text.slice(at, first)];
  at = first;
  while (numbers.length < 3 && text[at] === '.') {
    const end = runEnd(text, at + 1, digit);
    if (end === at + 1) break;
    numbers.push(text.slice(at + 1, end));
    at = end;
  }
  let prerelease = '';
  if (text[at] === '-') {
    const end = identifiersEnd(text, at + 1);
    prerelease = text.slice(at + 1, end);
    if (prerelease !== '') at = end;
  }
  let build = '';
  if (text[at] === '+') {
    const end = identifiersEnd(text, at + 1);
    build = text.slice(at + 1, end);
    if (build !== '') at = end;
  }
  return { start, end: at, numbers, prerelease, build };
}

function runEnd(text: string, from: number, allowed: RegExp): number {
  let at = from;
  while (at < text.length && allowed.test(text[at] as string)) at += 1;
  return at;
}

/** The end of `IDENTIFIER (.IDENTIFIER)*`; a dot that nothing follows is left out. */
function identifiersEnd(text: string, from: number): number {
  let at = runEnd(text, from, IDENTIFIER);
  if (at === from) return from;
  while (text[at] === '.') {
    const end = runEnd(text, at + 1, IDENTIFIER);
    if (end === at + 1) break;
    at = end;
  }
  return at;
}
