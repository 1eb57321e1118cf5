import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  HEALTHY_WATCH_MS,
  type ReflectorOutcome,
  type ReflectorState,
  stepReflector,
} from '../../../src/io/kube/reflector-state.ts';

const watching = (failures: number): ReflectorState => ({ name: 'Watching', failures, resourceVersion: '7' });
const ended = (cause: 'closed' | 'expired' | 'unreadable' | 'failed', livedMs: number): ReflectorOutcome => ({
  type: 'watchEnded',
  resourceVersion: '9',
  livedMs,
  cause,
});

const table: readonly (readonly [string, ReflectorState, ReflectorOutcome, ReflectorState])[] = [
  [
    'watches from the version of a list',
    { name: 'Listing', failures: 2 },
    { type: 'listed', resourceVersion: '7' },
    { name: 'Watching', failures: 2, resourceVersion: '7' },
  ],
  [
    'pauses before it lists again when a list failed, at least as long as the server asked',
    { name: 'Listing', failures: 0 },
    { type: 'listFailed', retryAfterMs: 5_000 },
    { name: 'Pausing', delayMs: 5_000, next: { name: 'Listing', failures: 1 } },
  ],
  [
    'goes on at once from the last event when a long watch was closed',
    watching(3),
    ended('closed', HEALTHY_WATCH_MS),
    { name: 'Watching', failures: 0, resourceVersion: '9' },
  ],
  [
    'counts a watch that was closed early as a failure',
    watching(0),
    ended('closed', HEALTHY_WATCH_MS - 1),
    { name: 'Pausing', delayMs: 500, next: { name: 'Watching', failures: 1, resourceVersion: '9' } },
  ],
  ['lists at once on the first 410', watching(0), ended('expired', 5), { name: 'Listing', failures: 1 }],
  [
    'pauses before it lists when the 410 comes again',
    watching(1),
    ended('expired', 5),
    { name: 'Pausing', delayMs: 1_000, next: { name: 'Listing', failures: 2 } },
  ],
  [
    'lists after a pause when an event could not be read',
    watching(0),
    ended('unreadable', 5),
    { name: 'Pausing', delayMs: 500, next: { name: 'Listing', failures: 1 } },
  ],
  [
    'watches again after a pause when the connection failed',
    watching(1),
    ended('failed', 5),
    { name: 'Pausing', delayMs: 1_000, next: { name: 'Watching', failures: 2, resourceVersion: '9' } },
  ],
  [
    'does after a pause what was due',
    { name: 'Pausing', delayMs: 1, next: { name: 'Listing', failures: 4 } },
    { type: 'paused' },
    { name: 'Listing', failures: 4 },
  ],
];

for (const [title, state, outcome, expected] of table) {
  test(title, () => assert.deepEqual(stepReflector(state, outcome, 0), expected));
}

test('makes at most ten requests a minute of a server whose lists work and whose watches never live', () => {
  const cause = fc.constantFrom('closed', 'expired', 'unreadable', 'failed');
  fc.assert(
    fc.property(
      fc.infiniteStream(cause),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (causes, random) => {
        let state: ReflectorState = { name: 'Listing', failures: 0 };
        let clockMs = 0;
        let requestsInLastMinute = 0;
        for (let step = 0; step < 200 && clockMs < 600_000; step += 1) {
          if (state.name === 'Pausing') {
            clockMs += state.delayMs;
            state = stepReflector(state, { type: 'paused' }, random);
          } else {
            if (clockMs >= 540_000) requestsInLastMinute += 1;
            const outcome: ReflectorOutcome =
              state.name === 'Listing'
                ? { type: 'listed', resourceVersion: '1' }
                : ended(causes.next().value, 0);
            state = stepReflector(state, outcome, random);
          }
        }
        // A list and a watch for each pause of 15 to 30 s.
        return clockMs >= 600_000 && requestsInLastMinute <= 10;
      },
    ),
  );
});
