import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { KubeObject } from '../../src/core/api/kube-object.ts';
import type { Json, JsonObject } from '../../src/core/json/json.ts';
import { compilePolicySet } from '../../src/core/policy/compile.ts';
import type { PolicySet } from '../../src/core/policy/policy-set.ts';
import type { Subject } from '../../src/core/policy/subject.ts';
import { gatherFacts } from '../../src/runtime/facts.ts';
import type { ObjectLookup } from '../../src/runtime/object-lookup.ts';
import { policySet } from '../core/policy/policy-fixture.ts';

const signal = new AbortController().signal;
const compiled = compilePolicySet([
  {
    path: 'p.yaml',
    text: 'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n  - id: s\n    allowedSources:\n    - url: https://flagger.app\n',
  },
]);
if (!compiled.ok) throw new Error('the policy of this test does not compile');
const current: PolicySet = compiled.set;

function lookup(objects: Readonly<Record<string, Json | Error>>): ObjectLookup {
  return {
    find: (resource, namespace, name) => {
      const found = objects[`${resource.kind}/${namespace}/${name}`];
      if (found instanceof Error) return Promise.reject(found);
      return Promise.resolve(found as unknown as KubeObject | undefined);
    },
  };
}

const release = (spec: JsonObject): Subject => ({
  operation: 'CREATE',
  group: 'helm.toolkit.fluxcd.io',
  version: 'v2',
  kind: 'HelmRelease',
  namespace: 'apps',
  name: 'flagger',
  object: {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'flagger', namespace: 'apps' },
    spec,
  },
  dryRun: false,
});
const chartOf = (kind: string, name = 'src'): JsonObject => ({
  interval: '5m',
  chart: { spec: { chart: 'flagger', sourceRef: { kind, name } } },
});
const namespace = (labels: JsonObject): Json => ({ metadata: { labels } });

const NOW = '2026-06-01T00:00:00Z';

