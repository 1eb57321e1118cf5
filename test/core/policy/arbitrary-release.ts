import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { chart, helmRelease } from './policy-fixture.ts';

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

/** HelmReleases in team of all shapes: versions, beta fields, empty and null parents, owners, records of defaults, big integers. */
export const arbitraryRelease: fc.Arbitrary<JsonObject> = fc
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
