import { compareBytewise, compareGoYamlKeys } from './go-yaml-key-order.ts';
import { escapeDoubleQuoted, formatGoFloat, type ScalarStyle, shapeOf, styleOf } from './go-yaml-scalar.ts';
import { isJsonObject, type Json } from './json.ts';

/** go-yaml folds a scalar at the first single space after this column (characters, counted from 0). */
const BEST_WIDTH = 80;

/** A key whose UTF-8 text is longer than this is written in the explicit form, `? key`. */
const MAX_SIMPLE_KEY_BYTES = 128;

const INDENT = 2;

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

export interface GoYamlOptions {
  /**
   * `natural` (the default) is what sigs.k8s.io/yaml's Marshal writes: go-yaml's own key order. `bytewise` is what
   * Flux hashes for a release's `configDigest`: keys by their UTF-8 bytes.
   */
  readonly keyOrder?: 'natural' | 'bytewise';
}

/**
 * Writes a JSON value as go-yaml v2 does, byte for byte: block style, two spaces, lists not indented under their
 * key, YAML 1.1 quoting, long texts folded after column 80, a newline at the end.
 *
 * Numbers: a `number` without fraction that fits int64 or uint64 is written as an integer, any other as Go's
 * shortest float; a `bigint` outside both ranges becomes the nearest float, as it does in Go. Lone surrogates
 * become U+FFFD. Members that are `undefined` are left out. Nesting is limited by the caller's parser.
 */
export function emitGoYaml(value: Json, options: GoYamlOptions = {}): string {
  const emitter = new GoYamlEmitter(options.keyOrder ?? 'natural');
  emitter.document(value);
  return emitter.text();
}

/** Where a node stands, which decides how its first line joins what is already written. */
type Place = 'root' | 'item' | 'value';

class GoYamlEmitter {
  readonly #keyOrder: 'natural' | 'bytewise';
  readonly #out: string[] = [];
  /** Characters written on the current line. */
  #column = 0;
  /** The last thing written was white space or an opening indicator. */
  #whitespace = true;
  /** Only white space and indentation indicators (`-`, `?`, `:`) stand on the current line. */
  #indention = true;

  constructor(keyOrder: 'natural' | 'bytewise') {
    this.#keyOrder = keyOrder;
  }

  text(): string {
    return this.#out.join('');
  }

  document(value: Json): void {
    this.#node(value, -1, 'root');
    this.#newLine(0);
  }

