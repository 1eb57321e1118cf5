import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Fact } from '../../../src/core/policy/facts.ts';
import { FactMap } from '../../../src/core/policytest/fact-map.ts';

describe('a map of facts', () => {
  it('answers for every key: with what was written, else with what holds for all others', () => {
    const absent: Fact<number> = { known: false, why: 'NotFound' };
    const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.nat()), { selector: ([key]) => key });
    fc.assert(
      fc.property(entries, fc.string(), (written, asked) => {
        const facts = written.map(([key, value]) => [key, { known: true, value }] as const);
        const map = new FactMap<number>(facts, absent);
        for (const [key, fact] of facts) assert.deepEqual(map.get(key), fact);
        if (!written.some(([key]) => key === asked)) assert.equal(map.get(asked), absent);
        assert.ok(map.has(asked));
        assert.deepEqual([...map], facts);
      }),
    );
  });
});
