/** First delay after one failure. */
const BASE_MS = 500;
/** Longest delay: a server that comes back is noticed within half a minute. */
const CAP_MS = 30_000;

/**
 * Milliseconds to wait after `failures` failures in a row: doubling from 0.5 s to 30 s, of which a random half is taken
 * off so that many clients do not return together. `random` is in [0, 1). A `Retry-After` is the floor.
 */
export function backoffMs(failures: number, random: number, retryAfterMs = 0): number {
  const full = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(Math.max(failures - 1, 0), 16));
  return Math.max(Math.round(full * (1 - random / 2)), Math.min(retryAfterMs, CAP_MS));
}
