import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearbyTexts } from '../../../src/core/policytest/nearby-texts.ts';

const TABLE: readonly (readonly [string, readonly string[]])[] = [
  ['5m', ['6m', '4m']],
  ['1h30m', ['1h31m', '1h29m']],
  ['0s', ['1s']],
  ['500ms', ['501ms', '499ms']],
  ['1.5h', ['1.6h', '1.4h']],
  ['>=1.28.0 <2.0.0', ['>=1.28.1 <2.0.0', '>=1.28.0 <2.0.1']],
  ['1.10', ['1.11']],
  ['v1.2', ['v1.3']],
  ['>=1.0.0-rc.1', ['>=1.0.1-rc.1']],
  ['~1', ['~2']],
  ['1.2 - 1.4.5', ['1.3 - 1.4.5', '1.2 - 1.4.6']],
  ['99999999999999999999s', ['100000000000000000000s', '99999999999999999998s']],
  ['1.25h', ['1.26h', '1.24h']],
  ['1d', ['2d', '0d']],
  ['5', ['6']],
  ['5m ', []],
  ['-5m', []],
  ['5m!', []],
  ['>=1.0.0+2.3', ['>=1.0.1+2.3']],
  ['<2', ['<3']],
  ['1.x', ['2.x']],
  ['*', []],
  ['Narrow', []],
  ['https://flagger.app', []],
  ['prod-1', []],
  ['>= not a version 1', []],
  ['', []],
];

describe('texts nearby', () => {
  for (const [text, expected] of TABLE) {
    it(`of ${JSON.stringify(text)} are ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(nearbyTexts(text), expected);
    });
  }

  it('are none for a text that is no constraint for its length', () => {
    assert.deepEqual(nearbyTexts(`${' '.repeat(249)}>=1.0.0`), [`${' '.repeat(249)}>=1.0.1`]);
    assert.deepEqual(nearbyTexts(`${' '.repeat(250)}>=1.0.0`), []);
  });
});
