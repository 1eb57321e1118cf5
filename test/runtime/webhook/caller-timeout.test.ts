import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { decideWithinMs } from '../../../src/runtime/webhook/caller-timeout.ts';

describe('the time for a decision', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['/validate?timeout=5s', 4_500],
    ['/validate?x=1&timeout=1.5s', 1_000],
    ['/validate?timeout=1s', 500],
    ['/validate?timeout=400ms', 200],
    ['/validate?timeout=1m', 29_500],
    ['/validate?timeout=99999999m', 29_500],
    ['/validate', 9_500],
    ['/validate?timeout=', 9_500],
    ['/validate?timeout=-5s', 9_500],
    ['/validate?timeout=0s', 9_500],
    ['/validate?timeout=NaN', 9_500],
    ['/validate?timeout=5', 9_500],
  ];
  for (const [url, ms] of cases) {
    it(`is ${ms} ms for ${url}`, () => assert.equal(decideWithinMs(url), ms));
  }
});
