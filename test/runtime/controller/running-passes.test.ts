import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunningPasses } from '../../../src/runtime/controller/running-passes.ts';

const KEY = 'ns/app';
const DELETED = '2026-01-01T00:00:00Z';
const object = (
  generation: number,
  deletionTimestamp?: string,
): { readonly metadata: { readonly name: string; readonly generation: number } } => ({
  metadata: { name: 'app', generation, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
});

describe('running passes', () => {
  for (const [title, begun, seen, superseded] of [
    ['a newer generation', object(2), object(3), true],
    ['the same generation, as after a status was written', object(2), object(2), false],
    ['an older generation, from a watch that lags behind', object(2), object(1), false],
    ['its deletion', object(2), object(2, DELETED), true],
    ['the deletion that it is there for', object(2, DELETED), object(2, DELETED), false],
  ] as const) {
    it(`${superseded ? 'are superseded' : 'go on'} when the watch shows ${title}`, () => {
      const passes = new RunningPasses();
      const signal = passes.begin(KEY, begun);
      passes.onObject(KEY, seen);
      assert.equal(signal.aborted, superseded);
    });
  }

  it('are not superseded by what happens to another object', () => {
    const passes = new RunningPasses();
    const signal = passes.begin(KEY, object(1));
    passes.onObject('ns/other', object(9));
    assert.equal(signal.aborted, false);
  });

  it('take in changed records while they run and tell of them once, at their end', () => {
    const passes = new RunningPasses();
    assert.equal(passes.onRecord(KEY), false);
    passes.begin(KEY, object(1));
    assert.equal(passes.onRecord(KEY), true);
    assert.equal(passes.end(KEY), true);
    passes.begin(KEY, object(1));
    assert.equal(passes.end(KEY), false);
    assert.equal(passes.onRecord(KEY), false);
  });
});
