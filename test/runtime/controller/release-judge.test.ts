import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmRelease } from '../../../src/core/api/helm-release.ts';
import type { KubeObject } from '../../../src/core/api/kube-object.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { type ClusterView, createReleaseJudge } from '../../../src/runtime/controller/release-judge.ts';
import { policySet } from '../../core/policy/policy-fixture.ts';

const release = (name: string, spec: JsonObject = {}, year = 2025) =>
  ({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace: 'team', uid: name, creationTimestamp: `${year}-01-01T00:00:00Z` },
    spec: {
      interval: '5m',
      chart: {
        spec: { chart: 'app', version: '1.0.0', sourceRef: { kind: 'HelmRepository', name: 'repo' } },
      },
      ...spec,
    },
  }) as unknown as HelmRelease;

function judge(rules: readonly JsonObject[], view: Partial<ClusterView> = {}, chart: JsonObject = {}) {
  const cluster = { namespaceLabels: () => ({}), releases: () => [], kubeVersion: () => 'v1.36.3', ...view };
  const current = policySet(rules);
  const judging = createReleaseJudge({ inForce: () => ({ current }) }, cluster, { now: () => 0 });
  const judged = judging.judgeRelease(release('app'), {
    source: { kind: 'HelmRepository', namespace: 'team', name: 'repo', url: 'https://flagger.app' },
    chart: { name: 'app', version: '1.0.0', ...chart },
    values: {},
  });
  return judged?.decision.findings.map(({ reason }) => reason);
}

describe('the judgement at release time', () => {
  const versions = [{ id: 'k', chartVersion: { kubeVersion: 'Deny' } }];

  it('knows the version of the API server, or that it does not', () => {
    const chart = { kubeVersion: '>=1.30' };
    assert.deepEqual(judge(versions, {}, chart), []);
    assert.deepEqual(judge(versions, {}, { kubeVersion: '<1.30' }), ['KubeVersionUnmet']);
    assert.deepEqual(judge(versions, { kubeVersion: () => undefined }, chart), ['FactUnknown']);
  });

  it('knows the other releases, where a rule asks for them', () => {
    const rules = [{ id: 'u', uniqueRelease: {} }];
    const other = release('other', { releaseName: 'app' }, 2020) as unknown as KubeObject;
    const itself = release('app') as unknown as KubeObject;
    assert.deepEqual(judge(rules, { releases: () => [itself] }), []);
    assert.deepEqual(judge(rules, { releases: () => [itself, other] }), ['ReleaseNotUnique']);
  });

  it('asks for neither where no rule needs them', () => {
    const refuse = (): never => assert.fail('asked without need');
    const rules = [{ id: 's', allowedSources: [{ url: 'https://flagger.app' }] }];
    assert.deepEqual(judge(rules, { releases: refuse, kubeVersion: refuse }), []);
  });

  it('holds a young chart', () => {
    const current = policySet([{ id: 'a', chartVersion: { minimumAge: '1h' } }]);
    const cluster = { namespaceLabels: () => ({}), releases: () => [], kubeVersion: () => undefined };
    const judging = createReleaseJudge({ inForce: () => ({ current }) }, cluster, { now: () => 0 });
    const judged = judging.judgeRelease(release('app'), {
      source: { kind: 'HelmRepository', namespace: 'team', name: 'repo', url: 'https://flagger.app' },
      chart: { name: 'app', version: '1.0.0', created: '1969-12-31T23:30:00Z' },
      values: {},
    });
    assert.deepEqual(judged?.decision.held, { until: '1970-01-01T00:30:00Z' });
  });
});
