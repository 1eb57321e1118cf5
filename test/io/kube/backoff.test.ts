import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../../src/io/kube/backoff.ts';

test('doubles from half a second to half a minute when chance takes nothing off', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => backoffMs(failures, 0));
  assert.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('stays between a quarter of a second and half a minute for any chance and any Retry-After', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 1_000 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      fc.nat({ max: 10_000_000 }),
      (failures, random, retryAfterMs) => {
        const delay = backoffMs(failures, random, retryAfterMs);
        return delay >= 250 && delay <= 30_000 && delay >= Math.min(retryAfterMs, 30_000);
      },
    ),
  );
});
