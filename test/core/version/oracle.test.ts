import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { check, parseConstraint, validate } from '../../../src/core/version/constraint.ts';
import { contains, toRange } from '../../../src/core/version/range.ts';
import { parseVersion } from '../../../src/core/version/version.ts';

const file = new URL('../../fixtures/oracles/constraints.jsonl.gz', import.meta.url);
const rows = gunzipSync(readFileSync(file))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as [constraint: string, version: string, verdict: string]);

test('every row of the reference table is judged as Masterminds/semver does, by the predicate and by the intervals', () => {
  assert.equal(rows.length, 32_760);
  const wrong: string[] = [];
  const seen = new Map<string, number>();
  for (const [constraintText, versionText, expected] of rows) {
    seen.set(expected, (seen.get(expected) ?? 0) + 1);
    const constraint = parseConstraint(constraintText);
    const version = parseVersion(versionText);
    const row = JSON.stringify([constraintText, versionText, expected]);
    if (!constraint.ok || !version.ok) {
      const found = constraint.ok ? 'invalid-version' : 'invalid-constraint';
      if (found !== expected) wrong.push(`${row}: ${found}`);
      continue;
    }
    const byCheck = check(constraint.constraint, version.version);
    const byRange = contains(toRange(constraint.constraint), version.version);
    const reason = validate(constraint.constraint, version.version);
    if (String(byCheck) !== expected) wrong.push(`${row}: check ${byCheck}`);
    if (String(byRange) !== expected) wrong.push(`${row}: interval form ${byRange}`);
    if ((reason === undefined) !== byCheck || reason === '') wrong.push(`${row}: reason ${reason}`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual([...seen.keys()].sort(), ['false', 'invalid-constraint', 'invalid-version', 'true']);
});
