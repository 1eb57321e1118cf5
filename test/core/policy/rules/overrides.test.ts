import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPatch } from '../../../../src/core/json/apply.ts';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { valueAt } from '../../../../src/core/json/pointer.ts';
import { compilePolicySet } from '../../../../src/core/policy/compile.ts';
import { evaluate, evaluateInParts } from '../../../../src/core/policy/evaluate.ts';
import { formatLocatedError } from '../../../../src/core/policy/located-error.ts';
import type { PolicySet } from '../../../../src/core/policy/policy-set.ts';
import {
  chart,
  factsWith,
  helmRelease,
  helmRepository,
  policySet,
  policySets,
  subjectOf,
} from '../policy-fixture.ts';

const RETRIES = ['spec', 'upgrade', 'remediation', 'retries'];
const set = policySet([
  {
    id: 'o',
    overrides: {
      HelmRelease: { 'spec.upgrade.remediation.retries': 3, 'spec.serviceAccountName': 'tenant' },
      HelmRepository: { 'spec.passCredentials': false },
    },
  },
]);

const decide = (policies: PolicySet, object: JsonObject, old?: JsonObject) =>
  evaluate(policies, subjectOf(object, old), factsWith(), 'admission');
const after = (policies: PolicySet, object: JsonObject) =>
  applyPatch(object, decide(policies, object).patch) as JsonObject;

