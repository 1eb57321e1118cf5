import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import jsonpatch from 'jsonpatch';
import { applyPatch } from '../../../src/core/json/apply.ts';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { stringifyJson } from '../../../src/core/json/stringify.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { chart, factsWith, helmRelease, policySet, subjectOf } from './policy-fixture.ts';

const set = policySet([
  { id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] },
  { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0', wider: 'Narrow' } },
  { id: 'line', chartVersion: { within: '<1.40.0', wider: 'Narrow' } },
  {
    id: 'defaults',
    defaults: {
      HelmRelease: {
        'spec.timeout': '5m',
        'spec.install.remediation': { retries: 3, remediateLastFailure: true },
        'spec.upgrade': { cleanupOnFail: true, remediation: { retries: 3 } },
        'spec.driftDetection.mode': 'enabled',
        'spec.values': { global: { 'a.b': 1 } },
      },
    },
  },
]);

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(0, -1, false, true, '', 'x', null, 9_007_199_254_740_993n, -(2n ** 70n)),
  fc.integer(),
);
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const remediation = fc.oneof(
  fc.record({ retries: scalar, ignoreTestFailures: scalar, unknown: scalar }, { requiredKeys: [] }),
  fc.constantFrom<Json>({}, null, 4, []),
);
const action = fc.oneof(
  fc.record({ remediation, timeout: fc.constant('3m'), unknown: scalar }, { requiredKeys: [] }),
  fc.constantFrom<Json>({}, null),
);
const version = fc.constantFrom(
  '*',
  '1.30.0',
  '>=1.0.0',
  '>=1.29.0 <3',
  '1.x || 2.x',
  '>=3.0.0',
  'nonsense',
  '~1.39',
  '!=1.30.0',
);
const fieldsV1 = fc.record(
  {
    'f:spec': fc.record(
      { 'f:timeout': fc.constant({}), 'f:install': fc.constant({ 'f:remediation': { 'f:retries': {} } }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const record = fc.constantFrom(
  '{"/spec/timeout":"9m"}',
  '{"/spec/timeout":"5m","/spec/install/remediation/retries":2}',
  '{"/spec/upgrade/remediation/retries":0,"/spec/values/global/a.b":1}',
  '{"/metadata/name":"flagger","/status/x":1,"/spec":1,"":{}}',
  'nonsense',
  '[]',
);

const object: fc.Arbitrary<JsonObject> = fc
  .record({
    apiVersion: fc.constantFrom('helm.toolkit.fluxcd.io/v2', 'helm.toolkit.fluxcd.io/v2beta1'),
    version: some(version),
    valuesFile: some(fc.constantFrom('', 'a.yaml', 'b.yaml')),
    valuesFiles: some(fc.array(fc.constantFrom('a.yaml', 'b.yaml'), { maxLength: 2 })),
    renderers: some(
      fc.array(
        fc.record(
          {
            kustomize: fc.record(
              {
                patches: fc.constant<Json>([{ patch: 'p' }]),
                patchesStrategicMerge: fc.constantFrom<Json>([], [{ kind: 'A', n: 2n ** 60n }], ['text']),
                patchesJson6902: fc.constantFrom<Json>(
                  [],
                  [{ target: { kind: 'B' }, patch: [{ op: 'remove', path: '/x' }] }],
                  [{}],
                ),
                images: fc.constant<Json>([]),
              },
              { requiredKeys: [] },
            ),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 2 },
      ),
    ),
    install: some(action),
    upgrade: some(action),
    timeout: some(fc.constantFrom('1m', '5m', '9m')),
    values: some(fc.dictionary(fc.constantFrom('global', 'a', '__proto__'), scalar, { maxKeys: 3 })),
    unknown: some(scalar),
    managed: some(
      fc.array(fc.record({ operation: fc.constantFrom('Apply', 'Update'), fieldsV1 }), { maxLength: 2 }),
    ),
    record: some(record),
    status: some(fc.record({ failures: scalar })),
  })
  .map((parts) => {
    const defined = (fields: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
    const template = defined({
      ...(chart(parts.version)['spec'] as JsonObject),
      valuesFile: parts.valuesFile,
      valuesFiles: parts.valuesFiles,
    });
    const spec = defined({
      chart: { spec: template },
      postRenderers: parts.renderers,
      install: parts.install,
      upgrade: parts.upgrade,
      timeout: parts.timeout,
      values: parts.values,
      unknown: parts.unknown,
    });
    const metadata = defined({
      uid: 'u',
      resourceVersion: '5',
      managedFields: parts.managed,
      annotations:
        parts.record === undefined ? undefined : { 'helmgate.dev/defaults': parts.record, other: 'x' },
    });
    return {
      ...helmRelease(spec, metadata),
      apiVersion: parts.apiVersion,
      ...defined({ status: parts.status }),
    } as JsonObject;
  });

const decide = (subject: JsonObject) => evaluate(set, subjectOf(subject), factsWith(), 'admission');
const mutated = (subject: JsonObject) => applyPatch(subject, decide(subject).patch) as JsonObject;
const runs = { numRuns: 400 };

describe('mutating any object', () => {
  it('a second time changes nothing', () => {
    fc.assert(
      fc.property(object, (subject) => {
        const once = mutated(subject);
        assert.deepEqual(decide(once).patch, []);
        assert.deepEqual(decide(once).mutations, []);
      }),
      runs,
    );
  });

  it('gives a patch that an independent implementation applies to the same result', () => {
    fc.assert(
      fc.property(object, (subject) => {
        // The independent implementation knows neither bigint nor own __proto__ keys.
        const plain = JSON.parse(stringifyJson(subject).replaceAll('__proto__', 'proto')) as JsonObject;
        const { patch } = decide(plain);
        const theirs = jsonpatch.apply_patch(structuredClone(plain), structuredClone(patch) as never) as Json;
        assert.ok(isEqualJson(theirs, applyPatch(plain, patch)));
      }),
      runs,
    );
  });

  it('never touches status, managedFields, uid, resourceVersion, labels or identity', () => {
    fc.assert(
      fc.property(object, (subject) => {
        for (const { path } of decide(subject).patch) {
          assert.match(path, /^\/(spec\/|metadata\/annotations(\/helmgate\.dev~1defaults)?$)/);
        }
        const after = mutated(subject);
        assert.equal(
          valueAt(after, ['metadata', 'annotations', 'other']),
          valueAt(subject, ['metadata', 'annotations', 'other']),
        );
      }),
      runs,
    );
  });

  it('leaves unknown fields and integers beyond 2^53 as they are', () => {
    fc.assert(
      fc.property(object, (subject) => {
        const after = mutated(subject);
        for (const path of [
          ['spec', 'unknown'],
          ['spec', 'install', 'unknown'],
          ['spec', 'install', 'remediation', 'unknown'],
          ['spec', 'upgrade', 'remediation', 'ignoreTestFailures'],
        ]) {
          assert.deepEqual(valueAt(after, path), valueAt(subject, path));
        }
      }),
      runs,
    );
  });

  it('gives the same bytes for the same input, whatever the order of its keys', () => {
    const turned = (value: Json): Json => {
      if (Array.isArray(value)) return (value as readonly Json[]).map(turned);
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value as JsonObject).map(([key, item]): [string, Json] => [
        key,
        turned(item ?? null),
      ]);
      return Object.fromEntries(entries.reverse());
    };
    const text = (subject: JsonObject) => {
      const { patch, findings, warnings, mutations } = decide(subject);
      return stringifyJson({ patch, findings, warnings, mutations } as unknown as Json);
    };
    fc.assert(
      fc.property(object, (subject) => {
        assert.equal(text(subject), text(structuredClone(subject) as JsonObject));
        const [a, b] = [mutated(subject), mutated(turned(subject) as JsonObject)];
        assert.ok(isEqualJson(a, b));
      }),
      runs,
    );
  });

  it('judges the mutated object as it judges it when it comes again', () => {
    fc.assert(
      fc.property(object, (subject) => {
        assert.deepEqual(decide(mutated(subject)).findings, decide(subject).findings);
      }),
      runs,
    );
  });
});
