import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { fieldPaths, findField } from '../../../src/core/policy/known-fields.ts';
import { isValid } from './crd-validity.ts';
import { chart, factsWith, helmRelease, helmRepository, policySet, subjectOf } from './policy-fixture.ts';

type Fields = Readonly<Record<string, Json>>;

/** Values of lists that the schema admits; a policy's list is taken as it is. */
const LISTS: Fields = {
  'spec.dependsOn': [{ name: 'db' }],
  'spec.driftDetection.ignore': [{ paths: ['/spec/replicas'] }],
  'spec.test.filters': [{ name: 'smoke' }],
  'spec.valuesFrom': [{ kind: 'Secret', name: 'v' }],
  'spec.postRenderers': [{ kustomize: { patches: [{ patch: 'p' }] } }],
  'spec.healthCheckExprs': [{ apiVersion: 'v1', kind: 'Pod', current: 'true' }],
  'spec.chart.spec.valuesFiles': ['a.yaml'],
};

function valueFor(kind: string, path: string): fc.Arbitrary<Json> {
  const type = findField(kind, path.split('.'))?.field.type;
  if (path === 'spec.url') return fc.constant('https://flagger.app');
  if (typeof type === 'object') return fc.constantFrom<Json>(...type);
  switch (type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: 0, max: 9 });
    case 'duration':
    case 'durationWithoutHours':
      return fc.constantFrom('1m', '90s');
    case 'list':
      return fc.constant(LISTS[path] ?? []);
    case 'strings':
    case 'json':
      return fc.constant({ a: 'b' });
    default:
      return fc.constant('x');
  }
}

const leaf = (kind: string) =>
  fc
    .constantFrom(...fieldPaths(kind))
    .chain((path) => valueFor(kind, path).map((value) => [path, value] as const));
const leaves = (kind: string): fc.Arbitrary<Fields> =>
  fc.array(leaf(kind), { minLength: 1, maxLength: 6 }).map((entries) => Object.fromEntries(entries));

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const without = (fields: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
const verify = fc.constantFrom<Json>(
  { provider: 'cosign' },
  { provider: 'notation', secretRef: { name: 'keys' } },
);
const strategy = (retryInterval: Json | undefined) =>
  fc.constantFrom<Json>(
    { name: 'RemediateOnFailure' },
    { name: 'RetryOnFailure' },
    without({ name: 'RetryOnFailure', retryInterval }),
  );
const action = fc.record({ strategy: some(strategy('5m')), timeout: some(fc.constant('2m')) }).map(without);
const source: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .record({ verify: some(verify), interval: some(fc.constant('7m')), version: some(fc.constant('1.2.3')) })
    .map((fields) => ({
      chart: { spec: { ...(chart(undefined)['spec'] as JsonObject), ...without(fields) } },
    })),
  fc.constant({ chartRef: { kind: 'OCIRepository', name: 'app' } }),
);
const kubeConfig = fc.constantFrom<Json>(
  { secretRef: { name: 'remote' } },
  { secretRef: { name: 'remote', key: 'k' } },
  { configMapRef: { name: 'remote' } },
);
const release = fc
  .record({
    source,
    kubeConfig: some(kubeConfig),
    install: some(action),
    upgrade: some(action),
    waitStrategy: some(fc.constant<Json>({ name: 'legacy' })),
    commonMetadata: some(fc.constantFrom<Json>({}, { labels: { a: 'c' } })),
  })
  .map(({ source: from, ...rest }) => {
    const { chart: _usual, ...spec } = helmRelease()['spec'] as JsonObject;
    return { ...helmRelease(), spec: { ...spec, ...from, ...without(rest) } };
  });
const repository = fc
  .record({ type: some(fc.constantFrom('default', 'oci')), certSecretRef: some(fc.constant({ name: 'ca' })) })
  .map((fields) => helmRepository('https://flagger.app', without(fields)));
const case_ = fc.oneof(
  { weight: 4, arbitrary: fc.record({ object: release, fields: leaves('HelmRelease') }) },
  { weight: 1, arbitrary: fc.record({ object: repository, fields: leaves('HelmRepository') }) },
);
const runs = { numRuns: 600 };

function changedBy(what: 'defaults' | 'overrides', object: JsonObject, fields: Fields) {
  const set = policySet([{ id: 'r', [what]: { [object['kind'] as string]: fields } }]);
  const decision = evaluate(set, subjectOf(object), factsWith(), 'admission');
  return { decision, after: applyPatch(object, decision.patch) as JsonObject };
}

describe('an object that the API server accepts', () => {
  it('is one that it accepts after any defaults', () => {
    fc.assert(
      fc.property(case_, ({ object, fields }) => {
        assert.ok(isValid(object));
        const { decision, after } = changedBy('defaults', object, fields);
        assert.ok(isValid(after), JSON.stringify(after));
        assert.equal(decision.allowed, true);
      }),
      runs,
    );
  });

  it('is one that it accepts after any overrides, or is refused with the name of the rule', () => {
    fc.assert(
      fc.property(case_, ({ object, fields }) => {
        const { decision, after } = changedBy('overrides', object, fields);
        assert.ok(isValid(after), JSON.stringify(after));
        for (const { reason, policy, rule } of decision.findings)
          assert.deepEqual([reason, policy, rule], ['InvalidObject', 'p', 'r']);
        assert.equal(decision.allowed, decision.findings.length === 0);
      }),
      runs,
    );
  });
});
