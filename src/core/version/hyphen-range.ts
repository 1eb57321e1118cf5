import { isSpace, scanVersionText, skipSpace } from './version-text.ts';

/** A constraint text without hyphen ranges. */
export interface Rewritten {
  readonly text: string;
  /** For each character of `text`, the index that it has, or stands for, in the text given. */
  readonly origins: readonly number[];
}

/**
 * Turns each `A - B` into `>= A, <= B ` before anything else is read, as the library does.
 *
 * That it works on the text has effects which are part of the meaning: it takes the white space before `A` away and
 * adds a space after `B`, so `1.0 2 - 3` is invalid while `1.0, 2 - 3` and `2 - 3 1.0` are valid; and since numbers
 * may hold `|`, `1||2 - 3` reads `>= 1 || 2, <= 3`.
 *
 * The library takes the leftmost place where `A` can begin. Within the word before the hyphen only two places can
 * lead to a valid constraint: the start of its last comma-separated piece, or the `v` after its last `||`. From any
 * other place `>=` would follow a character that is no separator, so leaving the hyphen where it is has the same
 * effect: the constraint is invalid. This keeps the search linear.
 */
export function rewriteHyphenRanges(source: string): Rewritten {
  const characters: string[] = [];
  const origins: number[] = [];
  const add = (text: string, origin: number, moves: boolean): void => {
    for (let index = 0; index < text.length; index += 1) {
      characters.push(text[index] as string);
      origins.push(moves ? origin + index : origin);
    }
  };
  let done = 0;
  for (let hyphen = source.indexOf('-'); hyphen !== -1; hyphen = source.indexOf('-', hyphen + 1)) {
    if (hyphen < done || !isSpace(source[hyphen - 1]) || !isSpace(source[hyphen + 1])) continue;
    const low = findLow(source, done, hyphen);
    const high = scanVersionText(source, skipSpace(source, hyphen + 1), 'digits-and-wildcards');
    if (low === undefined || high === undefined) continue;
    let before = low.start;
    while (before > done && isSpace(source[before - 1])) before -= 1;
    add(source.slice(done, before), done, true);
    add('>= ', low.start, false);
    add(source.slice(low.start, low.end), low.start, true);
    add(', <= ', high.start, false);
    add(source.slice(high.start, high.end), high.start, true);
    add(' ', high.end - 1, false);
    done = skipSpace(source, high.end);
  }
  add(source.slice(done), done, true);
  return { text: characters.join(''), origins };
}

function findLow(source: string, from: number, hyphen: number): { start: number; end: number } | undefined {
  let end = hyphen;
  while (end > from && isSpace(source[end - 1])) end -= 1;
  let piece = end;
  while (piece > from && !isSpace(source[piece - 1]) && source[piece - 1] !== ',') piece -= 1;
  const starts = [piece];
  const afterOr = source.slice(piece, end).lastIndexOf('||v');
  if (afterOr !== -1) starts.push(piece + afterOr + 2);
  for (const start of starts) {
    if (scanVersionText(source, start, 'digits-and-wildcards')?.end === end) return { start, end };
  }
  return undefined;
}
