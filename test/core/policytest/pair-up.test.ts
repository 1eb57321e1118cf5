import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pairUp } from '../../../src/core/policytest/pair-up.ts';

const isIn = (want: readonly number[], offer: number) => want.includes(offer);

describe('pairing up', () => {
  it('gives a wide wish another thing when a narrow one needs the first', () => {
    assert.deepEqual(pairUp([[1, 2], [1]], [1, 2], isIn), [1, 0]);
  });

  it('moves two owners when a third wish needs that', () => {
    assert.deepEqual(pairUp([[1, 2], [1, 3], [1]], [1, 2, 3], isIn), [1, 2, 0]);
  });

  it('leaves a wish without a thing when nothing fits or all is taken', () => {
    assert.deepEqual(pairUp([[1], [1], [4]], [1, 2], isIn), [0, undefined, undefined]);
    assert.deepEqual(pairUp([], [1], isIn), []);
  });

  it('pairs as many as trying every assignment does, and nothing twice', () => {
    const wishes = fc.array(fc.uniqueArray(fc.nat(4), { maxLength: 5 }), { maxLength: 5 });
    fc.assert(
      fc.property(wishes, (wanted) => {
        const offered = [0, 1, 2, 3, 4];
        const got = pairUp(wanted, offered, isIn).filter((index) => index !== undefined);
        assert.equal(new Set(got).size, got.length);
        assert.equal(got.length, best(wanted, new Set()));
      }),
    );
  });
});

function best([first, ...rest]: readonly (readonly number[])[], taken: ReadonlySet<number>): number {
  if (first === undefined) return 0;
  const tries = first
    .filter((offer) => !taken.has(offer))
    .map((offer) => 1 + best(rest, new Set([...taken, offer])));
  return Math.max(best(rest, taken), ...tries);
}
