import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  check,
  MAX_CONSTRAINT_GROUPS,
  MAX_CONSTRAINT_LENGTH,
  parseConstraint,
  validate,
} from '../../../src/core/version/constraint.ts';
import { constraintOf, versionOf } from './arbitrary.ts';

const REFUSED: readonly (readonly [text: string, code: string, position: number])[] = [
  ['', 'Empty', 0],
  ['  ', 'Empty', 0],
  ['1.2 ||', 'Empty', 6],
  ['>= ', 'Malformed', 3],
  ['latest', 'Malformed', 0],
  ['>=1.0.0<2.0.0', 'Malformed', 7],
  ['1.2.3.4', 'Malformed', 5],
  ['>=1.2 and <2', 'Malformed', 6],
  ['1.2,', 'Malformed', 4],
  ['== 1.2', 'Malformed', 1],
  ['~ > 1.2', 'Malformed', 2],
  ['1.0 2 - 3', 'Malformed', 4],
  ['1 - 2 - 3', 'Malformed', 6],
  ['>=1 - 2', 'Malformed', 4],
  ['^1.2 || 2 - 3.y', 'Malformed', 13],
  ['>=1.2.3-01', 'BadOperand', 2],
  ['1.2 || 1.xx', 'BadOperand', 7],
  ['1|2', 'BadOperand', 0],
  ['18446744073709551616', 'BadOperand', 0],
  ['1\u000b', 'Malformed', 1],
  ['1\u00a0', 'Malformed', 1],
];

test('a text that is no constraint is refused with a code and the place in the text given', () => {
  for (const [text, code, position] of REFUSED) {
    const result = parseConstraint(text);
    assert.ok(!result.ok, text);
    assert.deepEqual([result.error.code, result.error.position], [code, position], JSON.stringify(text));
  }
});

test('a hyphen range in the wrong place is named, rather than a character that nobody wrote', () => {
  for (const text of ['1.0 2 - 3', '>=1 - 2', '1 - 2 - 3']) {
    const result = parseConstraint(text);
    assert.match(result.ok ? '' : result.error.message, /^a hyphen range .* must be at the start/, text);
  }
  const result = parseConstraint('1.2.x.x');
  assert.match(result.ok ? '' : result.error.message, /^found "\." where an operator/);
});

test('the limits of the library are inclusive', () => {
  const longest = `>=1.0.0${' '.repeat(MAX_CONSTRAINT_LENGTH - 7)}`;
  assert.equal(parseConstraint(longest).ok, true);
  const tooLong = parseConstraint(`${longest} `);
  assert.equal(!tooLong.ok && tooLong.error.code, 'TooLong');
  const most = Array.from({ length: MAX_CONSTRAINT_GROUPS }, () => '1.0').join('||');
  assert.equal(parseConstraint(most).ok, true);
  const tooMany = parseConstraint(`${most}||1.0`);
  assert.equal(!tooMany.ok && tooMany.error.code, 'TooManyGroups');
});

/** What hyphen ranges turn into, operators with their operands; each row was answered by the library. */
const HYPHENS: readonly (readonly [text: string, groups: readonly (readonly string[])[]])[] = [
  ['1.2 - 1.4.5', [['>=1.2', '<=1.4.5']]],
  ['1 - 2 3 - 4', [['>=1', '<=2', '>=3', '<=4']]],
  ['1.0, 2 - 3', [['1.0', '>=2', '<=3']]],
  ['2 - 3 1.0', [['>=2', '<=3', '1.0']]],
  ['1||2 - 3', [['>=1'], ['2', '<=3']]],
  ['1||v2 - 3', [['1'], ['>=v2', '<=3']]],
  ['1 - 2>3', [['>=1', '<=2', '>3']]],
  ['1 - 2v3', [['>=1', '<=2', 'v3']]],
  ['1.0 -\t2.0||3', [['>=1.0', '<=2.0'], ['3']]],
];

test('hyphen ranges are rewritten on the text, with the effects that this has in the library', () => {
  for (const [text, groups] of HYPHENS) {
    const found = constraintOf(text).groups.map((group) => group.atoms.map((atom) => atom.text));
    assert.deepEqual(found, groups, text);
  }
});

test('a group admits prereleases only when one of its own operands names one', () => {
  const rc = versionOf('2.0.0-rc.1');
  assert.equal(check(constraintOf('>=1.28.0 <2.0.0'), rc), false);
  assert.equal(check(constraintOf('>=1.30.0-0 >=1.28.0 <2.0.0'), rc), true);
  assert.equal(check(constraintOf('>=1.30.0-0 <1.31.0 || >=1.28.0 <2.0.0'), rc), false);
});

test('a refused version gets the reason of each group', () => {
  const reasonOf = (constraint: string, version: string): string | undefined =>
    validate(constraintOf(constraint), versionOf(version));
  assert.equal(reasonOf('>=1.28.0 <2.0.0', '1.30.0'), undefined);
  assert.equal(reasonOf('>=1.28.0 <2.0.0', 'v2.1'), '2.1.0 is not below the bound of "<2.0.0"');
  assert.equal(
    reasonOf('>=1.28.0 <2.0.0', '2.0.0-rc.1'),
    '2.0.0-rc.1 is a prerelease and ">=1.28.0 <2.0.0" names none, so it admits releases only',
  );
  assert.equal(
    reasonOf('1.2.x || !=1.4.0 >1.3', '1.4.0'),
    '1.4.0 is outside "1.2.x"; 1.4.0 is excluded by "!=1.4.0"',
  );
});

test('hostile texts of the full length are read in time linear in their length', () => {
  const size = MAX_CONSTRAINT_LENGTH;
  const hostile = [
    '1-'.repeat(size / 2),
    '1 - '.repeat(size / 4),
    '||v1 - '.repeat(size / 7),
    `${'1.'.repeat(size / 2 - 4)} - 1`,
    `${'1-a.'.repeat(size / 4 - 2)}! - 1`,
    ' '.repeat(size),
    `${'|'.repeat(size - 4)} - 1`,
  ];
  const begun = process.cpuUsage();
  for (let round = 0; round < 20; round += 1) {
    for (const text of hostile) parseConstraint(text.slice(0, size));
  }
  const { user } = process.cpuUsage(begun);
  // 140 texts take about 20 ms; twenty times as much leaves room for a slow machine and none for a cubic scan.
  assert.ok(user < 400_000, `${user} us of CPU`);
});
