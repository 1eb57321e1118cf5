import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { parseConstraint } from '../../src/core/version/constraint.ts';
import { narrow } from '../../src/core/version/narrow.ts';
import { printRange } from '../../src/core/version/print-range.ts';
import { contains, intersect, isEmpty, isSubset, union } from '../../src/core/version/range.ts';
import { formatVersion, parseVersion } from '../../src/core/version/version.ts';
import { constraintText, RUNS, rangeOf, versionOf, versionText } from '../core/version/arbitrary.ts';
import { type SemverLibrary, startSemverLibrary } from './semver-library.ts';

/** Versions tried against each generated constraint. */
const versions: fc.Arbitrary<readonly string[]> = fc.uniqueArray(versionText, {
  minLength: 12,
  maxLength: 24,
});

/** Any text at all, built from what constraints and versions are made of. */
const scrap = fc.constantFrom(
  ...[
    '1',
    '2',
    '0',
    '10',
    '.',
    '-',
    '+',
    'x',
    '*',
    'v',
    ' ',
    ',',
    '||',
    '<',
    '>',
    '=',
    '!',
    '~',
    '^',
    'rc',
    'a',
    '01',
    '1.2.3',
  ],
);
const anyText = fc.array(scrap, { minLength: 1, maxLength: 9 }).map((parts) => parts.join(''));

describe('the range algebra against the library itself', () => {
  let library: SemverLibrary;
  before(async () => {
    library = await startSemverLibrary();
  });
  after(() => library.close());

  it('reads and refuses the same constraints, and admits the same versions, also for texts that make little sense', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(constraintText, anyText), { minLength: 8, maxLength: 8 }),
        fc.array(fc.oneof(versionText, anyText), { minLength: 8, maxLength: 8 }),
        async (constraints, texts) => {
          const verdicts = await library.ask(constraints, texts);
          for (const [index, text] of constraints.entries()) {
            const verdict = verdicts[index];
            const parsed = parseConstraint(text);
            assert.equal(parsed.ok, verdict?.ok, `whether ${JSON.stringify(text)} is a constraint`);
            if (!parsed.ok || verdict === undefined) continue;
            read += 1;
            const range = rangeOf(text);
            for (const [at, written] of texts.entries()) {
              const version = parseVersion(written);
              const ours = version.ok && contains(range, version.version);
              assert.equal(
                ours,
                verdict.admits[at],
                `${JSON.stringify(text)} and ${JSON.stringify(written)}`,
              );
            }
          }
        },
      ),
      { numRuns: RUNS },
    );
    assert.ok(read > RUNS, `${read} constraints could be read`);
  });

  it('intersects and unites: a version is in both, or in either, exactly when the library says so', async () => {
    await fc.assert(
      fc.asyncProperty(constraintText, constraintText, versions, async (a, b, texts) => {
        const [inA, inB] = await library.ask([a, b], texts);
        const both = intersect(rangeOf(a), rangeOf(b));
        const either = union(rangeOf(a), rangeOf(b));
        for (const [at, text] of texts.entries()) {
          const [left, right] = [inA?.admits[at] === true, inB?.admits[at] === true];
          assert.equal(contains(both, versionOf(text)), left && right, `${text} in both ${a} and ${b}`);
          assert.equal(contains(either, versionOf(text)), left || right, `${text} in ${a} or ${b}`);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('finds no version of a claimed subset outside, and each counter-example is one for the library too', async () => {
    let subsets = 0;
    let others = 0;
    await fc.assert(
      fc.asyncProperty(
        constraintText,
        constraintText,
        versions,
        fc.boolean(),
        async (a, b, texts, related) => {
          const right = related ? `${b} || ${a}` : b;
          const result = isSubset(rangeOf(a), rangeOf(right));
          const tried = result.subset ? texts : [formatVersion(result.counterExample)];
          const [inLeft, inRight] = await library.ask([a, right], tried);
          if (result.subset) {
            subsets += 1;
            for (const [at, text] of tried.entries())
              assert.ok(
                !(inLeft?.admits[at] && !inRight?.admits[at]),
                `${text} shows that ${a} is not in ${right}`,
              );
          } else {
            others += 1;
            assert.deepEqual(
              [inLeft?.admits, inRight?.admits],
              [[true], [false]],
              `${tried[0]}: ${a} in ${right}`,
            );
          }
        },
      ),
      { numRuns: RUNS },
    );
    assert.ok(subsets > RUNS / 10 && others > RUNS / 10, `${subsets} subsets, ${others} not`);
  });

  it('calls a range empty only when the library admits nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(constraintText, constraintText, versions, async (a, b, texts) => {
        if (!isEmpty(intersect(rangeOf(a), rangeOf(b)))) return;
        const [inA, inB] = await library.ask([a, b], texts);
        assert.ok(!texts.some((_text, at) => inA?.admits[at] && inB?.admits[at]), `${a} and ${b}`);
      }),
      { numRuns: RUNS },
    );
  });

  it('prints ranges that the library reads as the same versions', async () => {
    let printed = 0;
    await fc.assert(
      fc.asyncProperty(
        constraintText,
        constraintText,
        versions,
        fc.boolean(),
        async (a, b, texts, joined) => {
          const range = (joined ? union : intersect)(rangeOf(a), rangeOf(b));
          const result = printRange(range);
          if (!result.ok) return;
          printed += 1;
          const [back] = await library.ask([result.text], texts);
          assert.equal(back?.ok, true, result.text);
          for (const [at, text] of texts.entries())
            assert.equal(back?.admits[at], contains(range, versionOf(text)), `${text} in ${result.text}`);
        },
      ),
      { numRuns: RUNS },
    );
    assert.ok(printed > RUNS / 2, `${printed} printed`);
  });

  it('narrows to a text that admits, for the library, what both constraints admit', async () => {
    let narrowed = 0;
    await fc.assert(
      fc.asyncProperty(constraintText, constraintText, versions, async (written, within, texts) => {
        const result = narrow(written, rangeOf(within));
        if (result.kind !== 'narrowed') return;
        narrowed += 1;
        const [to, from, limit] = await library.ask([result.text, written, within], texts);
        for (const [at, text] of texts.entries())
          assert.equal(
            to?.admits[at],
            from?.admits[at] === true && limit?.admits[at] === true,
            `${text}: ${result.text}`,
          );
      }),
      { numRuns: RUNS },
    );
    assert.ok(narrowed > RUNS / 10, `${narrowed} narrowed`);
  });
});
