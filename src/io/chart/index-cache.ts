import { openIndex } from '../../core/chart/index-document.ts';
import type { IndexEntry, RepositoryIndex } from '../contract.ts';
import { ChartError } from './chart-error.ts';
import type { KnownIndex } from './index-fetch.ts';

interface CachedIndex extends KnownIndex {
  readonly index: RepositoryIndex;
}

/** Repositories remembered. Their entry is small; the index bytes are bounded apart. */
const MAX_REPOSITORIES = 4096;

/** Charts per index whose parsed entries are kept; the rest is parsed again from the text when asked for. */
const MAX_PARSED_CHARTS = 256;

const UNREADABLE = 'failed to load Helm repository from index YAML';

/**
 * The newest index of each repository, least recently used first out when the texts together exceed the limit.
 * Keys must stand for URL and credentials together: what one credential fetched is not shown to another.
 */
export class IndexCache {
  readonly #maxBytes: number;
  readonly #indexes = new Map<string, CachedIndex>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  find(key: string): CachedIndex | undefined {
    const cached = this.#indexes.get(key);
    if (cached === undefined) return undefined;
    this.#indexes.delete(key);
    this.#indexes.set(key, cached);
    return cached;
  }

  put(key: string, cached: CachedIndex): void {
    this.#indexes.delete(key);
    this.#indexes.set(key, cached);
    let bytes = 0;
    for (const { index } of this.#indexes.values()) bytes += index.sizeBytes;
    for (const [oldest, { index }] of this.#indexes) {
      if (bytes <= this.#maxBytes && this.#indexes.size <= MAX_REPOSITORIES) break;
      this.#indexes.delete(oldest);
      bytes -= index.sizeBytes;
    }
  }
}

/** Looks an index over once; throws a `ChartError` when it is none. `entries` throws one when a chart's part is broken. */
export function readRepositoryIndex(bytes: Uint8Array, digest: string): RepositoryIndex {
  const opened = openIndex(bytes);
  if (!opened.ok)
    throw new ChartError('IndexationFailed', `${UNREADABLE}: ${opened.message}`, { retriable: false });
  const parsed = new Map<string, readonly IndexEntry[]>();
  return {
    digest,
    sizeBytes: bytes.byteLength,
    entries(chart) {
      const known = parsed.get(chart);
      if (known !== undefined) return known;
      const read = opened.document.entries(chart);
      if (!read.ok)
        throw new ChartError('IndexationFailed', `${UNREADABLE}: ${read.message}`, { retriable: false });
      if (parsed.size >= MAX_PARSED_CHARTS) parsed.clear();
      parsed.set(chart, read.entries);
      return read.entries;
    },
  };
}
