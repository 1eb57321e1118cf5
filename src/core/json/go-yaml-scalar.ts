import { resolveGoYamlScalar } from './go-yaml-resolve.ts';

/** How go-yaml v2 writes one scalar. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

/** What go-yaml looks at before it chooses a style for a string. */
export interface ScalarShape {
  /** Holds a line break of any kind that YAML 1.1 knows. */
  readonly multiline: boolean;
  readonly plainAllowed: boolean;
  readonly singleAllowed: boolean;
  readonly literalAllowed: boolean;
}

/** YAML 1.1 base 60 numbers: go-yaml reads them as strings but quotes them for readers that do not. */
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;

/** Line breaks of YAML 1.1: CR, LF, NEL, LS, PS. */
const BREAK = /[\r\n\u0085\u2028\u2029]/;

/** Characters that go-yaml never writes as they are: controls (tab too), the byte order mark, and all beyond the BMP. */
// oxlint-disable-next-line no-control-regex -- the control characters are the point
const UNPRINTABLE = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

const INDICATOR_FIRST = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:[ \t]|$))/;
const INDICATOR_INSIDE = /[^]:(?:[ \t]|$)|[ \t\r\n\u0085\u2028\u2029\0]#/;

/** Classifies a string; `text` must be well-formed UTF-16. */
export function shapeOf(text: string): ScalarShape {
  if (text === '')
    return { multiline: false, plainAllowed: true, singleAllowed: true, literalAllowed: false };
  const multiline = BREAK.test(text);
  const unprintable = UNPRINTABLE.test(text);
  const spaceBeforeBreak = / [\r\n\u0085\u2028\u2029]/.test(text);
  const spaceAfterBreak = /[\r\n\u0085\u2028\u2029] /.test(text);
  const blankEdge = text.startsWith(' ') || text.endsWith(' ');
  const fragile = spaceBeforeBreak || unprintable;
  return {
    multiline,
    plainAllowed:
      !fragile && !multiline && !blankEdge && !INDICATOR_FIRST.test(text) && !INDICATOR_INSIDE.test(text),
    singleAllowed: !fragile && !spaceAfterBreak,
    literalAllowed: !fragile && !text.endsWith(' '),
  };
}

/** Chooses the style for a string value. `simpleKey` is a mapping key written on one line before its colon. */
export function styleOf(text: string, shape: ScalarShape, simpleKey: boolean): ScalarStyle {
  if (text.includes('\n')) return shape.literalAllowed && !simpleKey ? 'literal' : 'double';
  if (resolveGoYamlScalar(text).kind !== 'string' || BASE_60.test(text)) return 'double';
  if (simpleKey && shape.multiline) return 'double';
  if (shape.plainAllowed) return 'plain';
  return shape.singleAllowed ? 'single' : 'double';
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '\\0'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\x1b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0085', '\\N'],
  ['\u00a0', '\\_'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);

/**
 * One character as it stands between double quotes. `escapeAll` holds for every character of a text that begins
 * with a byte order mark: go-yaml asks that of the text instead of the character.
 */
export function escapeDoubleQuoted(char: string, escapeAll: boolean): string {
  const known = ESCAPES.get(char);
  if (known !== undefined && (escapeAll || char !== '\u00a0')) return known;
  if (!escapeAll && !UNPRINTABLE.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** A float as Go's `FormatFloat(value, 'g', -1, 64)` prints it, in YAML's spelling of the special values. */
export function formatGoFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  if (Object.is(value, -0)) return '-0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  // Go's shortest form turns to the exponent notation below 10^-4 and from 10^6 on.
  if (power < -4 || power >= 6) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return value.toString();
}
