import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { printTestsText } from '../../../../src/cli/test/print-tests.ts';
import { readPolicyTests } from '../../../../src/cli/test/read-policy-tests.ts';
import { runTest } from '../../../../src/cli/test/run-tests.ts';
import { formatLocatedError } from '../../../../src/core/policy/located-error.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const FIXTURES = relative(ROOT, join(import.meta.dirname, '../../../fixtures/rules'));
const { tests, errors } = await readPolicyTests([FIXTURES], ROOT, Readable.from([]));

describe('the fixtures of the rules', () => {
  it('can be read, all of them', () => {
    assert.deepEqual(errors.map(formatLocatedError), []);
    assert.ok(tests.length > 0);
  });

  for (const loaded of tests) {
    const { test } = loaded;
    describe(`${test.document.source.file}: ${test.name}`, () => {
      it('has policies that compile', () => {
        assert.deepEqual(loaded.compiled.ok ? [] : loaded.compiled.errors.map(formatLocatedError), []);
      });
      const ran = runTest(loaded, '');
      for (const entry of ran.cases) {
        it(entry.entry.name, () => {
          const shown = printTestsText([{ ...ran, cases: [entry] }], [], false);
          assert.ok(entry.mismatches.length === 0, shown);
        });
      }
    });
  }
});
