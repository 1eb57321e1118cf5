import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';

import type { StoredValue } from '../../core/audit/judged-input.ts';
import { isJsonObject, type Json } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { policyFileName } from './object-store.ts';

/** Texts of one segment that were read, by digest. */
interface OpenSegment {
  readonly name: string;
  readonly texts: Map<string, string>;
  readonly lines: AsyncIterator<string>;
  done: boolean;
}

/** Rows go forward through the segments; at the change from one to the next both are in use. */
const MAX_OPEN_SEGMENTS = 2;
/** Values parsed and kept: an object that is judged again and again is parsed once. */
const MAX_PARSED = 2_000;

/**
 * Finds kept values. Made for rows in their order: a segment is read as far as it is asked for, and two are in memory at most (a
 * segment holds 64 MiB of text).
 */
export class ObjectReader {
  readonly #folder: string;
  readonly #open: OpenSegment[] = [];
  readonly #parsed = new Map<string, StoredValue>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The value; undefined when the store does not have it (any more). */
  async find(segment: string, digest: string): Promise<StoredValue | undefined> {
    const key = `${segment}\n${digest}`;
    const before = this.#parsed.get(key);
    if (before !== undefined) return before;
    const text = await this.#textOf(this.#segment(segment), digest);
    const value = text === undefined ? undefined : asStored(text);
    if (value === undefined) return undefined;
    if (this.#parsed.size >= MAX_PARSED) {
      const oldest = this.#parsed.keys().next();
      if (oldest.done !== true) this.#parsed.delete(oldest.value);
    }
    this.#parsed.set(key, value);
    return value;
  }

  /** The files of a policy set; undefined when they were not kept. */
  async findPolicies(
    digest: string,
  ): Promise<readonly { readonly path: string; readonly text: string }[] | undefined> {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
    try {
      const bytes = await readFile(join(this.#folder, 'policies', policyFileName(digest)));
      const parsed = parseJson((await unzip(bytes, { maxOutputLength: MAX_POLICY_BYTES })).toString('utf8'));
      if (!parsed.ok || !Array.isArray(parsed.value)) return undefined;
      return (parsed.value as readonly (readonly [string, string])[]).map(([path, text]) => ({ path, text }));
    } catch {
      return undefined;
    }
  }

  #segment(name: string): OpenSegment {
    const found = this.#open.find((segment) => segment.name === name);
    if (found !== undefined) return found;
    const opened = openSegment(this.#folder, name);
    this.#open.push(opened);
    if (this.#open.length > MAX_OPEN_SEGMENTS) void this.#open.shift()?.lines.return?.();
    return opened;
  }

  async #textOf(segment: OpenSegment, digest: string): Promise<string | undefined> {
    for (;;) {
      const text = segment.texts.get(digest);
      if (text !== undefined || segment.done) return text;
      const next = await segment.lines.next();
      if (next.done === true) segment.done = true;
      else segment.texts.set(DIGEST_MEMBER.exec(next.value)?.[1] ?? '', next.value);
    }
  }
}

const unzip = promisify(gunzip);
/** The compiler takes 16 MiB of text; JSON escapes make it six times as long at most. */
const MAX_POLICY_BYTES: number = 96 * 1_048_576;

const NEWLINE = 0x0a;
/** Canonical JSON has `digest` first. */
const DIGEST_MEMBER = /^\{"digest":"(sha256:[0-9a-f]{64})"/;

function openSegment(folder: string, name: string): OpenSegment {
  return { name, texts: new Map(), lines: linesOf(join(folder, basename(name))), done: false };
}

/** Lines up to the end, or to where a crash tore it. */
async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  const file = createReadStream(path);
  const unzipped = file.pipe(createGunzip());
  file.on('error', (error) => unzipped.destroy(error));
  let pending: Buffer[] = [];
  try {
    for await (const read of unzipped) {
      let chunk = read as Buffer;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE)) {
        yield Buffer.concat([...pending, chunk.subarray(0, end)]).toString('utf8');
        pending = [];
        chunk = chunk.subarray(end + 1);
      }
      if (chunk.length > 0) pending.push(chunk);
    }
  } catch {
    // A segment that was forgotten, or ends in the middle of a member: what is not there is not there.
  } finally {
    file.destroy();
    unzipped.destroy();
  }
}

function asStored(text: string): StoredValue | undefined {
  const parsed = parseJson(text);
  const stored: Json = parsed.ok ? parsed.value : null;
  if (!isJsonObject(stored)) return undefined;
  const { digest, redacted, value } = stored;
  if (typeof digest !== 'string' || !Array.isArray(redacted) || value === undefined) return undefined;
  return { digest, redacted: redacted.filter((each) => typeof each === 'string'), value };
}
