import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCondition, removeCondition, setCondition } from '../../../src/core/release/conditions.ts';

const text = { type: 'Ready', status: 'True', reason: 'A', message: 'a', observedGeneration: 1 } as const;

describe('a condition', () => {
  it('gets the time when it is new and when its status changes, else keeps the old one', () => {
    const first = setCondition(undefined, text, 't1');
    assert.deepEqual(first, [{ ...text, lastTransitionTime: 't1' }]);
    const reworded = setCondition(first, { ...text, reason: 'B', message: 'b', observedGeneration: 2 }, 't2');
    assert.deepEqual(reworded, [
      { ...text, reason: 'B', message: 'b', observedGeneration: 2, lastTransitionTime: 't1' },
    ]);
    const flipped = setCondition(reworded, { ...text, status: 'False' }, 't3');
    assert.equal(flipped[0]?.lastTransitionTime, 't3');
  });

  it('stays in its place and leaves the others alone', () => {
    const one = setCondition(setCondition([], text, 't1'), { ...text, type: 'Released' }, 't1');
    const two = setCondition(one, { ...text, status: 'False' }, 't2');
    assert.deepEqual(
      two.map(({ type }) => type),
      ['Ready', 'Released'],
    );
    assert.equal(findCondition(two, 'Released'), one[1]);
    assert.deepEqual(removeCondition(two, 'Ready'), [one[1]]);
    assert.equal(findCondition(undefined, 'Ready'), undefined);
  });

  it('has its message cut to what the API accepts, not inside a character', () => {
    const [long] = setCondition([], { ...text, message: `x${'\u{1f600}'.repeat(20_000)}` }, 't');
    assert.equal(long?.message.length, 32_767);
    assert.ok(long.message.isWellFormed());
    const [exact] = setCondition([], { ...text, message: 'x'.repeat(32_768) }, 't');
    assert.equal(exact?.message.length, 32_768);
  });
});