describe('overrides', () => {
  const written: readonly (readonly [name: string, spec: JsonObject])[] = [
    ['nothing', {}],
    ['another value', { upgrade: { remediation: { retries: 9 } } }],
    ['the same value', { upgrade: { remediation: { retries: 3 } } }],
    ['zero', { upgrade: { remediation: { retries: 0 } } }],
    ['null', { upgrade: { remediation: { retries: null } } }],
    ['an empty parent', { upgrade: { remediation: {} } }],
    ['a parent that is null', { upgrade: { remediation: null } }],
    ['a grandparent that is null', { upgrade: null }],
    ['siblings', { upgrade: { crds: 'Skip', remediation: { strategy: 'rollback' } } }],
    ['an integer that no double can hold', { upgrade: { remediation: { retries: 2n ** 60n } } }],
  ];
  for (const [name, spec] of written) {
    it(`set the field where ${name} is written, and leave the rest alone`, () => {
      const object = after(set, helmRelease(spec));
      assert.equal(valueAt(object, RETRIES), 3);
      assert.equal(valueAt(object, ['spec', 'serviceAccountName']), 'tenant');
      assert.equal(valueAt(object, ['spec', 'upgrade', 'crds']), valueAt(spec, ['upgrade', 'crds']));
      assert.deepEqual(decide(set, object).patch, []);
    });
  }

  it('tell what they changed, and say nothing where it was so already', () => {
    const { mutations, findings, allowed } = decide(set, helmRelease({ serviceAccountName: 'tenant' }));
    assert.deepEqual(
      mutations.map(({ policy, rule, pointer, kind }) => [policy, rule, pointer, kind]),
      [['p', 'o', '/spec/upgrade/remediation/retries', 'override']],
    );
    assert.deepEqual([findings, allowed], [[], true]);
  });

  it('set fields of a HelmRepository as well', () => {
    const object = after(set, helmRepository('https://flagger.app', { passCredentials: true }));
    assert.equal(valueAt(object, ['spec', 'passCredentials']), false);
  });

  it('are never remembered as former defaults', () => {
    const object = after(set, helmRelease());
    assert.equal(valueAt(object, ['metadata', 'annotations']), undefined);
    const none = policySet([{ id: 'x', chartVersion: { within: '*' } }]);
    assert.deepEqual(decide(none, object).patch, []);
  });

  it('go before defaults, so that a default of the same field never acts', () => {
    const both = policySets({
      a: {
        rules: [
          { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '9m', 'spec.install.timeout': '1m' } } },
        ],
      },
      b: { rules: [{ id: 'o', overrides: { HelmRelease: { 'spec.timeout': '5m' } } }] },
    });
    for (const spec of [{}, { timeout: '7m' }]) {
      const object = after(both, helmRelease(spec));
      assert.equal(valueAt(object, ['spec', 'timeout']), '5m');
      assert.equal(valueAt(object, ['spec', 'install', 'timeout']), '1m');
      const annotations = valueAt(object, ['metadata', 'annotations', 'helmgate.dev/defaults']);
      assert.equal(annotations, '{"/spec/install/timeout":"1m"}');
    }
  });

  it('are refused, with a way out, where the version does not have the field', () => {
    const v2 = policySet([
      { id: 'o', overrides: { HelmRelease: { 'spec.install.disableTakeOwnership': true } } },
    ]);
    const beta = { ...helmRelease(), apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' };
    const { allowed, findings, patch } = decide(v2, beta);
    assert.deepEqual([allowed, patch], [false, []]);
    assert.equal(
      findings[0]?.message,
      'spec.install.disableTakeOwnership must be true: v2beta1 does not have it, so write the object as v2',
    );
  });

  it('are refused where something stands in the way that has no fields', () => {
    const { allowed, findings } = decide(set, helmRelease({ upgrade: { remediation: 'none' } }));
    assert.equal(allowed, false);
    assert.deepEqual(
      findings.map(({ reason, path, message }) => [reason, path, message]),
      [
        [
          'NotMutated',
          'spec.upgrade.remediation.retries',
          'spec.upgrade.remediation.retries must be 3: spec.upgrade.remediation is no object',
        ],
      ],
    );
  });

  for (const enforcement of ['Warn', 'Audit'] as const) {
    it(`change nothing under ${enforcement}, and report each field with an edit that cures it`, () => {
      const lenient = policySet([
        { id: 'o', enforcement, overrides: { HelmRelease: { 'spec.serviceAccountName': 'tenant' } } },
      ]);
      const subject = subjectOf(helmRelease({ serviceAccountName: 'admin' }));
      const { decision, repairs } = evaluateInParts(lenient, subject, factsWith(), 'admission');
      assert.deepEqual([decision.allowed, decision.patch], [true, []]);
      const [finding] = decision.findings;
      assert.ok(finding !== undefined);
      assert.deepEqual(
        [finding.enforcement, finding.found, finding.wouldPass],
        [enforcement, 'admin', 'spec.serviceAccountName: "tenant"'],
      );
      assert.deepEqual(repairs.get(finding), [[{ tokens: ['spec', 'serviceAccountName'], value: 'tenant' }]]);
      assert.equal(JSON.stringify(decision).includes('repairs'), false);
    });
  }

  const secrets: readonly (readonly [name: string, overrides: JsonObject, object: JsonObject])[] = [
    [
      'a value',
      { HelmRelease: { 'spec.values.password': 'x' } },
      helmRelease({ values: { password: 'hunter2' } }),
    ],
    [
      'a list',
      { HelmRelease: { 'spec.postRenderers': [] } },
      helmRelease({ postRenderers: [{ kustomize: { patches: [{ patch: 'hunter2' }] } }] }),
    ],
    [
      'a password in a URL',
      { HelmRepository: { 'spec.url': 'https://flagger.app' } },
      helmRepository('https://user:hunter2@flagger.app'),
    ],
  ];
  for (const [name, fields, object] of secrets) {
    it(`do not show what they found: ${name}`, () => {
      const lenient = policySet([{ id: 'o', enforcement: 'Warn', overrides: fields }]);
      const decision = decide(lenient, object);
      assert.equal(decision.findings.length, 1);
      assert.doesNotMatch(JSON.stringify(decision), /hunter2/);
    });
  }

  it('are not judged at release time: what is stored is judged as it is', () => {
    const stored = helmRelease({ serviceAccountName: 'admin' });
    assert.equal(evaluate(set, subjectOf(stored, stored), factsWith(), 'release').allowed, true);
  });
});

describe('overrides that other rules answer', () => {
  it('deny, naming both, where a range that they set is cut', () => {
    const fighting = policySet([
      { id: 'o', overrides: { HelmRelease: { 'spec.chart.spec.version': '*' } } },
      { id: 'n', chartVersion: { within: '<2.0.0', wider: 'Narrow' } },
    ]);
    const { allowed, findings } = decide(fighting, helmRelease({ chart: chart('1.0.0') }));
    assert.equal(allowed, false);
    assert.ok(
      findings.some(
        ({ message }) => message === 'p/o and p/n set spec.chart.spec.version to different values',
      ),
    );
  });
});

