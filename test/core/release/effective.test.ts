import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { parsePath } from '../../../src/core/json/path.ts';
import { formatPointer, parsePointer, valueAt, withValueAt } from '../../../src/core/json/pointer.ts';
import { type EffectiveInput, effectiveObject, originAt } from '../../../src/core/release/effective.ts';

const REFERENCE = { kind: 'HelmRepository', name: 'charts' };
const SPECS: Readonly<Record<string, JsonObject>> = {
  HelmRelease: { interval: '10m', chart: { spec: { chart: 'app', sourceRef: REFERENCE } } },
  HelmRepository: { url: 'https://charts.example' },
  HelmChart: { chart: 'app', interval: '10m', sourceRef: REFERENCE },
  OCIRepository: { url: 'oci://registry.example/app', interval: '10m' },
};
const NEWEST: Readonly<Record<string, string>> = { HelmRelease: 'v2' };

function inputOf(kind: string, spec: Json | undefined, more: Partial<EffectiveInput> = {}): EffectiveInput {
  const object = {
    kind,
    metadata: { name: 'web', namespace: 'team' },
    ...(spec === undefined ? {} : { spec }),
  };
  return { kind, version: NEWEST[kind] ?? 'v1', namespace: 'team', name: 'web', object, ...more };
}

/** Value and origin at a dotted path, of an object whose spec is the usual one with these fields set. */
function seen(
  kind: string,
  path: string,
  set: Readonly<Record<string, Json>> = {},
  more: Partial<EffectiveInput> = {},
): readonly [Json | undefined, string] {
  let spec: JsonObject = SPECS[kind] ?? {};
  for (const [at, value] of Object.entries(set)) spec = withValueAt(spec, parsePath(at) ?? [], value);
  const effective = effectiveObject(inputOf(kind, spec, more));
  const tokens = ['spec', ...(parsePath(path) ?? [])];
  return [valueAt(effective.object, tokens), originAt(effective, formatPointer(tokens))];
}

type Row = readonly [path: string, value: Json, by: 'api' | 'controller', otherValues?: readonly Json[]];

const BOOLEAN = [true, false];
const DURATION = ['0s', '1h30m'];
const NUMBER = [0, -1, 7, 9_007_199_254_740_993n];
const actions = (verb: string): readonly Row[] => [
  [`${verb}.timeout`, '5m0s', 'controller', DURATION],
  [`${verb}.disableWait`, false, 'controller', BOOLEAN],
  [`${verb}.disableHooks`, false, 'controller', BOOLEAN],
];
const attempts = (verb: string): readonly Row[] => [
  ...actions(verb),
  [`${verb}.disableWaitForJobs`, false, 'controller', BOOLEAN],
  [`${verb}.disableTakeOwnership`, false, 'controller', BOOLEAN],
  [`${verb}.disableOpenAPIValidation`, false, 'controller', BOOLEAN],
  [`${verb}.disableSchemaValidation`, false, 'controller', BOOLEAN],
  [`${verb}.strategy.name`, 'RemediateOnFailure', 'controller', ['RetryOnFailure']],
  [`${verb}.remediation.retries`, 0, 'controller', NUMBER],
  [`${verb}.remediation.ignoreTestFailures`, false, 'controller', BOOLEAN],
  [`${verb}.remediation.remediateLastFailure`, false, 'controller', BOOLEAN],
];

