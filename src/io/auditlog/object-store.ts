import { createHmac } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import {
  type JudgedInput,
  type StoredInput,
  storedInput,
  type ValueToKeep,
} from '../../core/audit/judged-input.ts';
import type { KeyedHash } from '../../core/audit/redact-judged.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import type { JudgedStore } from '../contract.ts';
import { openKeyFile } from '../key-file.ts';

export interface ObjectStoreOptions {
  /** A folder of its own, made when absent. */
  readonly folder: string;
  readonly now: () => Date;
  /** Told once of each kind of trouble; decisions go on without the store. */
  readonly onError: (message: string) => void;
  /** How long segments are kept. Default 30 days. */
  readonly maxAgeDays?: number;
  /** What all segments may take on disk. Default 1 GiB. */
  readonly maxBytes?: number;
}

/** Keeps what was judged, by content: each value once in a segment. A crash may lose the values of the last moment. */
export interface ObjectStore extends JudgedStore {
  /** Keeps the files of a policy set under its digest. */
  keepPolicies(
    digest: string,
    files: readonly { readonly path: string; readonly text: string }[],
  ): Promise<void>;
  close(): Promise<void>;
}

const FLUSH_INTERVAL_MS = 100;
/** A burst of 500 concurrent reviews with old objects is 1,500 values; what comes on top is counted and left out. */
const MAX_WAITING = 4_000;
/** Lines of one gzip member: large enough to compress well, small enough that a crash loses little. */
const MAX_MEMBER_BYTES = 1_048_576;
/** Whoever reads a segment may hold it in memory. */
const MAX_SEGMENT_BYTES: number = 64 * 1_048_576;
/** Digests remembered for a segment: 71 characters each, some 10 MB. */
const MAX_SEGMENT_VALUES = 100_000;
/** The largest object that the API server takes is 3 MiB. */
const MAX_VALUE_LENGTH: number = 4 * 1_048_576;
const MAX_POLICY_SETS = 200;
const DAY_MS = 86_400_000;
const DEFAULT_MAX_BYTES: number = 1024 * 1_048_576;

const compress = promisify(gzip);

interface Segment {
  readonly name: string;
  readonly day: string;
  readonly known: Set<string>;
  bytes: number;
  file: FileHandle | undefined;
}

/**
 * Opens the store. A segment is a file of gzip members whose lines are JSON (`zcat` reads it): one value each, secrets replaced by a hash
 * under a key of this store. A new segment begins at each start, each day, and when one is full; each is complete in itself. Old
 * ones go by age and size.
 */
export async function openObjectStore(options: ObjectStoreOptions): Promise<ObjectStore> {
  const { folder } = options;
  await mkdir(join(folder, 'policies'), { recursive: true, mode: 0o700 });
  const hash = keyedHash(await openKeyFile(join(folder, 'key')));
  return new Store(options, hash);
}

