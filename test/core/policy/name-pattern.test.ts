import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canMatchSameName, compileNamePattern, matchesName } from '../../../src/core/policy/name-pattern.ts';

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '-'), maxLength: 6 });
const name = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 7 });
const regex = (text: string) => new RegExp(`^${text.replaceAll('*', '.*')}$`);

/** All names over two letters up to five characters: enough to decide patterns of up to four. */
const names = ['', 'a', 'b'].flatMap(grow).flatMap(grow).flatMap(grow).flatMap(grow);
function grow(text: string): readonly string[] {
  return [text, `${text}a`, `${text}b`];
}

describe('name patterns', () => {
  it('match what the same regular expression matches', () => {
    fc.assert(
      fc.property(pattern, name, (text, candidate) => {
        assert.equal(matchesName(compileNamePattern(text), candidate), regex(text).test(candidate));
      }),
      { numRuns: 3000 },
    );
  });

  it('can match one name exactly when a search finds one', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 3 });
    fc.assert(
      fc.property(short, short, (left, right) => {
        const found = names.some((candidate) => regex(left).test(candidate) && regex(right).test(candidate));
        assert.equal(
          canMatchSameName(compileNamePattern(left), compileNamePattern(right)),
          found,
          `${left} ${right}`,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('ends where backtracking would not', () => {
    const hostile = compileNamePattern(`${'*a'.repeat(100)}b`);
    assert.equal(matchesName(hostile, 'a'.repeat(253)), false);
  });
});
