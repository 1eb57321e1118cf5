import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../../src/core/version/constraint.ts';
import {
  contains,
  EMPTY_RANGE,
  intersect,
  isEmpty,
  isEqualRange,
  isSubset,
  union,
} from '../../../src/core/version/range.ts';
import { formatVersion, parseVersion } from '../../../src/core/version/version.ts';
import { constraintOf, constraintText, RUNS, rangeOf, versionOf, versionText } from './arbitrary.ts';

const numRuns = RUNS;

/** Versions around every bound that the generated constraints can have. */
const UNIVERSE = ['0', '1', '2', '3', '4'].flatMap((major) =>
  ['0', '1', '2', '3', '4'].flatMap((minor) =>
    ['0', '1', '3', '4'].flatMap((patch) =>
      ['', '-0', '-0.0', '-1', '-10', '-a', '-a.0', '-a-b', '-rc', '-rc.a.1'].map((suffix) =>
        versionOf(`${major}.${minor}.${patch}${suffix}`),
      ),
    ),
  ),
);

function counterExample(left: string, right: string): string | undefined {
  const result = isSubset(rangeOf(left), rangeOf(right));
  return result.subset ? undefined : formatVersion(result.counterExample);
}

test('>=1.28.0 <2.0.0 refuses 2.0.0-rc.1 and >=1.30.0-0 >=1.28.0 <2.0.0 admits it, so joining texts is no intersection', () => {
  const rc = versionOf('2.0.0-rc.1');
  const within = rangeOf('>=1.28.0 <2.0.0');
  assert.equal(contains(within, rc), false);
  assert.equal(contains(rangeOf('>=1.30.0-0 >=1.28.0 <2.0.0'), rc), true);
  const common = intersect(rangeOf('>=1.30.0-0'), within);
  assert.equal(contains(common, rc), false);
  assert.equal(isEqualRange(common, rangeOf('>=1.30.0 <2.0.0')), true);
});

test('the interval form admits exactly what the predicate admits', () => {
  fc.assert(
    fc.property(constraintText, versionText, (text, version) => {
      assert.equal(
        contains(rangeOf(text), versionOf(version)),
        check(constraintOf(text), versionOf(version)),
      );
    }),
    { numRuns: numRuns * 4 },
  );
});

test('an intersection admits what both admit, a union what either admits', () => {
  fc.assert(
    fc.property(
      constraintText,
      constraintText,
      fc.array(versionText, { minLength: 10 }),
      (a, b, versions) => {
        const both = intersect(rangeOf(a), rangeOf(b));
        const either = union(rangeOf(a), rangeOf(b));
        for (const version of versions.map(versionOf)) {
          const [inA, inB] = [check(constraintOf(a), version), check(constraintOf(b), version)];
          assert.equal(contains(both, version), inA && inB, version.original);
          assert.equal(contains(either, version), inA || inB, version.original);
        }
      },
    ),
    { numRuns },
  );
});

test('a subset has no version outside, and a counter-example is a real version that one admits and the other refuses', () => {
  let subsets = 0;
  let others = 0;
  fc.assert(
    fc.property(constraintText, constraintText, fc.boolean(), (a, b, related) => {
      const right = related ? `${b} || ${a}` : b;
      const [left, range] = [rangeOf(a), rangeOf(right)];
      const result = isSubset(left, range);
      if (result.subset) {
        subsets += 1;
        assert.deepEqual(
          UNIVERSE.filter((version) => contains(left, version) && !contains(range, version)),
          [],
        );
      } else {
        others += 1;
        const shown = formatVersion(result.counterExample);
        assert.equal(parseVersion(shown).ok, true);
        assert.equal(check(constraintOf(a), versionOf(shown)), true, shown);
        assert.equal(check(constraintOf(right), versionOf(shown)), false, shown);
      }
    }),
    { numRuns: Math.ceil(numRuns / 2) },
  );
  assert.ok(subsets > numRuns / 10 && others > numRuns / 10, `${subsets} subsets, ${others} not`);
});

test('intersection and union obey the laws of sets', () => {
  fc.assert(
    fc.property(constraintText, constraintText, constraintText, (x, y, z) => {
      const [a, b, c] = [rangeOf(x), rangeOf(y), rangeOf(z)];
      assert.ok(isEqualRange(intersect(a, b), intersect(b, a)));
      assert.ok(isEqualRange(union(a, b), union(b, a)));
      assert.ok(isEqualRange(intersect(a, union(b, c)), union(intersect(a, b), intersect(a, c))));
      assert.ok(isEqualRange(union(a, intersect(b, c)), intersect(union(a, b), union(a, c))));
      assert.ok(isEqualRange(union(a, intersect(a, b)), a));
      assert.ok(isSubset(intersect(a, b), a).subset && isSubset(a, union(a, b)).subset);
      assert.equal(isSubset(a, b).subset, isEqualRange(intersect(a, b), a));
      assert.equal(isEmpty(a), isEqualRange(a, EMPTY_RANGE));
    }),
    { numRuns },
  );
});

test('a counter-example is taken from the highest stretch outside, a release where there is one', () => {
  assert.equal(counterExample('*', '>=1.28.0 <2.0.0'), '2.0.0');
  assert.equal(counterExample('<1.30.0', '>=1.28.0 <2.0.0'), '0.0.0');
  assert.equal(counterExample('>=1.30.0-0 <2.0.0', '>=1.28.0 <2.0.0'), '1.30.0-rc.1');
  assert.equal(counterExample('1.30.0', '>=1.28.0 <2.0.0'), undefined);
});

/** Where a range ends that seems not to: none of these is found by trying versions. */
const EXACT: readonly (readonly [left: string, right: string, counterExample: string | undefined])[] = [
  ['>18446744073709551615', '<0.0.0', undefined],
  ['>1.18446744073709551615.0 <2.0.0', '<=1.18446744073709551615.x', undefined],
  ['>1.18446744073709551615', '>=2.0.0', undefined],
  ['>=1.18446744073709551615.18446744073709551615', '1.18446744073709551615.18446744073709551615', '2.0.0'],
  ['>1.0.0-rc <1.0.0-rc.0', '<0.0.0', undefined],
  ['>1.0.0-rc <1.0.0-rc.1', '<0.0.0', '1.0.0-rc.0'],
  ['>1.0.0-rc.0', '>=1.0.0-rc.0.0', undefined],
  ['<1.0.0-0', '<1.0.0', '0.0.0-rc.1'],
  ['>=1.2.3-0 <1.2.4-0', '1.2.3 || >=1.2.3-0 <1.2.3', undefined],
  ['>=1.2.0-0 <1.3.0-0', '!=1.2.x-beta', '1.2.0-beta'],
  ['>=1.2.3-c <1.2.4-c', '!=1.2.x-beta', '1.2.4-beta'],
  ['>=1.2.3-c <1.2.4-a', '!=1.2.x-beta', undefined],
  ['!=1.2.x-beta', '!=1.2.x-beta !=1.2.3-alpha', '1.2.3-alpha'],
];

test('bounds at the end of the numbers, between neighbouring prereleases and around excluded ones are exact', () => {
  for (const [left, right, expected] of EXACT)
    assert.equal(counterExample(left, right), expected, `${left} in ${right}`);
});
