import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPatch } from '../../../../src/core/json/apply.ts';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { valueAt } from '../../../../src/core/json/pointer.ts';
import { evaluate, evaluateInParts } from '../../../../src/core/policy/evaluate.ts';
import {
  factsWith,
  helmRelease,
  helmRepository,
  policySet,
  policySets,
  subjectOf,
} from '../policy-fixture.ts';

const set = policySet([
  {
    id: 'd',
    defaults: {
      HelmRelease: {
        'spec.upgrade.remediation': { retries: 5, strategy: 'rollback' },
        'spec.suspend': true,
        'spec.releaseName': 'x',
        '/spec/values/my.key': 'v',
      },
      HelmRepository: { 'spec.timeout': '30s' },
    },
  },
]);

function filled(object: JsonObject, policies = set): JsonObject {
  const { patch } = evaluate(policies, subjectOf(object), factsWith(), 'admission');
  return applyPatch(object, patch) as JsonObject;
}

describe('defaults', () => {
  it('fill what is absent, by kind, with keys that hold dots', () => {
    const spec = filled(helmRelease())['spec'] as JsonObject;
    assert.deepEqual(spec['upgrade'], { remediation: { retries: 5, strategy: 'rollback' } });
    assert.deepEqual(spec['values'], { 'my.key': 'v' });
    assert.equal(valueAt(filled(helmRepository('https://flagger.app')), ['spec', 'timeout']), '30s');
  });

  const written: readonly Json[] = [0, -1, 7, 9_007_199_254_740_993n];
  for (const retries of written) {
    it(`never replace a written ${retries}`, () => {
      const object = helmRelease({ upgrade: { remediation: { retries } } });
      assert.deepEqual(valueAt(filled(object), ['spec', 'upgrade', 'remediation']), {
        retries,
        strategy: 'rollback',
      });
    });
  }

  it('never replace a written false, empty text or null', () => {
    const object = helmRelease({
      suspend: false,
      releaseName: '',
      upgrade: { remediation: { retries: null } },
    });
    const spec = filled(object)['spec'] as JsonObject;
    assert.deepEqual([spec['suspend'], spec['releaseName']], [false, '']);
    assert.equal(valueAt(spec, ['upgrade', 'remediation', 'retries']), null);
  });

  for (const parent of [{}, null, 5, 'x', []] as const) {
    it(`keep off the leaves of a parent written as ${JSON.stringify(parent)}`, () => {
      for (const upgrade of [parent, { remediation: parent }]) {
        assert.deepEqual(valueAt(filled(helmRelease({ upgrade })), ['spec', 'upgrade']), upgrade);
      }
    });
  }

  it('skip a field that the version does not have, with a warning', () => {
    const v2only = policySet([
      { id: 'd', defaults: { HelmRelease: { 'spec.upgrade.disableTakeOwnership': true } } },
    ]);
    const object = { ...helmRelease(), apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' };
    const { patch, warnings } = evaluate(v2only, subjectOf(object), factsWith(), 'admission');
    assert.deepEqual(patch, []);
    assert.match(warnings.join(), /v2beta1 does not have it, use v2/);
    assert.equal(evaluate(v2only, subjectOf(helmRelease()), factsWith(), 'admission').patch.length, 2);
  });

  const numbered = (from: number) =>
    Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`k${from + index}`, 1]));
  const tooMany: readonly (readonly [what: string, a: JsonObject, b: JsonObject, warning: string])[] = [
    [
      'has too many entries',
      { 'spec.values': numbered(1000) },
      { 'spec.values': numbered(1150) },
      '44 defaults cannot be remembered, so they stay when the policy changes them: spec.values.k1256, spec.values.k1257, ...',
    ],
    [
      'would be too long',
      { 'spec.values.a': 'x'.repeat(10_000), 'spec.timeout': '5m' },
      { 'spec.values.b': 'x'.repeat(10_000) },
      '1 default cannot be remembered, so it stays when the policy changes it: spec.values.b',
    ],
  ];
  for (const [what, a, b, warning] of tooMany) {
    it(`of several policies are told where the record of them ${what}, when they are filled in and not again`, () => {
      const of = (fields: JsonObject) => ({ rules: [{ id: 'd', defaults: { HelmRelease: fields } }] });
      const many = policySets({ a: of(a), b: of(b) });
      const managed = {
        managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }],
      };
      const { decision, mutationWarnings } = evaluateInParts(
        many,
        subjectOf(helmRelease({}, managed)),
        factsWith(),
        'admission',
      );
      assert.deepEqual(decision.warnings, [warning]);
      assert.ok(mutationWarnings.has(warning));
      const once = filled(helmRelease({}, managed), many);
      assert.ok(valueAt(once, ['metadata', 'annotations', 'helmgate.dev/defaults']) !== undefined);
      const again = evaluate(many, subjectOf(once), factsWith(), 'admission');
      assert.deepEqual([again.patch, again.warnings], [[], []]);
    });
  }

  it('change nothing under Warn and Audit, and report what they would fill', () => {
    const warn = policySet([
      { id: 'd', enforcement: 'Warn', defaults: { HelmRelease: { 'spec.timeout': '5m' } } },
    ]);
    const { allowed, patch, findings, warnings } = evaluate(
      warn,
      subjectOf(helmRelease()),
      factsWith(),
      'admission',
    );
    assert.deepEqual([allowed, patch.length, findings[0]?.reason], [true, 0, 'NotMutated']);
    assert.match(warnings.join(), /this rule would set it to "5m"/);
  });

  it('deny when two policies that seemed apart meet in one object and disagree', () => {
    const met = policySets({
      a: {
        match: { namespaces: { names: ['team'] } },
        rules: [{ id: 'r', defaults: { HelmRelease: { 'spec.timeout': '1m' } } }],
      },
      b: {
        match: { namespaces: { names: ['prod'] } },
        rules: [{ id: 'r', defaults: { HelmRelease: { 'spec.timeout': '2m' } } }],
      },
    });
    const object = helmRelease({ targetNamespace: 'prod' });
    const { allowed, findings } = evaluate(met, subjectOf(object), factsWith(), 'admission');
    assert.equal(allowed, false);
    assert.equal(findings[0]?.reason, 'MutationConflict');
    assert.match(findings[0]?.message ?? '', /a\/r and b\/r set spec\.timeout to different values/);
    assert.equal(evaluate(met, subjectOf(helmRelease()), factsWith(), 'admission').allowed, true);
  });
});
