import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CheckedManifest } from '../../src/cli/check/check-manifests.ts';
import { checkManifests } from '../../src/cli/check/check-manifests.ts';
import { type FixResult, fixManifests } from '../../src/cli/fix/fix-manifests.ts';
import { applyPatch } from '../../src/core/json/apply.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json/json.ts';
import { valueAt, withoutKeyAt } from '../../src/core/json/pointer.ts';
import { stringifyJson } from '../../src/core/json/stringify.ts';
import { DEFAULTS_ANNOTATION } from '../../src/core/policy/former-defaults.ts';
import { liftBetaFields } from '../../src/core/policy/lift.ts';
import { readYaml } from '../../src/core/policy/yaml-file.ts';
import { isEqualBesidesPatchText } from '../../src/core/yamledit/lift-patch-lists.ts';
import { policySet } from '../core/policy/policy-fixture.ts';
import { layOut, layoutChoices } from '../core/yamledit/laid-out.ts';

const NOW = '2026-06-01T00:00:00Z';
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 150);

const set = policySet([
  {
    id: 'sources',
    allowedSources: [{ url: 'https://flagger.app' }, { url: 'oci://ghcr.io/acme', subpaths: true }],
  },
  { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0', wider: 'Narrow' } },
  {
    id: 'defaults',
    defaults: {
      HelmRelease: {
        'spec.timeout': '5m',
        'spec.install.remediation.retries': 3,
        'spec.upgrade.remediation': { retries: 3, strategy: 'rollback' },
        'spec.install.strategy.name': 'RemediateOnFailure',
        'spec.values': { global: { 'image.tag': 'on', list: ['1.10', { a: null }] } },
      },
      HelmRepository: { 'spec.timeout': '60s', 'spec.interval': '10m' },
    },
  },
  {
    id: 'overrides',
    overrides: {
      HelmRelease: { 'spec.serviceAccountName': 'tenant', 'spec.install.disableSchemaValidation': false },
    },
  },
]);

const unknown = fc.dictionary(
  fc.constantFrom('replicas', 'tag', 'on', 'x.y', 'list', 'nested'),
  fc.oneof(
    fc.constantFrom<Json>(1, 2n ** 60n, '1.10', 'yes', null, 'two\nlines', '', [], {}),
    fc.array(fc.constantFrom<Json>('a', 1, { b: [1, { c: 'x' }] }), { maxLength: 3 }),
    fc.constant<Json>({ deep: { deeper: [2n ** 55n, 'x'] } }),
  ),
  { maxKeys: 4 },
);

/** Only the members whose value is not undefined. */
function present(object: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;
}

const optional = <T extends Json>(...values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.constantFrom(undefined, ...values);

const metadata = fc.record({
  name: fc.constantFrom('flagger', 'podinfo'),
  namespace: fc.constant('team'),
  labels: optional<Json>({}, { 'app.kubernetes.io/name': 'x' }),
  annotations: optional<Json>(null, { note: 'kept' }, { [DEFAULTS_ANNOTATION]: '{"/spec/timeout":"3m"}' }),
});

const renderers = optional<Json>(
  [],
  [{ kustomize: { patches: [{ patch: 'kind: A\n' }] } }],
  [
    {
      kustomize: {
        patchesStrategicMerge: [{ apiVersion: 'v1', kind: 'A', metadata: { name: 'on' } }],
        images: [],
      },
    },
  ],
  [
    {
      kustomize: {
        patchesJson6902: [{ target: { kind: 'B' }, patch: [{ op: 'add', path: '/a', value: { b: [1] } }] }],
      },
    },
    {
      kustomize: {
        patchesStrategicMerge: [{ kind: 'A' }, { kind: 'C', list: [1, 2] }],
        patches: [],
        patchesJson6902: [],
      },
    },
  ],
);

const helmRelease = fc
  .record({
    version: fc.constantFrom('v2', 'v2beta2', 'v2beta1'),
    metadata,
    interval: fc.constantFrom('5m', '1h'),
    timeout: optional('1m', '2m'),
    version_: optional('*', '1.x', '>=1.30.0', '1.30.0', '>=1.0.0 <1.29.0', '3.x', 'nonsense'),
    chart: fc.constantFrom('flagger', 'podinfo'),
    source: fc.constantFrom('flagger', 'podinfo', 'missing'),
    valuesFile: optional('a.yaml', ''),
    valuesFiles: optional<Json>([], ['a.yaml'], ['b.yaml', 'c.yaml']),
    install: optional<Json>({}, null, { crds: 'Skip' }, { remediation: { retries: 1 } }, { remediation: {} }),
    upgrade: optional<Json>({}, { remediation: { retries: 0 } }, { strategy: { name: 'RetryOnFailure' } }),
    serviceAccountName: optional<Json>('tenant', 'admin', null),
    postRenderers: renderers,
    values: fc.option(unknown, { nil: undefined }),
    other: fc.option(unknown, { nil: undefined }),
  })
  .map(
    ({
      version,
      metadata: meta,
      chart,
      source,
      version_,
      valuesFile,
      valuesFiles,
      other,
      ...spec
    }): JsonObject => ({
      apiVersion: `helm.toolkit.fluxcd.io/${version}`,
      kind: 'HelmRelease',
      metadata: present(meta),
      spec: {
        ...present(spec),
        chart: {
          spec: present({
            chart,
            version: version_,
            valuesFile,
            sourceRef: { kind: 'HelmRepository', name: source },
            valuesFiles,
          }),
        },
      },
      ...(other === undefined ? {} : { unknownField: other }),
    }),
  );

const helmRepository = fc
  .record({
    version: fc.constantFrom('v1', 'v1beta2', 'v1beta1'),
    metadata,
    url: fc.constantFrom(
      ...[
        'https://flagger.app',
        'HTTPS://Flagger.App:443/',
        'https://flagger.app/x/../',
        'https://evil.example',
        'oci://ghcr.io/acme/charts',
        'oci://GHCR.io/acme',
        'https://u:p@flagger.app',
      ],
    ),
    interval: optional('1m'),
    timeout: optional<Json>('30s', null),
  })
  .map(
    ({ version, metadata: meta, ...spec }): JsonObject => ({
      apiVersion: `source.toolkit.fluxcd.io/${version}`,
      kind: 'HelmRepository',
      metadata: present(meta),
      spec: present(spec),
    }),
  );

const helmChart = fc
  .record({
    version: fc.constantFrom('v1', 'v1beta2'),
    metadata,
    chart: fc.constant('flagger'),
    version_: optional('*', '1.30.0'),
    valuesFile: optional('a.yaml'),
    accessFrom: optional<Json>({ namespaceSelectors: [] }),
  })
  .map(
    ({ version, metadata: meta, version_, ...spec }): JsonObject => ({
      apiVersion: `source.toolkit.fluxcd.io/${version}`,
      kind: 'HelmChart',
      metadata: present(meta),
      spec: present({
        ...spec,
        interval: '5m',
        version: version_,
        sourceRef: { kind: 'HelmRepository', name: 'flagger' },
      }),
    }),
  );

const other = unknown.map(
  (data): JsonObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data }),
);
const single = fc.oneof(helmRelease, helmRepository, helmChart, other);
const list = fc
  .array(single, { minLength: 1, maxLength: 3 })
  .map((items): JsonObject => ({ apiVersion: 'v1', kind: 'List', items }));
