import type { Json } from './json.ts';

/**
 * Beyond what JSON itself escapes: DEL, the C1 controls (one of them starts terminal sequences), line and paragraph separators, and
 * marks that turn or hide text (bidirectional controls, zero-width characters, byte order mark).
 */
const UNSAFE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * One text for one value: keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript prints them (RFC 8785), integers beyond 2^53
 * as their digits, absent members left out. Apart from RFC 8785, characters that a terminal or an editor would act on are
 * escaped, so that the text is one harmless line. Recursive: for values whose depth was limited before.
 */
export function canonicalJson(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return printNumber(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${quote(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** A number that overflowed when it was read prints as one that overflows again; JSON has no word for it. */
function printNumber(value: number): string {
  if (Number.isFinite(value)) return JSON.stringify(value);
  return value < 0 ? '-1e999' : '1e999';
}

/** Most strings: printable ASCII without quote and backslash, which need no escaping at all. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(UNSAFE, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
