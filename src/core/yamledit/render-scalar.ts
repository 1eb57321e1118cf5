import { shapeOf, styleOf } from '../json/go-yaml-scalar.ts';
import type { Json } from '../json/json.ts';
import { stringifyJson } from '../json/stringify.ts';

/** Where a scalar stands: in block context, in a flow collection of YAML, or in JSON. */
export type ScalarPlace = 'block' | 'flow' | 'json';

export type WrittenStyle = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE';

/**
 * A scalar as YAML that YAML 1.1 and 1.2 readers (go-yaml and this one) understand alike, on one line. The style of what stood there is
 * kept where it can hold the text.
 */
export function renderScalar(
  value: Json,
  place: ScalarPlace,
  quote: '"' | "'",
  written: WrittenStyle = 'PLAIN',
): string {
  if (typeof value !== 'string') return stringifyJson(value);
  if (place === 'json') return doubleQuoted(value);
  if (written === 'PLAIN' && isPlain(value, place)) return value;
  // Of two ways to quote, the one that needs no escapes.
  const free = value.includes('"') && !value.includes("'") ? "'" : quote;
  const wanted = written === 'PLAIN' ? free : written === 'QUOTE_SINGLE' ? "'" : '"';
  const { singleAllowed, multiline } = shapeOf(value.toWellFormed());
  return wanted === "'" && singleAllowed && !multiline && value.isWellFormed()
    ? `'${value.replaceAll("'", "''")}'`
    : doubleQuoted(value);
}

/** Whether a text may stand without quotes and is a text to every reader: no number, no `yes`, no time of day. */
function isPlain(text: string, place: ScalarPlace): boolean {
  if (!text.isWellFormed() || styleOf(text, shapeOf(text), false) !== 'plain') return false;
  if (!Number.isNaN(Number(text)) || text === '<<' || text === '=') return false;
  return place === 'block' || !/[[\]{},]/.test(text);
}

/** JSON's escapes are among those of YAML; what YAML does not let stand as itself is escaped too. */
function doubleQuoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