  /** `indent` is the column of the enclosing collection, -1 at the root. */
  #node(value: Json, indent: number, place: Place): void {
    if (isJsonArray(value)) {
      this.#sequence(value, indent, place);
    } else if (isJsonObject(value)) {
      this.#mapping(value, indent);
    } else {
      this.#scalar(value, indent, false);
    }
  }

  #sequence(items: readonly Json[], indent: number, place: Place): void {
    if (items.length === 0) {
      this.#indicator('[]', { spaceBefore: true, indention: false });
      return;
    }
    const indentless = place === 'value' && !this.#indention;
    const inner = indentless ? indent : deeper(indent);
    for (const item of items) {
      this.#newLine(inner);
      this.#indicator('-', { spaceBefore: true, indention: true });
      this.#node(item, inner, 'item');
    }
  }

  #mapping(object: { readonly [key: string]: Json | undefined }, indent: number): void {
    const members = Object.entries(object)
      .filter((member): member is [string, Json] => member[1] !== undefined)
      .map(([key, value]): readonly [string, Json] => [key.toWellFormed(), value])
      .toSorted(([a], [b]) =>
        this.#keyOrder === 'natural' ? compareGoYamlKeys(a, b) : compareBytewise(a, b),
      );
    if (members.length === 0) {
      this.#indicator('{}', { spaceBefore: true, indention: false });
      return;
    }
    const inner = deeper(indent);
    for (const [key, value] of members) {
      this.#newLine(inner);
      if (isSimpleKey(key)) {
        this.#scalar(key, inner, true);
        this.#indicator(':', { spaceBefore: false, indention: false });
      } else {
        this.#indicator('?', { spaceBefore: true, indention: true });
        this.#scalar(key, inner, false);
        this.#newLine(inner);
        this.#indicator(':', { spaceBefore: true, indention: true });
      }
      this.#node(value, inner, 'value');
    }
  }

  #scalar(value: string | number | bigint | boolean | null, indent: number, simpleKey: boolean): void {
    if (typeof value !== 'string') {
      this.#flowText(this.#numberOrWord(value), 'plain', 0, false);
      return;
    }
    const text = value.toWellFormed();
    const style = styleOf(text, shapeOf(text), simpleKey);
    const inner = indent < 0 ? INDENT : indent + INDENT;
    if (style === 'literal') {
      this.#literal(text, inner);
    } else {
      this.#flowText(text, style, inner, !simpleKey);
    }
  }

  #numberOrWord(value: number | bigint | boolean | null): string {
    if (typeof value === 'bigint') {
      return fitsGoInteger(value) ? value.toString() : this.#numberOrWord(Number(value));
    }
    if (typeof value !== 'number') return String(value);
    if (!Number.isInteger(value)) return formatGoFloat(value);
    // From 2^53 on the two paths differ: sigs.k8s.io/yaml goes through JSON text, which holds the shortest digits
    // that read back as the number; Flux converts the float itself, which gives all its digits.
    const integer = BigInt(this.#keyOrder === 'natural' && Math.abs(value) < 1e21 ? value.toString() : value);
    return fitsGoInteger(integer) ? integer.toString() : formatGoFloat(value);
  }

  /** A plain or quoted scalar, folded where that is allowed. */
  #flowText(text: string, style: Exclude<ScalarStyle, 'literal'>, indent: number, mayFold: boolean): void {
    const quote = style === 'single' ? "'" : style === 'double' ? '"' : '';
    if (!this.#whitespace) this.#put(' ');
    this.#put(quote);
    if (quote !== '') {
      this.#whitespace = false;
      this.#indention = false;
    }
    const chars = Array.from(text);
    const last = chars.length - 1;
    // go-yaml asks of the whole text, not of the character, whether it is a byte order mark.
    const escapeAll = style === 'double' && text.startsWith('\ufeff');
    let afterSpace = false;
    let afterBreak = false;
    for (const [index, char] of chars.entries()) {
      const edge = style !== 'plain' && (index === 0 || index === last);
      const nextIsSpace = chars[index + 1] === ' ';
      if (char === ' ' && !escapeAll) {
        const folds = mayFold && !afterSpace && this.#column > BEST_WIDTH && !edge;
        if (folds && (style === 'double' || !nextIsSpace)) {
          this.#newLine(indent);
          if (nextIsSpace) this.#put('\\');
        } else {
          this.#put(' ');
        }
        afterSpace = true;
      } else if (style !== 'double' && isBreak(char)) {
        // Only the breaks beyond LF come here: a text with LF is literal or double-quoted.
        this.#put(char);
        this.#column = 0;
        this.#indention = true;
        afterBreak = true;
      } else {
        if (afterBreak) this.#newLine(indent);
        this.#put(style === 'double' ? escapeDoubleQuoted(char, escapeAll) : char);
        if (style === 'single' && char === "'") this.#put("'");
        this.#indention = false;
        afterSpace = false;
        afterBreak = false;
      }
    }
    this.#put(quote);
    this.#whitespace = false;
    this.#indention = false;
  }

  #literal(text: string, indent: number): void {
    const chars = Array.from(text);
    const last = chars.at(-1) ?? '';
    const hint = chars[0] === ' ' || isBreak(chars[0] ?? '') ? String(INDENT) : '';
    const keeps = chars.length === 1 || isBreak(chars.at(-2) ?? '');
    const chomp = !isBreak(last) ? '-' : keeps ? '+' : '';
    this.#indicator(`|${hint}${chomp}`, { spaceBefore: true, indention: false });
    this.#lineFeed();
    this.#indention = true;
    this.#whitespace = true;
    let afterBreak = true;
    for (const char of chars) {
      if (isBreak(char)) {
        this.#put(char);
        this.#column = 0;
        this.#indention = true;
        afterBreak = true;
      } else {
        if (afterBreak) this.#newLine(indent);
        this.#put(char);
        this.#indention = false;
        afterBreak = false;
      }
    }
  }

  #indicator(text: string, how: { readonly spaceBefore: boolean; readonly indention: boolean }): void {
    if (how.spaceBefore && !this.#whitespace) this.#put(' ');
    this.#put(text);
    this.#whitespace = false;
    this.#indention &&= how.indention;
  }

  /** Goes to column `indent`: on this line when nothing but indentation stands there, else on the next. */
  #newLine(indent: number): void {
    const stays = this.#indention && (this.#column < indent || (this.#column === indent && this.#whitespace));
    if (!stays) this.#lineFeed();
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column));
    this.#whitespace = true;
    this.#indention = true;
  }

  #lineFeed(): void {
    this.#out.push('\n');
    this.#column = 0;
  }

  #put(text: string): void {
    this.#out.push(text);
    this.#column += text.length < 2 ? text.length : Array.from(text).length;
  }
}

function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function deeper(indent: number): number {
  return indent < 0 ? 0 : indent + INDENT;
}

function isBreak(char: string): boolean {
  return /^[\r\n\u0085\u2028\u2029]$/.test(char);
}

function isSimpleKey(key: string): boolean {
  return !shapeOf(key).multiline && utf8Length(key) <= MAX_SIMPLE_KEY_BYTES;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function fitsGoInteger(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_UINT64;
}
