import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRange } from '../../../src/core/version/describe-range.ts';
import { rangeOf } from './arbitrary.ts';

const TABLE: readonly (readonly [text: string, words: string])[] = [
  ['*', 'all releases; no prereleases'],
  ['*-0', 'all releases; all prereleases'],
  ['>2 <1', 'no version at all'],
  ['1.30.0', 'releases exactly 1.30.0; no prereleases'],
  ['1.30.0-rc.1', 'no releases; prereleases exactly 1.30.0-rc.1'],
  ['>=1.28.0 <2.0.0', 'releases from 1.28.0, below 2.0.0; no prereleases'],
  ['<1.2 || >=2', 'releases below 1.2.0, or from 2.0.0 on; no prereleases'],
  ['>=1.30.0-0 <2.0.0', 'releases from 1.30.0, below 2.0.0; prereleases from 1.30.0-0, up to those of 2.0.0'],
  ['^1.2.3-0', 'releases from 1.2.3, below 2.0.0; prereleases from 1.2.3-0, below 2.0.0-0'],
  ['<2.0.0-0', 'releases below 2.0.0; prereleases below 2.0.0-0'],
  ['!=1.2.x-beta', 'all releases; all prereleases, except 1.2.*-beta'],
];

test('ranges are described in words', () => {
  for (const [text, words] of TABLE) assert.equal(describeRange(rangeOf(text)), words, text);
});
