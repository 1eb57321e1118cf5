import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import semver from 'semver';
import { parseConstraint } from '../../../src/core/version/constraint.ts';
import { isEqualRange } from '../../../src/core/version/range.ts';
import { rangeOf } from './arbitrary.ts';

const documentation = readFileSync(new URL('../../../docs/version-constraints.md', import.meta.url), 'utf8');

/** The cells of each row of the table with this first heading. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const lines = documentation.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  assert.notEqual(start, -1, heading);
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => line === ''),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const codeOf = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

test('what the documentation says that a constraint means is what it means', () => {
  let compared = 0;
  for (const [written = '', means = ''] of rowsOf('written')) {
    const meanings = codeOf(means);
    if (meanings.length === 0 || means.includes('exactly') || means.startsWith('everything')) continue;
    for (const [index, constraint] of codeOf(written).entries()) {
      const meaning = meanings[index] ?? meanings[0] ?? '';
      assert.ok(isEqualRange(rangeOf(constraint), rangeOf(meaning)), `${constraint} and ${meaning}`);
      compared += 1;
    }
  }
  assert.ok(compared >= 12, `${compared} compared`);
});

test('what the documentation says that npm refuses is refused by npm and read here', () => {
  let compared = 0;
  for (const [constraints = ''] of rowsOf('constraint | Helm, Flux, Helmgate | npm').filter(
    (row) => row[2] === 'invalid',
  )) {
    if (constraints.includes('version')) continue;
    for (const constraint of codeOf(constraints)) {
      assert.equal(semver.validRange(constraint), null, constraint);
      assert.equal(parseConstraint(constraint).ok, true, constraint);
      compared += 1;
    }
  }
  assert.ok(compared >= 5, `${compared} compared`);
});
