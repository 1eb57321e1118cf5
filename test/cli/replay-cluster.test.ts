import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replayObjects } from '../../src/cli/replay/replay-cluster.ts';
import type { KubeObject, Resource } from '../../src/core/api/kube-object.ts';
import { compilePolicySet } from '../../src/core/policy/compile.ts';
import { Summarizer, type Summary } from '../../src/core/replay/summary.ts';
import { KubeError } from '../../src/io/kube/kube-error.ts';

const NAMESPACED: Readonly<Record<string, string>> = {
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
  Namespace: 'v1',
};

function object(kind: string, name: string, spec: object = {}): KubeObject {
  const apiVersion = NAMESPACED[kind] ?? 'source.toolkit.fluxcd.io/v1';
  const namespace = kind === 'Namespace' ? {} : { namespace: 'team' };
  return { apiVersion, kind, metadata: { name, ...namespace }, spec } as unknown as KubeObject;
}

const release = (kind: string): KubeObject =>
  object('HelmRelease', 'app', {
    interval: '5m',
    chart: { spec: { chart: './app', sourceRef: { kind, name: 'app' } } },
  });

interface Cluster {
  readonly objects: readonly KubeObject[];
  /** Kinds whose CRDs are missing. */
  readonly unserved?: readonly string[];
}

async function replay(rules: string, cluster: Cluster, namespace?: string, match = '{}'): Promise<Summary> {
  const text = `apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  match: ${match}\n  rules:\n${rules}`;
  const compiled = compilePolicySet([{ path: 'p.yaml', text }]);
  assert.ok(compiled.ok);
  const summarizer = new Summarizer();
  const list = async ({ kind }: Resource): Promise<readonly KubeObject[]> => {
    if (cluster.unserved?.includes(kind) === true)
      throw new KubeError({ status: 404, reason: 'NotFound', message: `no ${kind}` });
    return [...cluster.objects, object('Namespace', 'team')].filter((each) => each.kind === kind);
  };
  const options = { now: '2026-06-01T00:00:00Z', ...(namespace === undefined ? {} : { namespace }) };
  const { signal } = new AbortController();
  await replayObjects(compiled.set, summarizer, options, { kube: { list }, signal });
  return summarizer.summary;
}

const denied = ({ groups }: Summary): readonly string[] =>
  [...groups.values()].flatMap(({ kind, examples }) => (kind === 'NewlyDenied' ? examples : []));
const SOURCES =
  '  - {id: s, allowedSources: [{url: https://good.example, subpaths: true, kinds: [HelmRepository, GitRepository]}]}\n';

describe('replay over a cluster', () => {
  for (const [kind, good, bad] of [
    ['GitRepository', { url: 'https://good.example/app' }, { url: 'https://evil.example/app' }],
    ['HelmRepository', { url: 'https://good.example' }, { url: 'https://evil.example' }],
  ] as const) {
    it(`judges a HelmRelease by the URL of its ${kind}, as the webhook does`, async () => {
      const of = (spec: object) => replay(SOURCES, { objects: [release(kind), object(kind, 'app', spec)] });
      assert.deepEqual(denied(await of(good)), []);
      assert.ok(denied(await of(bad)).includes('HelmRelease team/app'));
    });
  }

  for (const kind of ['GitRepository', 'Bucket']) {
    it(`judges objects of kind ${kind} where a policy names the kind`, async () => {
      const spec = { url: 'https://evil.example/app', endpoint: 'evil.example', bucketName: 'app' };
      const objects = [object(kind, 'app', { interval: '5m', ...spec })];
      const summary = await replay(SOURCES, { objects }, undefined, `{kinds: [${kind}]}`);
      assert.deepEqual(denied(summary), [`${kind} team/app`]);
    });
  }

  it('takes a source kind that the cluster does not serve for one without objects, and no release kind', async () => {
    const unserved = ['GitRepository', 'Bucket', 'ExternalArtifact'];
    const { replayed } = await replay(SOURCES, { objects: [release('GitRepository')], unserved });
    assert.equal(replayed, 1);
    await assert.rejects(replay(SOURCES, { objects: [], unserved: ['HelmRelease'] }), /no HelmRelease/);
  });

  it('refuses a namespace that the cluster does not have', async () => {
    const objects = [release('GitRepository')];
    assert.equal((await replay(SOURCES, { objects }, 'team')).replayed, 1);
    await assert.rejects(replay(SOURCES, { objects }, 'teem'), /has no namespace teem/);
  });
});
