import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../../src/core/version/constraint.ts';
import { narrow } from '../../../src/core/version/narrow.ts';
import { formatVersion } from '../../../src/core/version/version.ts';
import { constraintOf, constraintText, RUNS, rangeOf, versionOf, versionText } from './arbitrary.ts';

const WITHIN = '>=1.28.0 <2.0.0';

const TABLE: readonly (readonly [text: string, outcome: string])[] = [
  ['*', 'narrowed to >=1.28.0 <2.0.0, 2.0.0'],
  ['', 'narrowed to >=1.28.0 <2.0.0, 2.0.0'],
  ['>=1.30.0-0', 'narrowed to >=1.30.0 <2.0.0, 2.0.0'],
  ['>=1.30.0-0 <2.0.0', 'narrowed to >=1.30.0 <2.0.0, 1.30.0-rc.1'],
  ['^1', 'narrowed to >=1.28.0 <2.0.0, 1.0.0'],
  ['1.30.0', 'inside'],
  ['~1.30', 'inside'],
  ['>2 <1', 'inside'],
  ['>=3.0.0', 'disjoint, 3.0.0'],
  ['1.30.0-rc.1', 'disjoint, 1.30.0-rc.1'],
  ['1.30.0 or so', 'invalid'],
];

test('a chart version is inside, narrowed to what policy admits, or refused with a version that shows it', () => {
  for (const [text, outcome] of TABLE) {
    const result = narrow(text, rangeOf(WITHIN));
    const target = result.kind === 'narrowed' ? ` to ${result.text}` : '';
    const example = 'counterExample' in result ? `, ${formatVersion(result.counterExample)}` : '';
    assert.equal(`${result.kind}${target}${example}`, outcome, text);
  }
});

test('what was narrowed is inside, and admits exactly what the text and the policy both admit', () => {
  let narrowed = 0;
  fc.assert(
    fc.property(
      constraintText,
      constraintText,
      fc.array(versionText, { minLength: 10 }),
      (text, within, versions) => {
        const result = narrow(text, rangeOf(within));
        if (result.kind !== 'narrowed') return;
        narrowed += 1;
        assert.deepEqual(narrow(result.text, rangeOf(within)), { kind: 'inside' });
        for (const version of versions.map(versionOf)) {
          const both = check(constraintOf(text), version) && check(constraintOf(within), version);
          assert.equal(
            check(constraintOf(result.text), version),
            both,
            `${result.text}: ${version.original}`,
          );
        }
      },
    ),
    { numRuns: RUNS },
  );
  assert.ok(narrowed > RUNS / 10, `${narrowed} narrowed`);
});

test('an admitted part without an exact text is unprintable, so that the caller denies', () => {
  const wide = Array.from({ length: 40 }, (_, index) => `!=${index * 3}.x`).join(' ');
  const other = Array.from({ length: 40 }, (_, index) => `!=${index * 3 + 1}.5.x`).join(' ');
  const result = narrow(wide, rangeOf(other));
  assert.equal(result.kind, 'unprintable');
  assert.equal(result.kind === 'unprintable' && result.error.code, 'TooLong');
});