/** Every field with a default, on an object that has none but the required ones (flux.md 1.2, 1.6, 1.7, 1.8). */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  HelmRelease: [
    ['chart.spec.version', '*', 'api', ['1.x']],
    ['chart.spec.reconcileStrategy', 'ChartVersion', 'api', ['Revision']],
    ['chart.spec.interval', '10m', 'controller', DURATION],
    ['chart.spec.ignoreMissingValuesFiles', false, 'controller', BOOLEAN],
    ['chart.spec.sourceRef.namespace', 'team', 'controller', ['other']],
    ['suspend', false, 'controller', BOOLEAN],
    ['releaseName', 'web', 'controller', ['other']],
    ['targetNamespace', 'team', 'controller', ['other']],
    ['storageNamespace', 'team', 'controller', ['other']],
    ['timeout', '5m0s', 'controller', DURATION],
    ['maxHistory', 5, 'controller', NUMBER],
    ['persistentClient', true, 'controller', BOOLEAN],
    ['driftDetection.mode', 'disabled', 'controller', ['enabled', 'warn', 'disabled']],
    ...attempts('install'),
    ['install.replace', false, 'controller', BOOLEAN],
    ['install.skipCRDs', false, 'controller', BOOLEAN],
    ['install.crds', 'Create', 'controller', ['Skip', 'CreateReplace']],
    ['install.createNamespace', false, 'controller', BOOLEAN],
    ['install.serverSideApply', true, 'controller', BOOLEAN],
    ...attempts('upgrade'),
    ['upgrade.remediation.strategy', 'rollback', 'controller', ['uninstall']],
    ['upgrade.force', false, 'controller', BOOLEAN],
    ['upgrade.preserveValues', false, 'controller', BOOLEAN],
    ['upgrade.cleanupOnFail', false, 'controller', BOOLEAN],
    ['upgrade.crds', 'Skip', 'controller', ['Create', 'CreateReplace']],
    ['upgrade.serverSideApply', 'auto', 'controller', ['enabled', 'disabled']],
    ['upgrade.chartNameChangeStrategy', 'Reinstall', 'controller', ['InPlaceUpdate']],
    ['test.enable', false, 'controller', BOOLEAN],
    ['test.timeout', '5m0s', 'controller', DURATION],
    ['test.ignoreFailures', false, 'controller', BOOLEAN],
    ...actions('rollback'),
    ['rollback.disableWaitForJobs', false, 'controller', BOOLEAN],
    ['rollback.recreate', false, 'controller', BOOLEAN],
    ['rollback.force', false, 'controller', BOOLEAN],
    ['rollback.cleanupOnFail', false, 'controller', BOOLEAN],
    ['rollback.serverSideApply', 'auto', 'controller', ['enabled', 'disabled']],
    ...actions('uninstall'),
    ['uninstall.keepHistory', false, 'controller', BOOLEAN],
    ['uninstall.deletionPropagation', 'background', 'controller', ['foreground', 'orphan']],
    ['postRenderStrategy', 'combined', 'controller', ['nohooks', 'separate']],
    ['waitStrategy.name', 'poller', 'controller', ['legacy']],
  ],
  HelmRepository: [
    ['type', 'default', 'controller', ['oci']],
    ['interval', '1m0s', 'controller', DURATION],
    ['timeout', '1m0s', 'controller', DURATION],
    ['passCredentials', false, 'controller', BOOLEAN],
    ['insecure', false, 'controller', BOOLEAN],
    ['provider', 'generic', 'api', ['aws']],
    ['suspend', false, 'controller', BOOLEAN],
  ],
  HelmChart: [
    ['version', '*', 'api', ['1.x']],
    ['reconcileStrategy', 'ChartVersion', 'api', ['Revision']],
    ['ignoreMissingValuesFiles', false, 'controller', BOOLEAN],
    ['suspend', false, 'controller', BOOLEAN],
  ],
  OCIRepository: [
    ['ref.tag', 'latest', 'controller', ['v1']],
    ['provider', 'generic', 'api', ['aws']],
    ['timeout', '60s', 'api', DURATION],
    ['insecure', false, 'controller', BOOLEAN],
    ['suspend', false, 'controller', BOOLEAN],
  ],
};

/** Pointers of all leaves below a value. */
function leaves(value: Json | undefined, at: string): readonly string[] {
  if (!isJsonObject(value)) return [at];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, `${at}${formatPointer([key])}`));
}

