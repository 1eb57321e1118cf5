import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nearbyExpressions } from '../../../src/core/policytest/nearby-expressions.ts';

const OPERATORS: readonly (readonly [string, string])[] = [
  ['a >= b', 'a > b'],
  ['a > b', 'a >= b'],
  ['a <= b', 'a < b'],
  ['a < b', 'a <= b'],
  ['a == b', 'a != b'],
  ['a != b', 'a == b'],
  ['a && b', 'a || b'],
  ['a || b', 'a && b'],
];

/** Expressions whose operators all stand in texts. */
const QUIET: readonly string[] = [
  ...['', 'a', '!a', 'a in b', 'f(a)', 'a & b', 'a | b', 'a = b'],
  ...["'a < b'", '"a < b"', '"a && b" + c', `"'" + "a == b"`, `'"' + 'a == b'`],
  ...[`'\\' < \\''`, '"\\" < \\""', `'\\\\' + "<"`, `"\\\\" + '<'`, `""+''+"<"`],
];

describe('expressions nearby', () => {
  for (const [text, other] of OPERATORS) {
    it(`of ${text} are its opposite and ${other}`, () => {
      assert.deepEqual(nearbyExpressions(text), [`!(${text})`, other]);
      const close = text.replaceAll(' ', '');
      assert.deepEqual(nearbyExpressions(close), [`!(${close})`, other.replaceAll(' ', '')]);
    });
  }

  for (const text of QUIET) {
    it(`of ${text || 'nothing'}, where no operator has a neighbour, are its opposite alone`, () => {
      assert.deepEqual(nearbyExpressions(text), [`!(${text})`]);
    });
  }

  it('look for operators again where a text ends', () => {
    for (const text of [`"<" < '<'`, `'\\'' < "\\""`, `"" < ''`, `'' < ""`])
      assert.deepEqual(nearbyExpressions(text), [`!(${text})`, text.replace(' < ', ' <= ')]);
  });

  it('change one operator each and keep everything else', () => {
    const parts = fc.array(fc.constantFrom(...OPERATORS, ["'<'", "'<'"] as const), { maxLength: 6 });
    fc.assert(
      fc.property(parts, (list) => {
        const text = list.map(([one]) => one).join(' + ');
        const expected = list.flatMap(([one, other], at) =>
          one === other ? [] : [list.map((pair, index) => (index === at ? other : pair[0])).join(' + ')],
        );
        assert.deepEqual(nearbyExpressions(text), [`!(${text})`, ...expected]);
      }),
    );
  });
});
