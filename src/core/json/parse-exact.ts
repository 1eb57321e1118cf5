import type { Json } from './json.ts';

/** Nesting at which the parser gives up; the webhook's own scan stops at 64, and 1,000 levels fit any stack. */
const MAX_DEPTH = 1_000;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const INTEGER = /^-?[0-9]+$/;

/** Where a text stops being JSON. The message is worded as the platform's, so that one reader serves both. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';

  constructor(position: number) {
    super(`not JSON at position ${position}`);
  }
}

/**
 * RFC 8259 in plain code, some ten times slower than the platform's parser, for the texts that must not reach it (see
 * `parse.ts`). Integers beyond 2^53 become `bigint`; the last of equal keys wins. Throws a {@link JsonTextError}.
 */
export function parseExactly(text: string): Json {
  let at = 0;

  const fail = (): never => {
    throw new JsonTextError(at);
  };
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  const take = (character: string): void => {
    if (text[at] !== character) fail();
    at += 1;
  };
  const word = (letters: string, value: Json): Json => {
    if (!text.startsWith(letters, at)) fail();
    at += letters.length;
    return value;
  };

  const readString = (): string => {
    take('"');
    let value = match(PLAIN);
    while (text[at] === '\\') {
      const escape = text[at + 1] ?? '';
      const hex = text.slice(at + 2, at + 6);
      if (escape === 'u' && /^[0-9a-fA-F]{4}$/.test(hex)) {
        value += String.fromCharCode(Number.parseInt(hex, 16));
        at += 6;
      } else {
        const plain = Object.hasOwn(ESCAPES, escape) ? ESCAPES[escape] : undefined;
        if (plain === undefined) return fail();
        value += plain;
        at += 2;
      }
      value += match(PLAIN);
    }
    take('"');
    return value;
  };

  const readNumber = (): Json => {
    const digits = match(NUMBER);
    if (digits === '') return fail();
    const value = Number(digits);
    return Number.isSafeInteger(value) || !INTEGER.test(digits) ? value : BigInt(digits);
  };

  /** Members between two brackets, separated by commas. */
  const readMembers = (close: string, readMember: () => void): void => {
    at += 1;
    match(SPACE);
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      match(SPACE);
      readMember();
      match(SPACE);
      if (text[at] !== ',') break;
      at += 1;
    }
    take(close);
  };

  const readValue = (depth: number): Json => {
    if (depth > MAX_DEPTH) return fail();
    match(SPACE);
    switch (text[at]) {
      case '{': {
        const object: Record<string, Json> = {};
        readMembers('}', () => {
          const key = readString();
          match(SPACE);
          take(':');
          const value = readValue(depth + 1);
          // Assigned plainly, `__proto__` would set the prototype.
          Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
        });
        return object;
      }
      case '[': {
        const list: Json[] = [];
        readMembers(']', () => list.push(readValue(depth + 1)));
        return list;
      }
      case '"':
        return readString();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default:
        return readNumber();
    }
  };

  const value = readValue(0);
  match(SPACE);
  if (at < text.length) fail();
  return value;
}
