import { namesSecret } from '../../core/audit/redact.ts';

/** A longer line is looked at up to here and masked behind it: a frame shows a hundred columns. */
const MAX_LINE = 10_000;

/** `key: value` as YAML and JSON write it. A value without quotes may hold commas, so it counts up to the end of the line. */
const MEMBER =
  /(?<![A-Za-z0-9_.-])(?<key>[A-Za-z0-9_.-]+)(?:["']?[ \t]*:[ \t]+|":)(?:[&!][^ \t]+[ \t]+)*(?=(?<value>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?|[^\s&#|>].*))/dg;
const USERINFO = /\/\/(?<value>[^/?#\s@"']+)@/dg;
const CREDENTIAL = /\b(?:bearer|basic)[ \t]+(?<value>[A-Za-z0-9._~+/=-]{8,})/dgi;
const NO_SECRET = /^(?:true|false|null|~)\s*(?:[,}\]#]|$)/i;

/**
 * A line of a file with `*` in the place of what looks like a secret: the value of a key that names one, the user part of a URL, an
 * HTTP credential. Columns stay, so that a caret below the line still points right.
 */
export function maskSecrets(line: string): string {
  const spans: (readonly [start: number, end: number])[] = [];
  const shown = line.slice(0, MAX_LINE);
  for (const { groups, indices } of shown.matchAll(MEMBER)) {
    const { key = '', value = '' } = groups ?? {};
    const span = indices?.groups?.['value'];
    if (span !== undefined && namesSecret(key) && !NO_SECRET.test(value)) spans.push(span);
  }
  for (const pattern of [USERINFO, CREDENTIAL]) {
    for (const { indices } of shown.matchAll(pattern)) {
      const span = indices?.groups?.['value'];
      if (span !== undefined) spans.push(span);
    }
  }
  if (line.length > MAX_LINE) spans.push([MAX_LINE, line.length]);
  let masked = line;
  for (const [start, end] of spans) {
    masked = masked.slice(0, start) + '*'.repeat(end - start) + masked.slice(end);
  }
  return masked;
}
