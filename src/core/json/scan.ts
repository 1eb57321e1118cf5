import { FREE_MAP_KEYS } from './free-map-keys.ts';

/** Why a text was refused before it was parsed. */
export type ScanProblem =
  | 'ByteOrderMark'
  | 'InvalidUtf8'
  | 'TooDeep'
  | 'TooManyKeys'
  | 'DuplicateKey'
  | 'CaseVariantKey';

export interface ScanError {
  readonly problem: ScanProblem;
  /** Offset in UTF-16 units of the decoded text; 0 when the text could not be decoded. */
  readonly offset: number;
  /** One line for the sender. Keys in it are JSON-quoted and cut, so that they carry no control characters. */
  readonly message: string;
}

export type ScanResult =
  | { readonly ok: true; readonly text: string; readonly longDigits: boolean }
  | { readonly ok: false; readonly error: ScanError };

/**
 * Nesting that is let through. The deepest field of the kinds that are judged lies under 20 levels of an
 * AdmissionReview; chart values seldom pass 15 more. Recursive code in V8 overflows near 10,000.
 */
export const MAX_JSON_DEPTH = 64;

/**
 * Object members in one text: object and old object, each with 25,000 fields of its author and an entry for each of them in
 * managedFields. A text of 7 MiB could hold a million, and keep the process busy for seconds; this many take 0.2 s in all.
 */
export const MAX_JSON_KEYS = 100_000;

/** Level sizes up to which a linear look through the keys is cheaper than a Set. */
const LINEAR_KEYS = 12;

/**
 * Decodes a JSON text and looks through it once, before any parser sees it, in time linear in its size and without
 * recursion. It refuses a byte order mark, invalid UTF-8, nesting beyond `maxDepth`, more keys than MAX_JSON_KEYS, and keys of which a reader
 * written in Go and one written in JavaScript would choose differently:
 *
 * - a key that occurs twice in one object is refused everywhere: Go and JavaScript keep the last, others the first;
 * - keys that differ in case only are refused where Go decodes *structs*, since `encoding/json` matches field names
 *   without regard to case: the review, its request, and all of an object except below the keys in
 *   {@link FREE_MAP_KEYS} (labels, annotations, values, ...), where `A` and `a` are two different keys of a map.
 *
 * It does not check the grammar: that is left to the parser. On a text that is no JSON it may answer ok.
 *
 * `longDigits` says that 16 or more digits stand in a row somewhere (inside a string too), so that a number
 * may not fit a double.
 */
export function scanJson(bytes: Uint8Array, maxDepth: number = MAX_JSON_DEPTH): ScanResult {
  const text = decodeUtf8(bytes);
  if (text === undefined) return refuse('InvalidUtf8', 0, 'the body is not valid UTF-8');
  if (text.charCodeAt(0) === 0xfeff) {
    return refuse('ByteOrderMark', 0, 'the body starts with a byte order mark; send plain UTF-8');
  }
  const error = scanText(text, maxDepth);
  return error === undefined ? { ok: true, text, longDigits: /[0-9]{16}/.test(text) } : { ok: false, error };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function refuse(
  problem: ScanProblem,
  offset: number,
  message: string,
): { readonly ok: false; readonly error: ScanError } {
  return { ok: false, error: { problem, offset, message } };
}

/** One open object or list. `keys` is undefined for lists; `free` holds for everything below a free map key. */
interface Level {
  readonly keys: KeySet | undefined;
  readonly free: boolean;
  /** Whether the value that follows lies in a free map; set by each key. */
  nextFree: boolean;
  expectsKey: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

function scanText(text: string, maxDepth: number): ScanError | undefined {
  const levels: Level[] = [];
  let level: Level | undefined;
  let keyCount = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    switch (code) {
      case 0x7b: // {
      case 0x5b: {
        // [
        if (levels.length >= maxDepth) {
          return {
            problem: 'TooDeep',
            offset: at,
            message: `the body is nested deeper than ${maxDepth} levels`,
          };
        }
        const free: boolean = level?.nextFree ?? false;
        const isObject = code === 0x7b;
        level = { keys: isObject ? new KeySet() : undefined, free, nextFree: free, expectsKey: isObject };
        levels.push(level);
        break;
      }
      case 0x7d: // }
      case 0x5d: // ]
        levels.pop();
        level = levels.at(-1);
        break;
      case COMMA:
        if (level?.keys !== undefined) level.expectsKey = true;
        break;
      case QUOTE: {
        const end = endOfString(text, at);
        if (level?.expectsKey === true && level.keys !== undefined) {
          level.expectsKey = false;
          keyCount += 1;
          if (keyCount > MAX_JSON_KEYS) {
            return {
              problem: 'TooManyKeys',
              offset: at,
              message: `the body has more than ${MAX_JSON_KEYS} keys`,
            };
          }
          const key = readKey(text, at, end);
          const clash = level.keys.add(key, level.free);
          if (clash !== undefined) return keyError(clash, key, at);
          level.nextFree = level.free || FREE_MAP_KEYS.has(key);
        }
        at = end;
        break;
      }
      default:
    }
  }
  return undefined;
}

/** Offset of the quote that ends the string which starts at `start`, or of the text's end when it is cut. */
function endOfString(text: string, start: number): number {
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (quote - 1 - backslashes > start && text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) {
      backslashes += 1;
    }
    if (backslashes % 2 === 0) return quote;
    from = quote + 1;
  }
}

/** The key as a parser would read it: two spellings of one key (`"a"`, `"\u0061"`) are the same key. */
function readKey(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

function keyError(clash: 'same' | 'case', key: string, offset: number): ScanError {
  const shown = JSON.stringify(key.slice(0, 64)).replace(/[^\x20-\x7e]/g, '?');
  return clash === 'same'
    ? { problem: 'DuplicateKey', offset, message: `the key ${shown} occurs twice in one object` }
    : {
        problem: 'CaseVariantKey',
        offset,
        message: `the key ${shown} occurs in one object in two spellings that differ in case only`,
      };
}

/** The names of one object seen so far: a list while it is short, a map from then on. */
class KeySet {
  readonly #names: string[] = [];
  readonly #keys: string[] = [];
  #keyByName: Map<string, string> | undefined;

  /** Adds a key, or says how it clashes. Case is ignored unless `free`. */
  add(key: string, free: boolean): 'same' | 'case' | undefined {
    const name = free ? key : foldCase(key);
    const before = this.#find(name);
    if (before !== undefined) return before === key ? 'same' : 'case';
    if (this.#keyByName !== undefined) {
      this.#keyByName.set(name, key);
    } else {
      this.#names.push(name);
      this.#keys.push(key);
      if (this.#names.length > LINEAR_KEYS) {
        this.#keyByName = new Map(this.#names.map((each, at) => [each, this.#keys[at] ?? each]));
      }
    }
    return undefined;
  }

  #find(name: string): string | undefined {
    if (this.#keyByName !== undefined) return this.#keyByName.get(name);
    const at = this.#names.indexOf(name);
    return at === -1 ? undefined : this.#keys[at];
  }
}

/** Lower case as Go's folding sees it: the Kelvin sign is a k already, the long s has to be told. */
function foldCase(key: string): string {
  const lower = key.toLowerCase();
  return lower.includes('\u017f') ? lower.replaceAll('\u017f', 's') : lower;
}
