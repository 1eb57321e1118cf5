/** An answer that many children may be given. */
export interface CachedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly etag?: string;
  readonly body: Buffer;
}

/** Asks the API server; with an etag it may answer 304, and then has no body. */
export type FetchAnswer = (etag: string | undefined) => Promise<CachedAnswer>;

export interface DiscoveryCache {
  /** The answer for a key: identity, path, query and Accept. Concurrent callers share one request. */
  get(key: string, path: string, fetch: FetchAnswer): Promise<CachedAnswer>;
  /** Forgets everything: the API has changed. */
  clear(): void;
}

interface Entry {
  readonly answer: CachedAnswer;
  readonly checkedAtMs: number;
}

/**
 * Without asking at all: a burst of children. After it an etag costs one short request and shows a new CRD at once, so that no release
 * fails for a kind that has just been made.
 */
const FRESH_MS = 1_000;
/** The server's version changes when it restarts. */
const VERSION_FRESH_MS = 30_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** `nowMs` is a monotonic clock in milliseconds. */
export function createDiscoveryCache(nowMs: () => number = () => performance.now()): DiscoveryCache {
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<CachedAnswer>>();
  let bytes = 0;
  let generation = 0;

  async function refresh(key: string, fetch: FetchAnswer): Promise<CachedAnswer> {
    const known = entries.get(key)?.answer;
    const startedIn = generation;
    const checkedAtMs = nowMs();
    const fetched = await fetch(known?.etag);
    const answer = fetched.status === 304 && known !== undefined ? known : fetched;
    if (answer.status !== 200 || startedIn !== generation) return answer;
    bytes += answer.body.length - (entries.get(key)?.answer.body.length ?? 0);
    entries.set(key, { answer, checkedAtMs });
    if (bytes > MAX_BYTES) {
      entries.clear();
      bytes = 0;
    }
    return answer;
  }

  return {
    async get(key, path, fetch) {
      const known = entries.get(key);
      if (known !== undefined && nowMs() - known.checkedAtMs < freshMs(path, key)) return known.answer;
      const pending = underWay.get(key);
      if (pending !== undefined) return pending;
      const request = refresh(key, fetch);
      underWay.set(key, request);
      try {
        return await request;
      } finally {
        if (underWay.get(key) === request) underWay.delete(key);
      }
    },
    clear() {
      generation += 1;
      entries.clear();
      underWay.clear();
      bytes = 0;
    },
  };
}

function freshMs(path: string, key: string): number {
  if (path === '/version') return VERSION_FRESH_MS;
  // OpenAPI documents are addressed by their hash.
  return path.startsWith('/openapi/v3/') && key.includes('hash=') ? Number.POSITIVE_INFINITY : FRESH_MS;
}
