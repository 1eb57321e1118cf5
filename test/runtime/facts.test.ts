import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { KubeObject, ObjectRef } from '../../src/core/api/kube-object.ts';
import type { Json, JsonObject } from '../../src/core/json/json.ts';
import { compilePolicySet } from '../../src/core/policy/compile.ts';
import type { PolicySet } from '../../src/core/policy/policy-set.ts';
import type { Subject } from '../../src/core/policy/subject.ts';
import { gatherFacts, lookupThrough, type ObjectLookup } from '../../src/runtime/facts.ts';

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
      },
    });
    assert.equal(facts.chart.known, false);
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

  it('follows a HelmChart to the URL of its repository, and says Unsupported of other kinds', async () => {
    const objects = {
      'HelmChart/apps/chart': { spec: { sourceRef: { kind: 'HelmRepository', name: 'repo' } } },
      'HelmChart/apps/git-chart': { spec: { sourceRef: { kind: 'GitRepository', name: 'git' } } },
      'HelmRepository/apps/repo': { spec: { url: 'https://flagger.app' } },
    };
    const factOf = async (name: string) => {
      const chartRef = { interval: '5m', chartRef: { kind: 'HelmChart', name } };
      const facts = await gatherFacts({ current }, release(chartRef), lookup(objects), NOW, signal);
      return facts.sources.get(`HelmChart/apps/${name}`);
    };
    assert.deepEqual(await factOf('chart'), {
      known: true,
      value: { kind: 'HelmChart', namespace: 'apps', name: 'chart', url: 'https://flagger.app' },
    });
    assert.deepEqual(await factOf('git-chart'), { known: false, why: 'Unsupported' });
    assert.deepEqual(await factOf('none'), { known: false, why: 'NotFound' });
  });

  it('rejects when the answer is due', async () => {
    const late = AbortSignal.abort(new Error('due'));
    await assert.rejects(
      gatherFacts({ current }, release(chartOf('HelmRepository')), lookup({}), NOW, late),
      /due/,
    );
  });
});

describe('looking through local copies', () => {
  const object = (where: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'HelmRepository',
    metadata: { name: where },
  });
  const resource = { group: 'g', version: 'v1', plural: 'p', kind: 'HelmRepository', namespaced: true };
  const asked: ObjectRef[] = [];
  const client = {
    find: (ref: ObjectRef) => {
      asked.push(ref);
      return Promise.resolve(object('server'));
    },
  };
  const copies = (held: KubeObject | undefined, stalenessMs: number) =>
    new Map([['HelmRepository', { find: () => held, stalenessMs: () => stalenessMs }]]);
  const find = async (held: KubeObject | undefined, stalenessMs: number): Promise<string | undefined> =>
    (await lookupThrough(copies(held, stalenessMs), client).find(resource, 'apps', 'src', signal))?.metadata
      .name;

  it('answers from the copy without a request, and asks for what is not there or not fresh', async () => {
    assert.equal(await find(object('copy'), 1_000), 'copy');
    assert.equal(asked.length, 0);
    assert.equal(await find(undefined, 1_000), 'server');
    assert.equal(await find(object('copy'), 200_000), 'server');
    assert.deepEqual(asked[0], { resource, namespace: 'apps', name: 'src' });
  });
});
