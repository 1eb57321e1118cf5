import { shortText } from './short-text.ts';

/** An error in a text file, with the place that it is about. Lines and columns count from 1. */
export interface LocatedError {
  /** Path as the caller named the file. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** One line: what is wrong. */
  readonly message: string;
  /** One line: what to write instead, when that is known. */
  readonly hint?: string;
  /** The line of the file with a caret under the column. */
  readonly frame: string;
}

/** Code points of a message or a hint: both may quote the file, which may hold a word of a mebibyte. */
const MAX_TEXT = 1000;
/** Columns of a line that a frame shows; longer lines are cut around the caret. */
const FRAME_WIDTH = 100;

/** Makes an error with its frame from the file's text. */
export function locatedError(
  source: { readonly file: string; readonly text: string },
  place: { readonly line: number; readonly column: number },
  message: string,
  hint?: string,
): LocatedError {
  const text = shortText(message, MAX_TEXT);
  const error = { file: source.file, line: place.line, column: place.column, message: text };
  const frame = frameOf(source.text, place);
  return hint === undefined ? { ...error, frame } : { ...error, hint: shortText(hint, MAX_TEXT), frame };
}

/** `file:line:column: message`, the hint, and the frame, as a terminal shows it. */
export function formatLocatedError(error: LocatedError): string {
  const hint = error.hint === undefined ? '' : ` (${error.hint})`;
  return `${error.file}:${error.line}:${error.column}: ${error.message}${hint}\n${error.frame}`;
}

/** The line at a place and a caret below it: `  12 | spec: x` over `     |       ^`. */
export function frameOf(text: string, place: { readonly line: number; readonly column: number }): string {
  const line = (text.split(/\r?\n/, place.line).at(place.line - 1) ?? '').replaceAll('\t', ' ');
  const start = place.column > FRAME_WIDTH ? place.column - FRAME_WIDTH / 2 : 0;
  const shown = Array.from(line.slice(start, start + FRAME_WIDTH), visible).join('');
  const number = String(place.line).padStart(4);
  const caret = ' '.repeat(Math.max(0, place.column - 1 - start));
  return `${number} | ${shown}\n${' '.repeat(number.length)} | ${caret}^`;
}

/** Control characters in a file must not reach a terminal as such. */
function visible(character: string): string {
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(character)
    ? '\ufffd'
    : character;
}