describe('overrides with an error', () => {
  const compile = (specs: Readonly<Record<string, JsonObject>>) =>
    compilePolicySet(
      Object.entries(specs).map(([name, spec]) => ({
        path: `${name}.yaml`,
        text: JSON.stringify({
          apiVersion: 'helmgate.dev/v1alpha1',
          kind: 'Policy',
          metadata: { name },
          spec,
        }),
      })),
    );
  const override = (fields: Readonly<Record<string, Json>>, more: JsonObject = {}): JsonObject => ({
    rules: [{ id: 'o', overrides: { HelmRelease: fields } }],
    ...more,
  });
  const table: readonly (readonly [name: string, Readonly<Record<string, JsonObject>>, RegExp])[] = [
    [
      'two values for one field',
      { a: override({ 'spec.timeout': '1m' }), b: override({ 'spec.timeout': '2m' }) },
      /^b\.yaml:1:\d+: spec\.timeout has another override in a\/o \(a\.yaml:1\), and both rules can apply to one object$/,
    ],
    [
      'one value around another',
      { a: override({ 'spec.values': {} }), b: override({ 'spec.values.a': 1 }) },
      /^b\.yaml:1:\d+: spec\.values\.a has an override around or below it in a\/o/,
    ],
    [
      'a value around a default',
      {
        a: override({ 'spec.values': {} }),
        b: { rules: [{ id: 'd', defaults: { HelmRelease: { 'spec.values.a': 1 } } }] },
      },
      /^b\.yaml:1:\d+: spec\.values\.a has an override around or below it in a\/o/,
    ],
    [
      'a field that the match reads',
      { a: override({ 'spec.targetNamespace': 'x' }, { match: { namespaces: { names: ['x'] } } }) },
      /^a\.yaml:1:\d+: spec\.targetNamespace decides what a\/o applies to or finds, so it cannot be overridden$/,
    ],
    [
      'a field that another match reads',
      {
        a: override({ 'spec.kubeConfig.secretRef.name': 'x' }),
        b: override({ 'spec.timeout': '1m' }, { match: { kubeConfig: false } }),
      },
      /spec\.kubeConfig\.secretRef\.name decides what b\/o applies to or finds, so it cannot be overridden$/,
    ],
    [
      'a field by which an enforcement differs',
      {
        a: override(
          { 'spec.targetNamespace': 'x' },
          { enforcement: { action: 'Deny', namespaces: [{ names: ['y'], action: 'Warn' }] } },
        ),
      },
      /spec\.targetNamespace decides what a\/o applies to or finds/,
    ],
    [
      'a field that does not exist',
      { a: override({ 'spec.tiemout': '1m' }) },
      /HelmRelease has no field spec\.tiemout that can have an override \(did you mean "spec\.timeout"\?\)$/,
    ],
    [
      'a value of a wrong type',
      { a: override({ 'spec.suspend': 'yes' }) },
      /the override of spec\.suspend must be true or false$/,
    ],
    [
      'a field outside spec',
      { a: override({ 'metadata.labels.a': 'x' }) },
      /an override can only be set below spec/,
    ],
  ];
  for (const [name, specs, expected] of table) {
    it(`are refused when the set is loaded: ${name}`, () => {
      const result = compile(specs);
      assert.ok(!result.ok);
      assert.equal(result.errors.length, 1, result.errors.map(formatLocatedError).join('\n'));
      assert.match(formatLocatedError(result.errors[0]!).split('\n')[0] ?? '', expected);
    });
  }

  it('are fine where no object can fit both, and where one never changes anything', () => {
    const in1 = { match: { namespaces: { names: ['a'] } } };
    const in2 = { match: { namespaces: { names: ['b'] } } };
    const fine = [
      { a: override({ 'spec.timeout': '1m' }, in1), b: override({ 'spec.timeout': '2m' }, in2) },
      {
        a: override({ 'spec.timeout': '1m' }),
        b: override({ 'spec.timeout': '2m' }, { enforcement: 'Warn' }),
      },
      {
        a: override(
          { 'spec.timeout': '1m' },
          { enforcement: { action: 'Warn', namespaces: [{ names: ['a'], action: 'Deny' }] } },
        ),
        b: override(
          { 'spec.timeout': '2m' },
          { enforcement: { action: 'Audit', namespaces: [{ names: ['b'], action: 'Deny' }] } },
        ),
      },
      { a: override({ 'spec.timeout': '1m' }), b: override({ 'spec.timeout': '1m' }) },
      {
        a: override({ 'spec.timeout': '1m' }),
        b: { rules: [{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '2m' } } }] },
      },
    ];
    for (const specs of fine) {
      const result = compile(specs);
      assert.ok(result.ok, result.ok ? '' : result.errors.map(formatLocatedError).join('\n'));
    }
  });
});
