/** Warnings and messages are single lines of at most 200 runes; the API server drops or cuts others without a word. */
export const MAX_SHORT_TEXT = 200;

/** Control characters, line and paragraph separators, and marks that change the direction of text. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const PLAIN = /^[\u0020-\u007e]*$/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text as one printable line of at most `limit` code points, with `...` where it was cut. */
export function shortText(text: string, limit: number = MAX_SHORT_TEXT): string {
  if (text.length <= limit && PLAIN.test(text)) return text;
  // Looking at a bounded prefix keeps this constant for megabyte inputs: each code point has at most two units.
  const runes = Array.from(text.slice(0, limit * 2 + 2));
  const cut = runes.length > limit ? `${runes.slice(0, limit - 3).join('')}...` : runes.join('');
  return cut.replaceAll(UNPRINTABLE, ' ').replaceAll(LONE_SURROGATE, '\ufffd');
}
