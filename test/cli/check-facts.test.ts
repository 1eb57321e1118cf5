import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { factsFor } from '../../src/cli/check/facts-of-manifests.ts';
import { readManifests } from '../../src/cli/check/manifest.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import type { Subject } from '../../src/core/policy/subject.ts';
import { policySet } from '../core/policy/policy-fixture.ts';

const TEXT = `
apiVersion: v1
kind: Namespace
metadata: {name: team, labels: {tier: dev}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: repo}
spec: {url: https://flagger.app}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: Bucket
metadata: {name: store, namespace: team}
spec: {endpoint: minio.example.com, bucketName: charts}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: chart, namespace: team}
spec: {chart: app, version: 1.x, sourceRef: {kind: HelmRepository, name: repo}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: orphan, namespace: team}
spec: {chart: app, sourceRef: {kind: HelmRepository, name: gone}}
---
apiVersion: helm.toolkit.fluxcd.io/v2beta2
kind: HelmRelease
metadata: {name: other}
spec: {releaseName: app, chart: {spec: {chart: app, sourceRef: {kind: HelmRepository, name: repo}}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: far, namespace: far}
spec: {chartRef: {kind: HelmChart, name: chart, namespace: team}}
`;
const { manifests } = readManifests({ file: 'all.yaml', text: TEXT }, 'team');
const NOW = '2026-06-01T00:00:00Z';
const set = policySet([
  { id: 's', allowedSources: [{ url: 'https://flagger.app' }] },
  { id: 'u', uniqueRelease: {} },
  { id: 'k', chartVersion: { kubeVersion: 'Deny' } },
]);

function factsOf(kind: string, spec: JsonObject) {
  const group = kind === 'HelmRelease' ? 'helm.toolkit.fluxcd.io' : 'source.toolkit.fluxcd.io';
  const object = { kind, metadata: { name: 'app', namespace: 'team' }, spec };
  const subject: Subject = {
    ...{ group, version: 'v2', kind, namespace: 'team', name: 'app', object, dryRun: true },
    operation: 'CREATE',
  };
  return factsFor(set, subject, manifests, NOW);
}

describe('the facts of manifests about one of them', () => {
  const sourced = (kind: string, name: string) =>
    factsOf('HelmRelease', { chart: { spec: { chart: 'app', sourceRef: { kind, name } } } });

  it('are the sources and namespaces among them; what is not there does not exist', () => {
    const facts = sourced('HelmRepository', 'repo');
    assert.deepEqual(facts.namespaceLabels, { known: true, value: { tier: 'dev' } });
    assert.deepEqual(facts.sources.get('HelmRepository/team/repo'), {
      known: true,
      value: {
        ...{ kind: 'HelmRepository', namespace: 'team', name: 'repo', url: 'https://flagger.app' },
        spec: { url: 'https://flagger.app' },
      },
    });
    const bucket = sourced('Bucket', 'store').sources.get('Bucket/team/store');
    assert.equal(bucket?.known === true && bucket.value.url, 'bucket://minio.example.com/charts');
    assert.deepEqual(sourced('HelmRepository', 'gone').sources.get('HelmRepository/team/gone'), {
      known: false,
      why: 'NotFound',
    });
  });

  it('follow a HelmChart to what is behind it', () => {
    const behind = (name: string) =>
      factsOf('HelmRelease', { chartRef: { kind: 'HelmChart', name } }).sources.get(`HelmChart/team/${name}`);
    const chart = behind('chart');
    assert.deepEqual(chart?.known === true && [chart.value.url, chart.value.spec?.['version']], [
      'https://flagger.app',
      '1.x',
    ]);
    assert.deepEqual(behind('orphan'), { known: false, why: 'NotFound' });
  });

  it('are the other releases where a rule asks for them, in the namespace that counts for them', () => {
    const { releases } = sourced('HelmRepository', 'repo');
    assert.deepEqual(
      releases?.known === true && releases.value.map(({ namespace, name }) => `${namespace}/${name}`),
      ['team/other'],
    );
    assert.equal(factsOf('HelmRepository', {}).releases, undefined);
  });

  it('are silent about the cluster', () => {
    const { kubeVersion, chart, dependents } = sourced('HelmRepository', 'repo');
    assert.deepEqual(
      [kubeVersion, chart].map((fact) => fact?.known === false && fact.why),
      ['Unsupported', 'Unsupported'],
    );
    assert.equal(dependents, undefined, 'each release is judged itself');
  });
});