for (const [kind, rows] of Object.entries(ROWS)) {
  describe(`the effective ${kind}`, () => {
    for (const [path, value, by, written = []] of rows) {
      it(`has ${path}: ${JSON.stringify(value)} when it is absent, by the ${by}`, () => {
        assert.deepEqual(seen(kind, path), [value, by]);
      });

      it(`takes a null at ${path} as absent, since the API does`, () => {
        // A group that holds nothing but null is written, and so the schema's defaults act in it.
        const origin = path === 'uninstall.deletionPropagation' ? 'api' : by;
        assert.deepEqual(seen(kind, path, { [path]: null }), [value, origin]);
      });

      for (const other of [...written, 5.5, [], { a: 1 }]) {
        it(`keeps ${path}: ${String(other)} as it was written`, () => {
          assert.deepEqual(seen(kind, path, { [path]: other }), [other, 'written']);
        });
      }
    }

    it('has no other default than these', () => {
      const written = SPECS[kind] ?? {};
      const { object, origins } = effectiveObject(inputOf(kind, written));
      const expected = [
        ...rows.map(([path]) => formatPointer(['spec', ...(parsePath(path) ?? [])])),
        ...leaves(written, '/spec'),
      ];
      assert.deepEqual([...leaves(object['spec'], '/spec')].sort(), expected.toSorted());
      for (const [pointer, origin] of origins) {
        assert.notEqual(valueAt(object, parsePointer(pointer) ?? []), undefined, pointer);
        assert.notEqual(origin, 'written');
      }
    });
  });
}

