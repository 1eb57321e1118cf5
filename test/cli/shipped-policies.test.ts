import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkManifests } from '../../src/cli/check/check-manifests.ts';
import { applyPatch } from '../../src/core/json/apply.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { parsePointer, valueAt } from '../../src/core/json/pointer.ts';
import { compilePolicySet } from '../../src/core/policy/compile.ts';
import { formatLocatedError } from '../../src/core/policy/located-error.ts';

const NOW = '2026-06-01T00:00:00Z';

const POLICIES = join(import.meta.dirname, '../../policies');
const list = (folder: string) => readdirSync(folder).sort();
const sets = list(POLICIES).filter((name) => name !== 'examples' && !name.includes('.'));

function compiled(name: string) {
  const files = list(join(POLICIES, name)).map((path) => ({
    path,
    text: readFileSync(join(POLICIES, name, path), 'utf8'),
  }));
  const result = compilePolicySet(files);
  assert.ok(result.ok, result.ok ? '' : result.errors.map(formatLocatedError).join('\n'));
  assert.deepEqual(result.warnings, []);
  return result.set;
}

describe('the shipped policy sets', () => {
  it('have examples, each of them', () => {
    assert.ok(sets.length > 0);
    assert.deepEqual(list(join(POLICIES, 'examples')), sets);
  });

  for (const name of sets) {
    const set = compiled(name);
    for (const verdict of ['allow', 'change', 'deny']) {
      const folder = join(POLICIES, 'examples', name, verdict);
      for (const file of list(folder)) {
        it(`${name}: ${verdict} ${file}, as its expect lines say`, () => {
          const text = readFileSync(join(folder, file), 'utf8');
          const expected = [...text.matchAll(/^# expect: (.*)$/gm)].map(([, words]) => words ?? '');
          const { checked, errors } = checkManifests(set, [{ file, text }], 'default', NOW);
          assert.deepEqual(errors, []);
          assert.ok(checked.length > 0);
          const reasons = checked.flatMap(({ decision }) => decision.findings.map(({ reason }) => reason));
          if (verdict === 'deny') assert.deepEqual(reasons, expected);
          else assert.deepEqual(reasons, []);
          if (verdict !== 'change') return;
          const changes = checked.flatMap(({ manifest, decision }) => {
            const after = applyPatch(manifest.object, decision.patch) as JsonObject;
            return decision.mutations.map(
              ({ pointer }) => `${pointer}=${JSON.stringify(valueAt(after, parsePointer(pointer) ?? []))}`,
            );
          });
          assert.deepEqual(changes.sort(), expected.toSorted());
        });
      }
    }
  }

  it('leave nothing to change in an object that writes everything out', () => {
    const text = readFileSync(join(POLICIES, 'examples/baseline/allow/flagger.yaml'), 'utf8');
    const { checked } = checkManifests(compiled('baseline'), [{ file: 'f', text }], 'default', NOW);
    assert.deepEqual(
      checked.map(({ decision }) => decision.patch),
      [[], []],
    );
  });
});
