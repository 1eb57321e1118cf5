import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { LineIndex } from '../../../src/core/policy/line-index.ts';

const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 400);

describe('the place of an offset', () => {
  it('is its line and column as counted one by one', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\t', '\u{1f600}'), maxLength: 40 });
    fc.assert(
      fc.property(text, (written) => {
        const lines = new LineIndex(written);
        for (let offset = 0; offset <= written.length; offset += 1) {
          const before = written.slice(0, offset).split('\n');
          const expected = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
          assert.deepEqual(lines.placeOf(offset), expected);
        }
      }),
      { numRuns },
    );
  });

  it('is right behind a bracket that swallowed some lines', () => {
    const result = compilePolicySet([{ path: 'p.yaml', text: '{ a\nb: |\n  c\nd: e\n  f["g"]\nh: "i"\n' }]);
    assert.ok(!result.ok);
    const last = result.errors.at(-1);
    assert.deepEqual([last?.line, last?.column], [6, 4]);
  });
});
