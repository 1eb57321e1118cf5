import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import semver from 'semver';
import {
  compareVersions,
  formatVersion,
  MAX_VERSION_LENGTH,
  parseVersion,
} from '../../../src/core/version/version.ts';
import { RUNS, versionOf, versionText } from './arbitrary.ts';

const READ: readonly (readonly [text: string, canonical: string])[] = [
  ['1', '1.0.0'],
  ['v1.2', '1.2.0'],
  ['01.02.03', '1.2.3'],
  ['1-rc.1', '1.0.0-rc.1'],
  ['1.2+meta', '1.2.0+meta'],
  ['1.2.3--', '1.2.3--'],
  ['1.2.3-a+b.01', '1.2.3-a+b.01'],
  ['18446744073709551615.0.0', '18446744073709551615.0.0'],
  ['000000000000000000000000000001.0.0', '1.0.0'],
];

const REFUSED: readonly (readonly [text: string, code: string, position: number | undefined])[] = [
  ['', 'Empty', undefined],
  ['latest', 'Malformed', 0],
  ['V1.2.3', 'Malformed', 0],
  [' 1.2.3', 'Malformed', 0],
  ['1.2.3 ', 'Malformed', 5],
  ['1.2.3.4', 'Malformed', 5],
  ['1.2.', 'Malformed', 3],
  ['1.2.3-', 'Malformed', 5],
  ['1.2.3-a..b', 'Malformed', 7],
  ['1.2.3-é', 'Malformed', 5],
  ['1.x', 'Malformed', 1],
  ['1.2.3-rc.01', 'LeadingZero', 9],
  ['18446744073709551616.0.0', 'NumberTooLarge', 0],
  ['1'.repeat(MAX_VERSION_LENGTH + 1), 'TooLong', undefined],
];

test('short and coerced versions are read with what is missing filled in', () => {
  for (const [text, canonical] of READ) {
    const version = versionOf(text);
    assert.equal(formatVersion(version), canonical);
    assert.equal(version.original, text);
  }
});

test('a text that is no version is refused with a code and the place', () => {
  for (const [text, code, position] of REFUSED) {
    const result = parseVersion(text);
    assert.ok(!result.ok, text);
    assert.deepEqual([result.error.code, result.error.position], [code, position], text);
  }
});

test('versions that npm can hold are ordered as npm orders them', () => {
  fc.assert(
    fc.property(versionText, versionText, (a, b) => {
      fc.pre(semver.valid(a) !== null && semver.valid(b) !== null && !/[0-9]{17}/.test(a + b));
      assert.equal(compareVersions(versionOf(a), versionOf(b)), semver.compare(a, b));
    }),
    { numRuns: RUNS },
  );
});

test('the order is total: antisymmetric, transitive, and equal only for the same precedence', () => {
  fc.assert(
    fc.property(versionText, versionText, versionText, (a, b, c) => {
      const [x, y, z] = [a, b, c].map(versionOf).sort(compareVersions);
      assert.ok(x !== undefined && y !== undefined && z !== undefined);
      assert.ok(compareVersions(x, y) <= 0 && compareVersions(y, z) <= 0 && compareVersions(x, z) <= 0);
      assert.equal(compareVersions(x, z) + compareVersions(z, x), 0);
      assert.equal(compareVersions(x, y) === 0, formatVersion(x) === formatVersion(y));
    }),
    { numRuns: RUNS },
  );
});

test('numbers that a double cannot hold are told apart', () => {
  assert.equal(compareVersions(versionOf('9007199254740993.0.0'), versionOf('9007199254740992.0.0')), 1);
  assert.equal(compareVersions(versionOf('1.0.0-9007199254740993'), versionOf('1.0.0-9007199254740992')), 1);
});

test('a prerelease number over 2^64-1 counts as text, above every number', () => {
  assert.equal(
    compareVersions(versionOf('1.0.0-18446744073709551616'), versionOf('1.0.0-18446744073709551615')),
    1,
  );
  assert.equal(compareVersions(versionOf('1.0.0-18446744073709551616'), versionOf('1.0.0-a')), -1);
  assert.equal(compareVersions(versionOf('1.0.0-18446744073709551616'), versionOf('1.0.0-2')), 1);
});
