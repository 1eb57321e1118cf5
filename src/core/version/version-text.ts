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

/** Bits of {@link classOf}: a version text is read one character at a time, thousands of times for a large index. */
const DIGIT = 1;
const WILDCARD = 2;
const IDENTIFIER = 4;
const SPACE = 8;

const CLASSES = new Uint8Array(128);
for (let code = 0; code < CLASSES.length; code += 1) {
  const character = String.fromCharCode(code);
  if (/[0-9]/.test(character)) CLASSES[code] = DIGIT | IDENTIFIER;
  else if (/[A-Za-z-]/.test(character)) CLASSES[code] = IDENTIFIER;
  if (/[xX*|]/.test(character)) CLASSES[code] = (CLASSES[code] ?? 0) | WILDCARD;
  if (/[\t\n\f\r ]/.test(character)) CLASSES[code] = SPACE;
}

/** 0 beyond ASCII and beyond the end. */
function classOf(text: string, at: number): number {
  return CLASSES[text.charCodeAt(at)] ?? 0;
}

/** White space as Go's `\s` has it: no vertical tab, nothing beyond ASCII. */
export function isSpace(character: string | undefined): boolean {
  return character !== undefined && classOf(character, 0) === SPACE;
}

/** The index of the first character at or after `from` that is not white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (classOf(text, at) === SPACE) at += 1;
  return at;
}

/** The longest version text that begins exactly at `start`, or undefined when none does. */
export function scanVersionText(
  text: string,
  start: number,
  numberClass: NumberClass,
): VersionText | undefined {
  const digit = numberClass === 'digits' ? DIGIT : DIGIT | WILDCARD;
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

function runEnd(text: string, from: number, allowed: number): number {
  let at = from;
  while ((classOf(text, at) & allowed) !== 0) at += 1;
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