const documents = fc.array(fc.oneof({ weight: 4, arbitrary: single }, { weight: 1, arbitrary: list }), {
  minLength: 1,
  maxLength: 3,
});

/** A document whose anchors are used, in front of the others: none of anybody's business. */
const SHARED =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared, labels: &l {a: b}}\ndata: {copy: *l}\n---\n';

const fileOf = (text: string, file = 'app.yaml') => ({
  file,
  path: `/${file}`,
  text,
  named: true,
  byteOrderMark: false,
});
const fixed = (...files: readonly ReturnType<typeof fileOf>[]): FixResult =>
  fixManifests(set, files, 'default', NOW);
const numbersOf = (text: string): readonly string[] => (text.match(/#c\d+\./g) ?? []).toSorted();

const UNDECIDED: ReadonlySet<string> = new Set([
  'BetaFieldUnsupported',
  'InvalidObject',
  'MutationConflict',
  'PolicyError',
]);

function isUndecided({ decision }: CheckedManifest): boolean {
  return decision.findings.some(({ reason }) => UNDECIDED.has(reason));
}

function checked(text: string): readonly CheckedManifest[] {
  const result = checkManifests(set, [{ file: 'app.yaml', text }], 'default', NOW);
  assert.deepEqual(result.errors, [], text);
  return result.checked;
}

function values(text: string): readonly Json[] {
  const read = readYaml({ file: 'app.yaml', text }, 'manifest');
  assert.ok(read.ok, text);
  return read.documents.map(({ value }) => value);
}

describe('helmgate fix', () => {
  it('leaves nothing for the webhook to change, whatever the layout', () => {
    const seen = { changed: 0, clean: 0 };
    fc.assert(
      fc.property(documents, layoutChoices, (objects, choices) => {
        const text = SHARED + layOut(objects, choices).text;
        const result = fixed(fileOf(text));
        assert.deepEqual(result.errors, [], text);
        assert.ok(result.files[0]?.text.startsWith(SHARED) ?? true);
        const after = result.files[0]?.text ?? text;
        if (after !== text) seen.changed += 1;
        for (const each of checked(after)) {
          if (isUndecided(each)) continue;
          seen.clean += 1;
          assert.deepEqual(each.decision.patch, [], after);
          assert.doesNotMatch(each.manifest.version, /beta/);
        }
      }),
      { numRuns: RUNS },
    );
    assert.ok(seen.changed > RUNS / 2 && seen.clean > RUNS / 2, JSON.stringify(seen));
  });

  it('does nothing the second time, and says so', () => {
    fc.assert(
      fc.property(documents, layoutChoices, (objects, choices) => {
        const { text } = layOut(objects, choices);
        const once = fixed(fileOf(text)).files[0]?.text ?? text;
        const twice = fixed(fileOf(once));
        assert.deepEqual([twice.files, twice.objects], [[], []], once);
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps every comment, line end, unknown field, large integer and object of another kind', () => {
    fc.assert(
      fc.property(documents, layoutChoices, (objects, choices) => {
        const { text, crlf } = layOut(objects, choices);
        const after = fixed(fileOf(text)).files[0]?.text ?? text;
        assert.deepEqual(numbersOf(after), numbersOf(text), after);
        assert.equal(after.endsWith('\n'), text.endsWith('\n'));
        if (crlf) assert.doesNotMatch(after, /[^\r]\n/);
        else assert.doesNotMatch(after, /\r/);
        const flat = (value: Json): readonly JsonObject[] =>
          isJsonObject(value) ? ((value['items'] as readonly JsonObject[] | undefined) ?? [value]) : [];
        const [before, now] = [values(text).flatMap(flat), values(after).flatMap(flat)];
        assert.equal(now.length, before.length);
        for (const [index, object] of before.entries()) {
          if (object['kind'] === 'ConfigMap') assert.deepEqual(now[index], object);
          assert.deepEqual(now[index]?.['unknownField'], object['unknownField']);
          const own = valueAt(object, ['spec', 'values']);
          for (const [key, value] of isJsonObject(own) ? Object.entries(own) : [])
            assert.deepEqual(valueAt(now[index], ['spec', 'values', key]), value);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('writes exactly what the patch sets on the lifted object, and no annotation', () => {
    fc.assert(
      fc.property(helmRelease, layoutChoices, (object, choices) => {
        const { text } = layOut([object], choices);
        const written = values(text)[0] as JsonObject;
        const lifted: JsonObject = {
          ...liftBetaFields('HelmRelease', 'v2beta1', written).object,
          apiVersion: 'helm.toolkit.fluxcd.io/v2',
        };
        const annotated = valueAt(lifted, ['metadata', 'annotations', DEFAULTS_ANNOTATION]) !== undefined;
        const plain = annotated ? withoutKeyAt(lifted, ['metadata', 'annotations']) : lifted;
        const [judged] = checked(stringifyJson(plain));
        assert.ok(judged !== undefined);
        if (isUndecided(judged)) return;
        const patched = applyPatch(plain, judged.decision.patch) as JsonObject;
        const annotations = valueAt(plain, ['metadata', 'annotations']);
        const { annotations: _patched, ...meta } = patched['metadata'] as JsonObject;
        const wanted = { ...patched, metadata: annotations === undefined ? meta : { ...meta, annotations } };
        const after = fixed(fileOf(text)).files[0]?.text ?? text;
        assert.ok(
          isEqualBesidesPatchText(values(after)[0] ?? null, wanted),
          `${after}\n${stringifyJson(wanted)}`,
        );
      }),
      { numRuns: RUNS },
    );
  });

  it('judges each file with the sources of all, after they were fixed', () => {
    const source = fileOf(
      'apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: HelmRepository\nmetadata: {name: flagger, namespace: team}\nspec: {url: "HTTPS://Flagger.app/", interval: 1m, timeout: 60s}\n',
      'source.yaml',
    );
    const release = fileOf(
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: team}\nspec:\n  interval: 5m\n  chart: {spec: {chart: flagger, version: "*", sourceRef: {kind: HelmRepository, name: flagger}}}\n',
      'release.yaml',
    );
    const charts = policySet([
      { id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] },
      {
        id: 'range',
        chartVersion: {
          charts: [{ name: 'flagger', source: 'https://flagger.app' }],
          within: '>=1.28.0 <2.0.0',
          wider: 'Narrow',
        },
      },
    ]);
    const { files, checked: after } = fixManifests(charts, [release, source], 'default', NOW);
    assert.deepEqual(
      files.map(({ file }) => file.file),
      ['release.yaml', 'source.yaml'],
    );
    assert.match(files[0]?.text ?? '', /version: ">=1\.28\.0 <2\.0\.0"/);
    assert.match(files[1]?.text ?? '', /\/v1\nkind.*\n.*\nspec: \{url: "https:\/\/flagger\.app", /);
    assert.ok(after.every(({ decision }) => decision.allowed && decision.patch.length === 0));
  });
});