describe('gathering facts', () => {
  it('finds the labels of own, target and storage namespace and the URL behind the source', async () => {
    const facts = await gatherFacts(
      { current },
      release({ ...chartOf('HelmRepository'), targetNamespace: 'prod', storageNamespace: 'apps' }),
      lookup({
        'Namespace//apps': namespace({ tier: 'dev' }),
        'Namespace//prod': namespace({ tier: 'prod' }),
        'HelmRepository/apps/src': { spec: { url: 'https://flagger.app', suspend: true } },
      }),
      NOW,
      signal,
    );
    assert.deepEqual(facts.namespaceLabels, { known: true, value: { tier: 'dev' } });
    assert.deepEqual(
      [...(facts.otherNamespaceLabels ?? [])],
      [['prod', { known: true, value: { tier: 'prod' } }]],
    );
    assert.deepEqual(facts.sources.get('HelmRepository/apps/src'), {
      known: true,
      value: {
        kind: 'HelmRepository',
        namespace: 'apps',
        name: 'src',
        url: 'https://flagger.app',
        suspended: true,
        spec: { url: 'https://flagger.app', suspend: true },
      },
    });
    assert.equal(facts.chart.known, false);
    assert.deepEqual(
      [facts.releases, facts.dependents, facts.kubeVersion],
      [undefined, undefined, undefined],
      'nothing is gathered that no rule asks for',
    );
  });

  it('finds the labels of the namespaces that an edit leaves', async () => {
    const left = release({ ...chartOf('HelmRepository'), targetNamespace: 'prod' }).object;
    const edit = { ...release({ ...chartOf('HelmRepository'), targetNamespace: 'dev' }), oldObject: left };
    const objects = {
      'Namespace//prod': namespace({ tier: 'prod' }),
      'Namespace//dev': namespace({ tier: 'dev' }),
    };
    const { otherNamespaceLabels } = await gatherFacts({ current }, edit, lookup(objects), NOW, signal);
    assert.deepEqual(
      [...(otherNamespaceLabels ?? [])].map(([name]) => name),
      ['dev', 'prod'],
    );
    assert.deepEqual(otherNamespaceLabels?.get('prod'), { known: true, value: { tier: 'prod' } });
  });

  const missing: readonly (readonly [string, Json | Error | undefined, string])[] = [
    ['does not exist', undefined, 'NotFound'],
    ['may not be read', Object.assign(new Error('no'), { status: 403 }), 'Forbidden'],
    ['cannot be asked for', new Error('connect ECONNREFUSED'), 'Unavailable'],
  ];
  for (const [what, found, why] of missing) {
    it(`says ${why} of a source that ${what}`, async () => {
      const objects = found === undefined ? {} : { 'HelmRepository/apps/src': found };
      const facts = await gatherFacts(
        { current },
        release(chartOf('HelmRepository')),
        lookup(objects),
        NOW,
        signal,
      );
      assert.deepEqual(facts.sources.get('HelmRepository/apps/src'), { known: false, why });
    });
  }

  it('follows a HelmChart to the URL of what is behind it, with the spec of the chart', async () => {
    const specOf = (kind: string, name: string) => ({
      chart: 'app',
      version: '1.x',
      sourceRef: { kind, name },
    });
    const objects = {
      'HelmChart/apps/chart': { spec: specOf('HelmRepository', 'repo') },
      'HelmChart/apps/git-chart': { spec: specOf('GitRepository', 'git') },
      'HelmChart/apps/orphan': { spec: specOf('HelmRepository', 'gone') },
      'HelmChart/apps/circle': { spec: specOf('HelmChart', 'circle') },
      'HelmChart/apps/artifact': { spec: specOf('ExternalArtifact', 'x') },
      'HelmRepository/apps/repo': { spec: { url: 'https://flagger.app' } },
      'GitRepository/apps/git': {
        spec: { url: 'ssh://git@github.com/acme', include: [{ repository: { name: 'x' } }] },
      },
    };
    const factOf = async (name: string) => {
      const chartRef = { interval: '5m', chartRef: { kind: 'HelmChart', name } };
      const facts = await gatherFacts({ current }, release(chartRef), lookup(objects), NOW, signal);
      return facts.sources.get(`HelmChart/apps/${name}`);
    };
    const chart = { kind: 'HelmChart', namespace: 'apps' };
    assert.deepEqual(await factOf('chart'), {
      known: true,
      value: { ...chart, name: 'chart', url: 'https://flagger.app', spec: specOf('HelmRepository', 'repo') },
    });
    assert.deepEqual(await factOf('git-chart'), {
      known: true,
      value: {
        ...chart,
        name: 'git-chart',
        url: 'ssh://git@github.com/acme',
        includes: true,
        spec: specOf('GitRepository', 'git'),
      },
    });
    assert.deepEqual(await factOf('orphan'), { known: false, why: 'NotFound' });
    assert.deepEqual(await factOf('circle'), { known: false, why: 'Unsupported' });
    assert.deepEqual(await factOf('artifact'), { known: false, why: 'Unsupported' });
    assert.deepEqual(await factOf('none'), { known: false, why: 'NotFound' });
  });

  it('makes one address of the fields of a Bucket', async () => {
    const objects = {
      'Bucket/apps/src': {
        spec: { endpoint: 'minio.example.com:9000', bucketName: 'charts', insecure: true },
      },
    };
    const facts = await gatherFacts({ current }, release(chartOf('Bucket')), lookup(objects), NOW, signal);
    const fact = facts.sources.get('Bucket/apps/src');
    assert.equal(fact?.known === true && fact.value.url, 'bucket+http://minio.example.com:9000/charts');
  });

  const asking = policySet([
    { id: 's', allowedSources: [{ url: 'https://flagger.app' }] },
    { id: 'k', chartVersion: { kubeVersion: 'Deny' } },
    { id: 'u', uniqueRelease: {} },
  ]);
  const stored = (namespace: string, name: string, spec: JsonObject): KubeObject =>
    ({
      apiVersion: 'helm.toolkit.fluxcd.io/v2beta2',
      kind: 'HelmRelease',
      metadata: { namespace, name },
      spec,
    }) as unknown as KubeObject;
  const inCluster = (copies: Readonly<Record<string, readonly KubeObject[]>>): ObjectLookup => ({
    ...lookup({ 'Namespace//prod': namespace({ tier: 'prod' }) }),
    list: ({ kind }) => copies[kind],
    kubeVersion: () => Promise.resolve('v1.36.3'),
  });

  it('finds the other releases and the version of the API server for rules that ask for them', async () => {
    const other = stored('apps', 'other', { releaseName: 'flagger' });
    const far = stored('far', 'away', {});
    const facts = await gatherFacts(
      { current: asking },
      release(chartOf('HelmRepository')),
      inCluster({ HelmRelease: [other, far] }),
      NOW,
      signal,
    );
    assert.deepEqual(facts.releases?.known === true && facts.releases.value.map(({ name }) => name), [
      'other',
    ]);
    assert.deepEqual(facts.kubeVersion, { known: true, value: 'v1.36.3' });
    const blind = await gatherFacts(
      { current: asking },
      release(chartOf('HelmRepository')),
      {
        ...inCluster({}),
        kubeVersion: () => Promise.reject(Object.assign(new Error('no'), { status: 403 })),
      },
      NOW,
      signal,
    );
    assert.deepEqual(blind.releases, { known: false, why: 'Unavailable' });
    assert.deepEqual(blind.kubeVersion, { known: false, why: 'Forbidden' });
  });

  it('finds who uses a source that is edited, with the namespaces they touch and the HelmCharts between', async () => {
    const direct = stored('apps', 'direct', { ...chartOf('HelmRepository'), targetNamespace: 'prod' });
    const through = stored('far', 'through', {
      chartRef: { kind: 'HelmChart', name: 'c', namespace: 'apps' },
    });
    const chart = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      metadata: { namespace: 'apps', name: 'c' },
      spec: { chart: 'flagger', sourceRef: { kind: 'HelmRepository', name: 'src' } },
    } as unknown as KubeObject;
    const edited = (spec: JsonObject, oldSpec?: JsonObject): Subject => {
      const object = (written: JsonObject): JsonObject => ({ metadata: { name: 'src' }, spec: written });
      const operation = oldSpec === undefined ? 'CREATE' : 'UPDATE';
      return {
        ...{ operation, group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'HelmRepository' },
        ...{ namespace: 'apps', name: 'src', object: object(spec), dryRun: false },
        ...(oldSpec === undefined ? {} : { oldObject: object(oldSpec) }),
      };
    };
    const copies = { HelmRelease: [through, direct, stored('apps', 'none', {})], HelmChart: [chart] };
    const gather = (subject: Subject, lookedIn: typeof copies | object = copies, set = asking) =>
      gatherFacts({ current: set }, subject, inCluster({ ...lookedIn }), NOW, signal);
    const { dependents, sources } = await gather(edited({ url: 'https://evil.example' }));
    assert.ok(dependents?.known);
    assert.deepEqual(
      dependents.value.map(({ object, version }) => [(object['metadata'] as JsonObject)['name'], version]),
      [
        ['direct', 'v2beta2'],
        ['through', 'v2beta2'],
      ],
    );
    assert.deepEqual(
      [...(dependents.value[0]?.otherNamespaceLabels ?? [])],
      [['prod', { known: true, value: { tier: 'prod' } }]],
    );
    assert.deepEqual(sources.get('HelmChart/apps/c'), {
      known: true,
      value: { kind: 'HelmChart', namespace: 'apps', name: 'c', spec: chart['spec'] },
    });
    assert.deepEqual((await gather(edited({ url: 'a' }), {})).dependents, {
      known: false,
      why: 'Unavailable',
    });
    const same = await gather(edited({ url: 'a' }, { url: 'a' }));
    assert.equal(same.dependents, undefined, 'an edit of labels moves nobody');
    const unasking = policySet([{ id: 'd', defaults: { HelmRepository: { 'spec.timeout': '30s' } } }]);
    assert.equal((await gather(edited({ url: 'a' }), copies, unasking)).dependents, undefined);
  });

  it('rejects when the answer is due', async () => {
    const late = AbortSignal.abort(new Error('due'));
    await assert.rejects(
      gatherFacts({ current }, release(chartOf('HelmRepository')), lookup({}), NOW, late),
      /due/,
    );
  });
});
