/** Limits of the endpoint, each with where it comes from. Tests make some of them smaller. */
export interface WebhookLimits {
  readonly maxBodyBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxConcurrentReviews: number;
  readonly maxConnections: number;
  readonly requestTimeoutMs: number;
  readonly drainQuietMs: number;
  readonly drainMaxMs: number;
  readonly drainTailMs: number;
}

export const WEBHOOK_LIMITS: WebhookLimits = {
  /** object and oldObject, 3 MiB each (the API server's limit for a request body), and 1 MiB for the rest. */
  maxBodyBytes: 7 * 1024 * 1024,
  /**
   * Bodies that are being received or wait, all together: four of full size, or thousands of ordinary ones. Parsing is one
   * at a time and takes about five times a body's size, so that the process stays under 256 MiB.
   */
  maxBufferedBytes: 32 * 1024 * 1024,
  /** Three API servers with their default of 200 mutating requests in flight each. */
  maxConcurrentReviews: 600,
  /** A caller keeps a connection per request in flight; the rest is room for probes and for slow ones that wait to be cut. */
  maxConnections: 2_000,
  /**
   * Headers and body, each alone and both together, must be there within 10 s; expired connections are looked for every
   * 250 ms. It is Node's headersTimeout as well: until the headers are complete that one alone counts. It does not run
   * while a connection idles between requests (Node 24), so that it may be shorter than the keep-alive time.
   */
  requestTimeoutMs: 9_000,
  /** Quiet time after the last request that ends a drain: endpoints reach every API server well within it. */
  drainQuietMs: 10_000,
  /** With the tail and the last connections: 45 s. */
  drainMaxMs: 43_000,
  /** How long late requests are told to come back (503, Retry-After) before the listener is closed. */
  drainTailMs: 500,
};

/** Callers in Go keep idle connections for 90 s: the server must outwait them, or they write into a closed one. */
export const KEEP_ALIVE_MS = 95_000;
export const CONNECTION_CHECK_MS = 250;
export const HANDSHAKE_TIMEOUT_MS = 5_000;

/** The API server's default when it sends no `?timeout=`, and its bounds for `timeoutSeconds`. */
export const DEFAULT_TIMEOUT_MS = 10_000;
export const MAX_TIMEOUT_MS = 30_000;
/** The answer leaves this long before the caller gives up. */
export const TIMEOUT_MARGIN_MS = 500;
