/** Regular expressions in RE2's syntax, matched in time linear in the text. */
import { RE2JS } from 're2js';
import { CelError } from './cel-error.ts';
import { MAX_COMPUTED_PATTERN_LENGTH, MAX_PATTERN_LENGTH, MAX_PATTERN_SIZE } from './limits.ts';
import type { Run } from './run.ts';

export interface Pattern {
  readonly regex: RE2JS;
  /** Instructions of the program: what one character of text may have to be tried against. */
  readonly size: number;
}

export type PatternResult =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly problem: string };

/** The last computed pattern: within a comprehension it is mostly the same one. More would keep up to 8 MiB of RE2's states each. */
let last: { readonly text: string; readonly result: PatternResult } | undefined;

/** Compiles a pattern. */
export function compilePattern(text: string): PatternResult {
  if (text.length > MAX_PATTERN_LENGTH)
    return { ok: false, problem: `the pattern is longer than ${MAX_PATTERN_LENGTH} characters` };
  try {
    const regex = RE2JS.compile(text);
    const size = regex.programSize();
    if (size > MAX_PATTERN_SIZE)
      return { ok: false, problem: `the pattern repeats too much: it expands to ${size} steps` };
    return { ok: true, pattern: { regex, size } };
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'invalid';
    return { ok: false, problem: `the pattern is not RE2: ${message}` };
  }
}

/** A pattern that the expression has computed; throws when it is none. */
export function computedPattern(run: Run, text: string): Pattern {
  if (text.length > MAX_COMPUTED_PATTERN_LENGTH)
    throw new CelError(`a computed pattern may have ${MAX_COMPUTED_PATTERN_LENGTH} characters`);
  run.charge(compilationCost(text));
  if (last?.text !== text) last = { text, result: compilePattern(text) };
  const { result } = last;
  if (!result.ok) throw new CelError(result.problem);
  return result.pattern;
}

/**
 * A bound for the work of compiling, known before it is done: each character may be repeated as often as the largest number in braces
 * says, which RE2 holds to 1,000 also for braces within braces. An instruction takes about 0.5 us to compile, as long as 20 nodes.
 */
function compilationCost(text: string): number {
  const repeats = [...text.matchAll(/[0-9]+/g)].map(([digits]) => Math.min(Number(digits), 1_000));
  const most = text.includes('{') ? repeats.reduce((a, b) => Math.max(a, b), 1) : 1;
  return 20 * text.length * Math.max(1, most);
}

/** Whether the pattern fits somewhere in the text; pays for each character and each 32 instructions that it may meet. */
export function matchesPattern(run: Run, { regex, size }: Pattern, text: string): boolean {
  run.charge(1 + text.length * Math.ceil(size / 32));
  return regex.test(text);
}
