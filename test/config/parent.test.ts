import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parentToWatch } from '../../src/config/parent.ts';

describe('the parent whose end ends the process', () => {
  for (const [env, expected] of [
    [{}, undefined],
    [{ npm_lifecycle_event: 'demo' }, 7],
    [{ HELMGATE_PARENT: '42' }, 42],
    [{ HELMGATE_PARENT: '42', npm_lifecycle_event: 'demo' }, 42],
    [{ HELMGATE_PARENT: '0' }, undefined],
    [{ HELMGATE_PARENT: 'x', npm_lifecycle_event: 'demo' }, 7],
  ] as const) {
    it(`is ${expected ?? 'nobody'} with ${JSON.stringify(env)} and the parent 7`, () => {
      assert.equal(parentToWatch(env, 7), expected);
    });
  }
});
