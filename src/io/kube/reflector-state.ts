import { backoffMs } from './backoff.ts';

/** What a reflector does next. `failures` counts attempts in a row that brought nothing lasting. */
export type ReflectorState =
  | { readonly name: 'Listing'; readonly failures: number }
  | { readonly name: 'Watching'; readonly failures: number; readonly resourceVersion: string }
  | { readonly name: 'Pausing'; readonly delayMs: number; readonly next: ActiveState };

type ActiveState = Exclude<ReflectorState, { readonly name: 'Pausing' }>;

/** How the thing that it did ended. */
export type ReflectorOutcome =
  | { readonly type: 'listed'; readonly resourceVersion: string }
  | { readonly type: 'listFailed'; readonly retryAfterMs?: number }
  | {
      readonly type: 'watchEnded';
      /** Of the last event or bookmark. */
      readonly resourceVersion: string;
      readonly livedMs: number;
      /**
       * `closed`: the server ended it, or it was silent too long. `expired`: the resourceVersion is too old (410).
       * `unreadable`: an event that a watch can't deliver. `failed`: anything else.
       */
      readonly cause: 'closed' | 'expired' | 'unreadable' | 'failed';
      readonly retryAfterMs?: number;
    }
  | { readonly type: 'paused' };

/** A watch that lived this long proves the server well; shorter ones count as failures, or they would spin. */
export const HEALTHY_WATCH_MS = 10_000;

/** One step. `random` is in [0, 1). Outcomes that don't belong to the state leave it as it is. */
export function stepReflector(
  state: ReflectorState,
  outcome: ReflectorOutcome,
  random: number,
): ReflectorState {
  switch (outcome.type) {
    case 'paused':
      return state.name === 'Pausing' ? state.next : state;
    case 'listed':
      // Failures are kept: a server whose lists work and whose watches don't must not be listed in a loop.
      return state.name === 'Listing'
        ? { name: 'Watching', failures: state.failures, resourceVersion: outcome.resourceVersion }
        : state;
    case 'listFailed': {
      if (state.name !== 'Listing') return state;
      const failures = state.failures + 1;
      return pause({ name: 'Listing', failures }, random, outcome.retryAfterMs);
    }
    case 'watchEnded': {
      if (state.name !== 'Watching') return state;
      const { resourceVersion, cause } = outcome;
      const healthy = outcome.livedMs >= HEALTHY_WATCH_MS;
      if (healthy && cause === 'closed') return { name: 'Watching', failures: 0, resourceVersion };
      const failures = healthy ? 1 : state.failures + 1;
      const relist = cause === 'expired' || cause === 'unreadable';
      // The first 410 is the normal fate of a watch that slept: its list is due now.
      if (cause === 'expired' && failures === 1) return { name: 'Listing', failures };
      return pause(
        relist ? { name: 'Listing', failures } : { name: 'Watching', failures, resourceVersion },
        random,
        outcome.retryAfterMs,
      );
    }
  }
}

function pause(next: ActiveState, random: number, retryAfterMs: number | undefined): ReflectorState {
  return { name: 'Pausing', delayMs: backoffMs(next.failures, random, retryAfterMs), next };
}
