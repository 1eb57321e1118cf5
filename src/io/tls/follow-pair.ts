import { open } from 'node:fs/promises';

import type { IssuedPair } from './authority.ts';
import { checkPair, type PairFault } from './check-pair.ts';

export interface FollowPairOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** DNS names and addresses under which the endpoint is called. */
  readonly names: readonly string[];
  readonly now: () => Date;
  /** Between two looks at the files. Default 1 s. */
  readonly intervalMs?: number;
  /** Another good pair is there: serve it. */
  readonly onPair: (pair: IssuedPair) => void;
  /** What is in the files cannot be served; the pair before stays. Told once for each such state. */
  readonly onRefused?: (problem: { readonly fault: PairFault; readonly message: string }) => void;
}

export interface FollowedPair {
  /** The pair to serve with. */
  readonly current: () => IssuedPair;
  /** When it ends, in milliseconds since the epoch. */
  readonly notAfterMs: () => number;
  close(): Promise<void>;
}

/** The pair that was there first cannot be served. */
export class PairError extends Error {
  override readonly name = 'PairError';
  readonly fault: PairFault;

  constructor(fault: PairFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

const DEFAULT_INTERVAL_MS = 1_000;
/** A chain of ten certificates of 4 KiB; what is larger is no certificate file. */
const MAX_PEM_BYTES = 64 * 1024;

/**
 * Reads a pair from two files and follows their changes, by symlink swap (a mounted Secret) or overwriting. Both files are read at
 * each look and checked together: while one of them is old, empty, cut, expired or for another name, the pair before stays in
 * use. Rejects with a {@link PairError} when there is no good pair at the start.
 */
export async function followPair(options: FollowPairOptions): Promise<FollowedPair> {
  const first = await readPair(options);
  const checked = checkPair(first, options.names, options.now());
  if (!checked.ok) {
    throw new PairError(
      checked.fault,
      `${options.certFile} and ${options.keyFile} cannot be served: ${checked.message}`,
    );
  }
  let current = { pair: first, notAfterMs: checked.notAfterMs };
  let refused = first;
  const look = async (): Promise<void> => {
    const next = await readPair(options);
    if (same(next, current.pair)) return;
    const result = checkPair(next, options.names, options.now());
    if (result.ok) {
      current = { pair: next, notAfterMs: result.notAfterMs };
      options.onPair(next);
    } else if (!same(next, refused)) {
      refused = next;
      options.onRefused?.(result);
    }
  };
  const stop = new AbortController();
  const following = follow(look, options.intervalMs ?? DEFAULT_INTERVAL_MS, stop.signal);
  return {
    current: () => current.pair,
    notAfterMs: () => current.notAfterMs,
    close: async () => {
      stop.abort();
      await following;
    },
  };
}

async function follow(look: () => Promise<void>, intervalMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(intervalMs, signal);
    if (!signal.aborted) await look();
  }
}

/** What is in both files; a file that cannot be read counts as empty, and is refused as such. */
async function readPair({ certFile, keyFile }: FollowPairOptions): Promise<IssuedPair> {
  const [certPem, keyPem] = await Promise.all([readPem(certFile), readPem(keyFile)]);
  return { certPem, keyPem };
}

async function readPem(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const bytes = Buffer.alloc(MAX_PEM_BYTES);
    const { bytesRead } = await file.read(bytes, 0, MAX_PEM_BYTES, 0);
    return bytes.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}

function same(a: IssuedPair, b: IssuedPair): boolean {
  return a.certPem === b.certPem && a.keyPem === b.keyPem;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
