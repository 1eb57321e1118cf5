import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printRange } from '../../../src/core/version/print-range.ts';
import { intersect, isEqualRange, type Range, union } from '../../../src/core/version/range.ts';
import { constraintText, RUNS, rangeOf } from './arbitrary.ts';

const TABLE: readonly (readonly [text: string, printed: string])[] = [
  ['*', '*'],
  ['x', '*'],
  ['1.30.0', '1.30.0'],
  ['=v1.30.0+build', '1.30.0'],
  ['>=1.28.0, <2.0.0', '>=1.28.0 <2.0.0'],
  ['^1.28', '>=1.28.0 <2.0.0'],
  ['~1.28.3', '>=1.28.3 <1.29.0'],
  ['1.2 - 1.4.5', '>=1.2.0 <1.4.6'],
  ['>1', '>=2.0.0'],
  ['!=1.2.3', '!=1.2.3'],
  ['!=1.2.x', '!=1.2.x'],
  ['!=1.x', '!=1.x'],
  ['>=1.0 <2 !=1.4.x !=1.5.3', '>=1.0.0 <2.0.0 !=1.4.x !=1.5.3'],
  ['1.28.0 || 1.30.0', '1.28.0 || 1.30.0'],
  ['>2 <1', '<0.0.0'],
  ['1.0.0-rc.1', '1.0.0-rc.1'],
  ['*-0', '>=0.0.0-0'],
  ['>1.0.0-rc.1 <=2.0.0-rc.2', '>1.0.0-rc.1 <=2.0.0-rc.2'],
  ['<1.2.3-0', '>=0.0.0-0 <1.2.3-0'],
  ['^1.2.3-0', '>=1.2.3-0 <2.0.0-0'],
  ['>=1.30.0-0 >=1.28.0 <2.0.0', '>=1.30.0-0 <2.0.0'],
  ['>=1.28.0 <2.0.0 || >=1.30.0-0 <1.31.0', '>=1.28.0 <2.0.0 || >=1.30.0-0 <1.31.0'],
  ['>=1.2.0-0 <1.3.0-0 !=1.2.x', '>=1.2.0-0 <1.3.0-0 !=1.2.x'],
  ['>=1.2.0-0 !=1.2.x-beta', '>=1.2.0-0 !=1.2.x-beta'],
];

function print(range: Range): string {
  const printed = printRange(range);
  assert.ok(printed.ok, printed.ok ? '' : printed.error.message);
  return printed.text;
}

test('ranges are printed in one plain form', () => {
  for (const [text, printed] of TABLE) assert.equal(print(rangeOf(text)), printed, text);
});

test('the intersection of * with the bounds of a policy prints as these bounds', () => {
  assert.equal(print(intersect(rangeOf('*'), rangeOf('>=1.28.0 <2.0.0'))), '>=1.28.0 <2.0.0');
});

test('what is printed reads back as the same range and prints the same again', () => {
  fc.assert(
    fc.property(constraintText, constraintText, fc.boolean(), (a, b, both) => {
      const range = both ? intersect(rangeOf(a), rangeOf(b)) : union(rangeOf(a), rangeOf(b));
      const printed = printRange(range);
      if (!printed.ok) {
        // Only size may stand in the way of a range that constraints made.
        assert.equal(printed.error.code, 'TooLong', `${a} / ${b}: ${printed.error.message}`);
        return;
      }
      const back = rangeOf(printed.text);
      assert.ok(isEqualRange(back, range), `${a} / ${b}: ${printed.text}`);
      assert.equal(print(back), printed.text);
    }),
    { numRuns: RUNS },
  );
});

test('a range that the grammar cannot express is an error, never a near miss', () => {
  const everyPrerelease: Range = { stable: [], prerelease: rangeOf('*-0').prerelease };
  const printed = printRange(everyPrerelease);
  assert.equal(!printed.ok && printed.error.code, 'NoExactText');
});

test('a range over the limits of the library is an error', () => {
  const many = Array.from({ length: 60 }, (_, index) => rangeOf(`1.${index * 2}.0`)).reduce(union);
  const printed = printRange(many);
  assert.equal(!printed.ok && printed.error.code, 'TooLong');
});
