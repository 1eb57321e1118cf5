import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { effectiveFields } from '../../../src/core/policy/effective-fields.ts';
import { evaluate, evaluateInParts } from '../../../src/core/policy/evaluate.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import { chart, factsWith, helmRelease, policySet, policySets, subjectOf } from './policy-fixture.ts';

const managed = { managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }] };
const set = policySets({
  base: {
    rules: [
      { id: 'retries', defaults: { HelmRelease: { 'spec.upgrade.remediation.retries': 3 } } },
      { id: 'account', overrides: { HelmRelease: { 'spec.serviceAccountName': 'tenant' } } },
      { id: 'ones', chartVersion: { within: '<2.0.0', wider: 'Narrow' } },
    ],
  },
  more: { rules: [{ id: 'new', chartVersion: { within: '>=1.28.0', wider: 'Narrow' } }] },
});
const release = helmRelease({ chart: chart('*') }, managed);

function originsIn(policies: PolicySet, object: JsonObject): Readonly<Record<string, string>> {
  const fields = effectiveFields(policies, subjectOf(object), factsWith());
  return Object.fromEntries(
    fields.map(({ path, origin, by }) => [path, by === undefined ? origin : `${origin} ${by}`]),
  );
}

describe('the origin of a value', () => {
  const origins = originsIn(set, release);
  const table: readonly (readonly [path: string, origin: string])[] = [
    ['spec.interval', 'written'],
    ['spec.upgrade.remediation.retries', 'policy base/retries'],
    ['spec.serviceAccountName', 'policy base/account'],
    ['spec.chart.spec.version', 'policy base/ones and more/new'],
    ['spec.chart.spec.reconcileStrategy', 'api'],
    ['spec.chart.spec.chart', 'written'],
    ['spec.upgrade.remediation.strategy', 'controller'],
    ['spec.install.remediation.retries', 'controller'],
    ['spec.releaseName', 'controller'],
  ];
  for (const [path, origin] of table) {
    it(`is ${origin}, for ${path}`, () => assert.equal(origins[path], origin));
  }

  it('is the rule also in the validating call, where the value stands in the object and in the record of defaults', () => {
    const { patch } = evaluate(set, subjectOf(release), factsWith(), 'admission');
    const stored = applyPatch(release, patch) as JsonObject;
    assert.equal(originsIn(set, stored)['spec.upgrade.remediation.retries'], 'policy base/retries');
  });

  it('is the rule where nobody can tell who owns the value, and the record says that it was a default', () => {
    const unmanaged = helmRelease({ chart: chart('*') });
    const { patch } = evaluate(set, subjectOf(unmanaged), factsWith(), 'admission');
    const stored = applyPatch(unmanaged, patch) as JsonObject;
    assert.equal(originsIn(set, stored)['spec.upgrade.remediation.retries'], 'policy base/retries');
    const { origins } = evaluateInParts(set, subjectOf(release), factsWith(), 'admission');
    assert.equal(origins.get('/spec/upgrade/remediation'), 'base/retries');
  });

  it('is the author for what a rule would have set to the same', () => {
    const written = helmRelease({ serviceAccountName: 'tenant', upgrade: { remediation: { retries: 3 } } });
    const own = originsIn(set, written);
    assert.deepEqual(
      [own['spec.serviceAccountName'], own['spec.upgrade.remediation.retries']],
      ['written', 'written'],
    );
  });

  it('stands in what a rule says about the value', () => {
    const rules = [
      { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '1s' } } },
      { id: 'b', bounds: { 'spec.timeout': { min: '1m' }, 'spec.upgrade.remediation.retries': { min: 1 } } },
    ];
    const { findings } = evaluate(policySet(rules), subjectOf(release), factsWith(), 'admission');
    assert.deepEqual(
      findings.map(({ message }) => message),
      [
        'set by p/d to 1s, which is below the minimum of 1m',
        'defaulted by the controller to 0, which is below the minimum of 1',
      ],
    );
  });

  it('of a value that may be a secret is told without the value', () => {
    const secret = helmRelease({ values: { password: 'hunter2', replicas: 2 } });
    const fields = effectiveFields(set, subjectOf(secret), factsWith());
    assert.doesNotMatch(
      JSON.stringify(fields.map((field) => ({ ...field, value: JSON.stringify(field.value) }))),
      /hunter2/,
    );
    assert.deepEqual(
      fields.find(({ path }) => path === 'spec.values'),
      { path: 'spec.values', origin: 'written' },
    );
  });
});
