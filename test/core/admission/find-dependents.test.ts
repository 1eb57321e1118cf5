import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findDependents } from '../../../src/core/admission/find-dependents.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { chart, helmRelease } from '../policy/policy-fixture.ts';

const named = (name: string, spec: JsonObject, namespace = 'team') => helmRelease(spec, { name, namespace });
const by = (kind: string, name: string, namespace?: string) =>
  ({
    chart: undefined as never,
    chartRef: { kind, name, ...(namespace === undefined ? {} : { namespace }) },
  }) as JsonObject;
const helmChart = (name: string, sourceRef: JsonObject, namespace = 'team'): JsonObject => ({
  kind: 'HelmChart',
  metadata: { name, namespace },
  spec: { chart: 'app', sourceRef },
});
const names = (objects: readonly JsonObject[]) =>
  objects.map(({ metadata }) => {
    const { namespace, name } = metadata as { namespace: string; name: string };
    return `${namespace}/${name}`;
  });

const releases = [
  named('b-own', { chart: chart('*') }),
  named('other-name', { chart: chart('*', { name: 'other' }) }),
  named('other-kind', { chart: chart('*', { kind: 'GitRepository' }) }),
  named('a-far', { chart: chart('*', { namespace: 'team' }) }, 'far'),
  named('same-name', { chart: chart('*') }, 'far'),
  named('via', by('HelmChart', 'between')),
  named('via-far', by('HelmChart', 'between', 'team'), 'far'),
  named('oci', by('OCIRepository', 'flagger')),
  { metadata: 'broken' },
];
const charts = [
  helmChart('between', { kind: 'HelmRepository', name: 'flagger' }),
  helmChart('apart', { kind: 'HelmRepository', name: 'other' }),
  helmChart('between', { kind: 'HelmRepository', name: 'flagger' }, 'far'),
];
const find = (kind: string, name: string, namespace = 'team') =>
  findDependents({ kind, namespace, name }, { releases, charts });

describe('the dependents of a source', () => {
  it('refer to it from its own and other namespaces, or to a HelmChart beside it, in order', () => {
    const found = find('HelmRepository', 'flagger');
    assert.deepEqual(names(found.releases), ['far/a-far', 'far/via-far', 'team/b-own', 'team/via']);
    assert.deepEqual(found.charts, [
      {
        ...{ kind: 'HelmChart', namespace: 'team', name: 'between' },
        spec: { chart: 'app', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
      },
    ]);
  });

  it('of a HelmChart, an OCIRepository and a GitRepository are those that name them', () => {
    assert.deepEqual(names(find('HelmChart', 'between').releases), ['far/via-far', 'team/via']);
    assert.deepEqual(names(find('OCIRepository', 'flagger').releases), ['team/oci']);
    assert.deepEqual(names(find('GitRepository', 'flagger').releases), ['team/other-kind']);
    assert.deepEqual(names(find('HelmRepository', 'flagger', 'far').releases), ['far/same-name']);
    assert.deepEqual(find('Bucket', 'flagger'), { releases: [], charts: [] });
  });
});