class Store implements ObjectStore {
  readonly #options: ObjectStoreOptions;
  readonly #hash: KeyedHash;
  readonly #said = new Set<string>();
  #segment: Segment;
  #count = 0;
  #waiting: { readonly segment: Segment; readonly value: ValueToKeep }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ObjectStoreOptions, hash: KeyedHash) {
    this.#options = options;
    this.#hash = hash;
    this.#segment = this.#newSegment();
  }

  keep(input: JudgedInput, objectDigest?: string): StoredInput {
    const segment = this.#currentSegment();
    const { stored, values } = storedInput(input, segment.name, objectDigest);
    for (const value of values) {
      if (segment.known.has(value.digest)) continue;
      if (this.#closed || this.#waiting.length >= MAX_WAITING) {
        this.#trouble('values came faster than they could be written; some are missing');
        continue;
      }
      segment.known.add(value.digest);
      this.#waiting.push({ segment, value });
    }
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#flush(), FLUSH_INTERVAL_MS).unref();
    return stored;
  }

  async keepPolicies(
    digest: string,
    files: readonly { readonly path: string; readonly text: string }[],
  ): Promise<void> {
    const folder = join(this.#options.folder, 'policies');
    const text = canonicalJson(files.map(({ path, text }) => [path, text]));
    try {
      await using file = await open(join(folder, policyFileName(digest)), 'w', 0o600);
      await file.writeFile(await compress(text));
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json.gz'));
      await removeOldest(folder, names, MAX_POLICY_SETS);
    } catch (error) {
      this.#trouble(`a policy set cannot be kept: ${codeOf(error)}`);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#flush();
    await this.#writing;
    await this.#segment.file?.close();
  }

  #flush(): void {
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#writing = this.#writing
      .then(() => this.#write(batch))
      .catch((error: unknown) => this.#trouble(`judged objects cannot be kept: ${codeOf(error)}`));
  }

  async #write(batch: readonly { readonly segment: Segment; readonly value: ValueToKeep }[]): Promise<void> {
    let segment: Segment | undefined;
    let lines = '';
    const writeOut = async (): Promise<void> => {
      if (segment !== undefined && lines !== '') await this.#append(segment, lines);
      lines = '';
    };
    for (const { segment: into, value } of batch) {
      if (segment !== into) await writeOut();
      segment = into;
      const kept = value.prepare(this.#hash);
      const line = kept === undefined ? '' : `${canonicalJson(kept as never)}\n`;
      if (line.length > MAX_VALUE_LENGTH || line === '') continue;
      lines += line;
      if (lines.length >= MAX_MEMBER_BYTES) await writeOut();
      // Reviews wait for their answers meanwhile.
      else await nextTurn();
    }
    await writeOut();
  }

  async #append(segment: Segment, lines: string): Promise<void> {
    segment.bytes += lines.length;
    if (segment.file === undefined) {
      segment.file = await open(join(this.#options.folder, segment.name), 'ax', 0o600);
      await this.#forgetOld();
    }
    await segment.file.appendFile(await compress(lines, { level: 1 }));
    if (segment !== this.#segment) {
      await segment.file.close();
      segment.file = undefined;
    }
  }

  #currentSegment(): Segment {
    const { day, bytes, known } = this.#segment;
    const full = bytes >= MAX_SEGMENT_BYTES || known.size >= MAX_SEGMENT_VALUES;
    if (full || day !== this.#options.now().toISOString().slice(0, 10)) {
      const last = this.#segment;
      this.#segment = this.#newSegment();
      // What is still waiting for the last one is written before.
      this.#flush();
      this.#writing = this.#writing.then(async () => {
        await last.file?.close();
        last.file = undefined;
      });
    }
    return this.#segment;
  }

  #newSegment(): Segment {
    const time = this.#options.now().toISOString();
    this.#count += 1;
    const name = `${time.replaceAll(/[-:.]/g, '')}-${process.pid}-${this.#count}.jsonl.gz`;
    return { name, day: time.slice(0, 10), known: new Set(), bytes: 0, file: undefined };
  }

  async #forgetOld(): Promise<void> {
    const { folder, maxAgeDays = 30, maxBytes = DEFAULT_MAX_BYTES, now } = this.#options;
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl.gz')).sort();
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    let total = sizes.reduce((sum, size) => sum + size, 0);
    const oldest = now().getTime() - maxAgeDays * DAY_MS;
    for (const [index, name] of names.slice(0, -1).entries()) {
      if (total <= maxBytes && segmentTimeMs(name) >= oldest) break;
      total -= sizes[index] ?? 0;
      await rm(join(folder, name), { force: true });
    }
  }

  #trouble(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#options.onError(message);
  }
}

/** Where what a log's rows refer to is kept: beside the log. */
export function judgedFolder(auditLog: string): string {
  return `${auditLog}.judged`;
}

/** `sha256:<hex>` without the colon, which not every file system takes. */
export function policyFileName(digest: string): string {
  return `${digest.replace(':', '-')}.json.gz`;
}

function segmentTimeMs(name: string): number {
  const iso = name.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\d{3}Z.*$/, '$1-$2-$3T$4:$5:$6Z');
  const time = Date.parse(iso);
  return Number.isNaN(time) ? 0 : time;
}

async function removeOldest(folder: string, names: readonly string[], keep: number): Promise<void> {
  if (names.length <= keep) return;
  const times = await Promise.all(
    names.map(async (name) => ({ name, ms: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = times.toSorted((a, b) => a.ms - b.ms).slice(0, names.length - keep);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}

/** 64 bits tell apart what one log holds; more would only be longer. */
function keyedHash(key: Buffer): KeyedHash {
  return (secret) => `[redacted ${createHmac('sha256', key).update(secret).digest('hex').slice(0, 16)}]`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