describe('the effective object', () => {
  const table: readonly (readonly [
    name: string,
    kind: string,
    set: Readonly<Record<string, Json>>,
    path: string,
    expected: readonly [Json | undefined, string],
    more?: Partial<EffectiveInput>,
  ])[] = [
    [
      'takes the timeout of the release for an action',
      'HelmRelease',
      { timeout: '9m' },
      'upgrade.timeout',
      ['9m', 'controller'],
    ],
    [
      'takes the timeout of the release for tests',
      'HelmRelease',
      { timeout: '9m' },
      'test.timeout',
      ['9m', 'controller'],
    ],
    [
      'ignores failed tests of an install when the tests say so',
      'HelmRelease',
      { 'test.ignoreFailures': true },
      'install.remediation.ignoreTestFailures',
      [true, 'controller'],
    ],
    [
      'undoes the last failed upgrade when there are retries',
      'HelmRelease',
      { 'upgrade.remediation.retries': 3 },
      'upgrade.remediation.remediateLastFailure',
      [true, 'controller'],
    ],
    [
      'leaves it when the retries have no limit, as Flux does',
      'HelmRelease',
      { 'upgrade.remediation.retries': -1 },
      'upgrade.remediation.remediateLastFailure',
      [false, 'controller'],
    ],
    [
      'leaves the last failed install whatever the retries are',
      'HelmRelease',
      { 'install.remediation.retries': 3 },
      'install.remediation.remediateLastFailure',
      [false, 'controller'],
    ],
    [
      'waits five minutes between retries',
      'HelmRelease',
      { 'upgrade.strategy': { name: 'RetryOnFailure' } },
      'upgrade.strategy.retryInterval',
      ['5m0s', 'controller'],
    ],
    [
      'has no such wait where it does not retry',
      'HelmRelease',
      { 'upgrade.strategy': {} },
      'upgrade.strategy.retryInterval',
      [undefined, 'written'],
    ],
    [
      'has the API fill in the deletion propagation where uninstall is written',
      'HelmRelease',
      { uninstall: {} },
      'uninstall.deletionPropagation',
      ['background', 'api'],
    ],
    [
      'has the API fill in the verification provider',
      'HelmRelease',
      { 'chart.spec.verify': {} },
      'chart.spec.verify.provider',
      ['cosign', 'api'],
    ],
    [
      'has no verification where none is written',
      'HelmRelease',
      {},
      'chart.spec.verify',
      [undefined, 'written'],
    ],
    ['has no kubeConfig where none is written', 'HelmRelease', {}, 'kubeConfig', [undefined, 'written']],
    [
      'has no kubeConfig where null is written',
      'HelmRelease',
      { kubeConfig: null },
      'kubeConfig',
      [undefined, 'written'],
    ],
    ['has no service account of its own', 'HelmRelease', {}, 'serviceAccountName', [undefined, 'written']],
    [
      'keeps values as they are',
      'HelmRelease',
      { values: { a: null, suspend: null } },
      'values',
      [{ a: null, suspend: null }, 'written'],
    ],
    [
      'composes the name with a target namespace',
      'HelmRelease',
      { targetNamespace: 'prod' },
      'releaseName',
      ['prod-web', 'controller'],
    ],
    [
      'stores beside the HelmRelease and not in the target',
      'HelmRelease',
      { targetNamespace: 'prod' },
      'storageNamespace',
      ['team', 'controller'],
    ],
    [
      'takes empty names as absent, as the controller does',
      'HelmRelease',
      { releaseName: '', targetNamespace: '', storageNamespace: '' },
      'releaseName',
      ['web', 'controller'],
    ],
    [
      'takes an empty target namespace as absent',
      'HelmRelease',
      { targetNamespace: '' },
      'targetNamespace',
      ['team', 'controller'],
    ],
    [
      'takes an empty version as any, which no schema does',
      'HelmRelease',
      { 'chart.spec.version': '' },
      'chart.spec.version',
      ['*', 'controller'],
    ],
    [
      'keeps an empty service account',
      'HelmRelease',
      { serviceAccountName: '' },
      'serviceAccountName',
      ['', 'written'],
    ],
    [
      'keeps an empty duration, which the API refuses',
      'HelmRelease',
      { timeout: '' },
      'timeout',
      ['', 'written'],
    ],
    [
      'has no release name before the object has a name',
      'HelmRelease',
      {},
      'releaseName',
      [undefined, 'written'],
      { name: '' },
    ],
    [
      'has a written release name even then',
      'HelmRelease',
      { releaseName: 'x' },
      'releaseName',
      ['x', 'written'],
      { name: '' },
    ],
    [
      'creates CRDs at upgrades under Flux',
      'HelmRelease',
      {},
      'upgrade.crds',
      ['Create', 'controller'],
      { controller: 'flux' },
    ],
    [
      'skips them under Flux where that is written',
      'HelmRelease',
      { 'upgrade.crds': 'Skip' },
      'upgrade.crds',
      ['Skip', 'written'],
      { controller: 'flux' },
    ],
    [
      'keeps five revisions of a v2beta1 release too, since v2 is stored',
      'HelmRelease',
      {},
      'maxHistory',
      [5, 'controller'],
      { version: 'v2beta1' },
    ],
    [
      'loses in v2beta1 what only v2 has',
      'HelmRelease',
      { 'install.serverSideApply': false },
      'install.serverSideApply',
      [true, 'controller'],
      { version: 'v2beta1' },
    ],
    [
      'reads the beta field valuesFile',
      'HelmRelease',
      { 'chart.spec.valuesFile': 'a.yaml', 'chart.spec.valuesFiles': ['b.yaml'] },
      'chart.spec.valuesFiles',
      [['a.yaml', 'b.yaml'], 'written'],
      { version: 'v2beta1' },
    ],
    [
      'fills in the items of dependsOn',
      'HelmRelease',
      { dependsOn: [{ name: 'db' }] },
      'dependsOn',
      [[{ name: 'db', namespace: 'team' }], 'written'],
    ],
    [
      'fills in the items of valuesFrom',
      'HelmRelease',
      { valuesFrom: [{ kind: 'Secret', name: 's', valuesKey: '' }] },
      'valuesFrom',
      [[{ kind: 'Secret', name: 's', valuesKey: 'values.yaml', optional: false, literal: false }], 'written'],
    ],
    [
      'names the origin in a list by its index',
      'HelmRelease',
      { valuesFrom: [{ kind: 'Secret', name: 's' }] },
      'valuesFrom.0.valuesKey',
      ['values.yaml', 'controller'],
    ],
    ['does not invent a list', 'HelmRelease', {}, 'dependsOn', [undefined, 'written']],
    [
      'looks for the chart of a reference beside the release',
      'HelmRelease',
      { chartRef: { kind: 'OCIRepository', name: 'app' } },
      'chartRef.namespace',
      ['team', 'controller'],
    ],
    [
      'is a repository over HTTP unless it says oci, whatever the URL',
      'HelmRepository',
      { url: 'oci://registry.example' },
      'type',
      ['default', 'controller'],
    ],
    [
      'has no interval where there is no index',
      'HelmRepository',
      { type: 'oci' },
      'interval',
      [undefined, 'written'],
    ],
    [
      'has the API fill in the verification provider of a chart',
      'HelmChart',
      { verify: {} },
      'verify.provider',
      ['cosign', 'api'],
    ],
    [
      'has the API fill in the verification provider of an OCI source',
      'OCIRepository',
      { verify: {} },
      'verify.provider',
      ['cosign', 'api'],
    ],
    [
      'has no tag beside a range',
      'OCIRepository',
      { 'ref.semver': '1.x' },
      'ref.tag',
      [undefined, 'written'],
    ],
    ['takes an empty tag as absent', 'OCIRepository', { 'ref.tag': '' }, 'ref.tag', ['latest', 'controller']],
    [
      'has no tag beside a digest',
      'OCIRepository',
      { 'ref.digest': 'sha256:0' },
      'ref.tag',
      [undefined, 'written'],
    ],
    [
      'unpacks a layer that was selected',
      'OCIRepository',
      { layerSelector: {} },
      'layerSelector.operation',
      ['extract', 'controller'],
    ],
    [
      'takes five minutes where the timeout of the release is no text',
      'HelmRelease',
      { timeout: 7 },
      'upgrade.timeout',
      ['5m0s', 'controller'],
    ],
    [
      'takes five minutes where it is empty',
      'HelmRelease',
      { timeout: '' },
      'upgrade.timeout',
      ['5m0s', 'controller'],
    ],
    [
      'leaves the last failed upgrade when there are no retries',
      'HelmRelease',
      { 'upgrade.remediation.retries': 0 },
      'upgrade.remediation.remediateLastFailure',
      [false, 'controller'],
    ],
    [
      'undoes it for a number beyond 2^53',
      'HelmRelease',
      { 'upgrade.remediation.retries': 9_007_199_254_740_993n },
      'upgrade.remediation.remediateLastFailure',
      [true, 'controller'],
    ],
    [
      'leaves it where the retries are no number',
      'HelmRelease',
      { 'upgrade.remediation.retries': '3' },
      'upgrade.remediation.remediateLastFailure',
      [false, 'controller'],
    ],
    [
      'keeps an empty provider, which the API refuses',
      'HelmRepository',
      { provider: '' },
      'provider',
      ['', 'written'],
    ],
    [
      'names no namespace where there is none',
      'HelmRelease',
      { dependsOn: [{ name: 'db' }] },
      'dependsOn',
      [[{ name: 'db' }], 'written'],
      { namespace: '' },
    ],
    [
      'loses the type in v1beta1',
      'HelmRepository',
      { type: 'oci' },
      'type',
      ['default', 'controller'],
      { version: 'v1beta1' },
    ],
    [
      'loses certSecretRef in v1beta1',
      'HelmRepository',
      { certSecretRef: { name: 'x' } },
      'certSecretRef',
      [undefined, 'written'],
      { version: 'v1beta1' },
    ],
    [
      'loses insecure in v1beta1',
      'HelmRepository',
      { insecure: true },
      'insecure',
      [false, 'controller'],
      { version: 'v1beta1' },
    ],
    [
      'loses the provider in v1beta1',
      'HelmRepository',
      { provider: 'aws' },
      'provider',
      ['generic', 'api'],
      { version: 'v1beta1' },
    ],
    [
      'keeps them in v1beta2',
      'HelmRepository',
      { provider: 'aws' },
      'provider',
      ['aws', 'written'],
      { version: 'v1beta2' },
    ],
    [
      'loses nothing in a version that nobody knows yet',
      'HelmRelease',
      { 'install.serverSideApply': false },
      'install.serverSideApply',
      [false, 'written'],
      { version: 'v3' },
    ],
    [
      'has no tag beside a written one',
      'OCIRepository',
      { 'ref.tag': 'v1' },
      'ref',
      [{ tag: 'v1' }, 'written'],
    ],
  ];
  for (const [name, kind, set, path, expected, more] of table) {
    it(name, () => assert.deepEqual(seen(kind, path, set, more), expected));
  }

  it('cuts a composed name to 53 characters, with a digest', () => {
    const [name] = seen('HelmRelease', 'releaseName', { targetNamespace: 'a'.repeat(63) });
    assert.match(String(name as string), /^a{40}-[0-9a-f]{12}$/);
  });

  it('tells an absent group from an empty one', () => {
    const absent = effectiveObject(inputOf('HelmRelease', SPECS['HelmRelease']));
    const empty = effectiveObject(inputOf('HelmRelease', { ...SPECS['HelmRelease'], upgrade: {} }));
    assert.deepEqual(absent.object['spec'], empty.object['spec']);
    assert.equal(originAt(absent, '/spec/upgrade'), 'controller');
    assert.equal(originAt(empty, '/spec/upgrade'), 'written');
    assert.equal(originAt(empty, '/spec/upgrade/remediation'), 'controller');
  });

  it('names the policy as the origin of what it changed', () => {
    const effective = effectiveObject(
      inputOf(
        'HelmRelease',
        { ...SPECS['HelmRelease'], timeout: '9m' },
        { changed: new Set(['/spec/timeout']) },
      ),
    );
    assert.deepEqual(
      ['/spec/timeout', '/spec/install/timeout', '/spec/interval'].map((at) => originAt(effective, at)),
      ['policy', 'controller', 'written'],
    );
  });

  it('is computed once for each controller', () => {
    const input = inputOf('HelmRelease', SPECS['HelmRelease']);
    const own = effectiveObject(input);
    const flux = effectiveObject({ ...input, controller: 'flux' });
    assert.notEqual(own, flux);
    assert.equal(effectiveObject({ ...input, controller: 'helmgate' }), own);
    assert.equal(effectiveObject({ ...input, controller: 'flux' }), flux);
    for (const other of [
      { name: 'other' },
      { namespace: 'other' },
      { version: 'v2beta1' },
      { kind: 'HelmChart' },
      { changed: new Set(['/spec/timeout']) },
    ]) {
      assert.notEqual(effectiveObject({ ...input, ...other }), own, JSON.stringify(other));
    }
  });

  it('shares what it does not change, and changes nothing of what came', () => {
    const values = { big: 'x'.repeat(100) };
    const valuesFrom = [{ kind: 'Secret', name: 'a', valuesKey: 'b', optional: true, literal: true }];
    const spec = { ...SPECS['HelmRelease'], values, valuesFrom };
    const { object } = effectiveObject(inputOf('HelmRelease', spec));
    assert.equal(valueAt(object, ['spec', 'values']), values);
    assert.equal(valueAt(object, ['spec', 'valuesFrom']), spec.valuesFrom);
    assert.equal(Object.hasOwn(spec, 'upgrade'), false);
    assert.throws(() => Object.assign(object['spec'] as object, { suspend: true }), TypeError);
  });

  it('is its own effective object', () => {
    for (const [kind, spec] of Object.entries(SPECS)) {
      const once = effectiveObject(inputOf(kind, spec)).object;
      assert.equal(effectiveObject(inputOf(kind, spec, { object: once })).object, once);
    }
  });

  it('is the object itself for other kinds', () => {
    const input = inputOf('GitRepository', { url: 'https://git.example', suspend: null });
    assert.deepEqual(effectiveObject(input), { object: input.object, origins: new Map() });
  });
});

describe('any JSON as an object', () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  const field = fc.constantFrom(
    ...[
      'chart',
      'chartRef',
      'install',
      'upgrade',
      'test',
      'valuesFrom',
      'dependsOn',
      'timeout',
      'releaseName',
    ],
    ...['targetNamespace', 'kubeConfig', 'ref', 'verify', 'type', 'uninstall', '__proto__', 'constructor'],
  );
  const spec = fc.oneof(
    json,
    fc.array(fc.tuple(field, json)).map((entries) => Object.fromEntries(entries)),
  );

  for (const kind of Object.keys(SPECS)) {
    it(`gives an effective ${kind} and loses nothing that was written`, () => {
      fc.assert(
        fc.property(spec, fc.constantFrom('v2beta1', 'v2', 'v1'), (value, version) => {
          const input = inputOf(kind, value as Json, { version });
          const { object, origins } = effectiveObject(input);
          for (const pointer of origins.keys()) {
            assert.notEqual(valueAt(object, parsePointer(pointer) ?? []), undefined);
          }
          assert.equal(object['metadata'], input.object['metadata']);
          assert.equal(isJsonObject(object['spec']), isJsonObject(value as Json));
        }),
      );
    });
  }
});
