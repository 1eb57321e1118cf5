import type { HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import { parseDuration } from '../duration.ts';

/** What the loop does after a step. Jitter and the growth of delays are the loop's. */
export type Next =
  /** Look at the release again, in the same pass. */
  | { readonly kind: 'continue' }
  /** Start a new pass at once. */
  | { readonly kind: 'again' }
  /** Nothing of the release is left: its finalizer may go. */
  | { readonly kind: 'finalize' }
  /** The pass ended well; the next one is due after `spec.interval`. */
  | { readonly kind: 'done'; readonly afterMs: number }
  /** Try again with a growing delay (Flux: 750 ms to 15 min). */
  | { readonly kind: 'backoff' }
  /** Try again after a fixed time. */
  | { readonly kind: 'retryAfter'; readonly afterMs: number }
  /** Nothing more happens by itself, except a look after `afterMs` where that can help. */
  | { readonly kind: 'stalled'; readonly afterMs?: number };

/** The status to write, and what to do next. */
export interface Transition {
  readonly status: HelmReleaseStatus;
  readonly next: Next;
}

/** For an interval that does not parse; the schema requires one that does. */
const FALLBACK_INTERVAL_MS = 5 * 60_000;

/** `spec.interval` in milliseconds. */
export function intervalMsOf(release: HelmRelease): number {
  return parseDuration(release.spec.interval) ?? FALLBACK_INTERVAL_MS;
}
