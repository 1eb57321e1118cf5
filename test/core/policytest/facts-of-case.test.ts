import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { sourceKey } from '../../../src/core/policy/facts.ts';
import { factsOfCase } from '../../../src/core/policytest/facts-of-case.ts';
import { helmRelease, subjectOf } from '../policy/policy-fixture.ts';

const facts = (written: JsonObject) => factsOfCase(written, subjectOf(helmRelease()), '2026-06-01T00:00:00Z');
const known = (value: unknown) => ({ known: true, value });
const unknown = (why: string) => ({ known: false, why });

const source = (kind: string, name: string, spec: JsonObject): JsonObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind,
  metadata: { name, namespace: 'team' },
  spec,
});

describe('the facts of a case', () => {
  it('that says nothing: namespaces without labels, nothing else in the cluster, the rest unknown', () => {
    const empty = facts({});
    assert.equal(empty.now, '2026-06-01T00:00:00Z');
    assert.deepEqual(empty.namespaceLabels, known({}));
    assert.deepEqual(empty.otherNamespaceLabels?.get('prod'), known({}));
    assert.deepEqual(empty.sources.get(sourceKey('HelmRepository', 'team', 'x')), unknown('NotFound'));
    assert.deepEqual([empty.releases, empty.dependents], [known([]), known([])]);
    assert.deepEqual([empty.chart, empty.values, empty.kubeVersion], Array(3).fill(unknown('Unavailable')));
    assert.deepEqual(
      [empty.rendered, empty.signature, empty.promotions],
      Array(3).fill(unknown('Unsupported')),
    );
  });

  for (const why of ['NotFound', 'Forbidden', 'Unavailable', 'Unsupported']) {
    it(`that is unknown with the reason ${why} in its place`, () => {
      const members = [
        'releases',
        'dependents',
        'chart',
        'values',
        'rendered',
        'signature',
        'promotions',
        'kubeVersion',
      ] as const;
      const all = facts(Object.fromEntries([...members, 'sources'].map((member) => [member, why])));
      for (const member of members) assert.deepEqual(all[member], unknown(why), member);
      assert.deepEqual(all.sources.get('any'), unknown(why));
      const labels = facts({ namespaceLabels: { team: why, prod: { tier: 'prod' } } });
      assert.deepEqual(labels.namespaceLabels, unknown(why));
      assert.deepEqual(labels.otherNamespaceLabels?.get('prod'), known({ tier: 'prod' }));
    });
  }

  it('follows a HelmChart to the URL behind it, and says why it cannot', () => {
    const chart = (name: string, sourceRef: Json) => source('HelmChart', name, { chart: 'c', sourceRef });
    const { sources } = facts({
      sources: [
        chart('good', { kind: 'HelmRepository', name: 'r' }),
        chart('gone', { kind: 'HelmRepository', name: 'absent' }),
        chart('odd', 'r'),
        source('HelmRepository', 'r', { url: 'https://flagger.app', suspend: true }),
        source('Strange', 's', { url: 'https://flagger.app' }),
      ],
    });
    const get = (kind: string, name: string) => sources.get(sourceKey(kind, 'team', name));
    const good = get('HelmChart', 'good');
    assert.ok(good?.known);
    assert.deepEqual(
      [good.value.kind, good.value.url, good.value.suspended],
      ['HelmChart', 'https://flagger.app', true],
    );
    assert.deepEqual(get('HelmChart', 'gone'), unknown('NotFound'));
    assert.deepEqual(get('HelmChart', 'odd'), unknown('Unsupported'));
    assert.deepEqual(get('Strange', 's'), unknown('Unsupported'));
  });

  it('describes other releases and dependents as the webhook does', () => {
    const other = helmRelease(
      { targetNamespace: 'prod', dependsOn: [{ name: 'db' }] },
      { name: 'web', uid: 'u1' },
    );
    const { releases, dependents } = facts({
      releases: [other],
      dependents: [other],
      namespaceLabels: { prod: { tier: 'prod' } },
    });
    assert.ok(releases?.known && dependents?.known);
    const [release] = releases.value;
    assert.equal(release?.releaseName, 'prod-web');
    assert.deepEqual([release?.storageNamespace, release?.uid], ['team', 'u1']);
    assert.deepEqual(release?.dependsOn, [{ namespace: 'team', name: 'db' }]);
    const [dependent] = dependents.value;
    assert.deepEqual([dependent?.object, dependent?.version], [other, 'v2']);
    assert.deepEqual(dependent?.otherNamespaceLabels.get('prod'), known({ tier: 'prod' }));
  });

  it('completes what may be left out of promotions and renderings', () => {
    const promotion = {
      namespace: 'stage',
      chart: 'c',
      version: '1.0.0',
      readySince: '2026-05-01T00:00:00Z',
    };
    const { promotions, rendered } = facts({ promotions: [promotion], rendered: { objects: [] } });
    assert.deepEqual(promotions, known([{ ...promotion, labels: {}, namespaceLabels: {} }]));
    assert.deepEqual(rendered, known({ objects: [], hooks: [] }));
  });

  it('takes chart, values, signature and version of the API server as they are written', () => {
    const chart = { name: 'c', version: '1.0.0', deprecated: true };
    const signature = { verdict: 'Valid', provider: 'cosign', signer: 's' };
    const found = facts({ chart, signature, values: { a: [1] }, kubeVersion: 'v1.36.3' });
    assert.deepEqual(
      [found.chart, found.signature, found.values, found.kubeVersion],
      [known(chart), known(signature), known({ a: [1] }), known('v1.36.3')],
    );
  });

  it('tells what is done to a rendered object where that is written', () => {
    const objects = [{ kind: 'Service' }];
    const hooks = [{ kind: 'Job' }];
    const { rendered } = facts({ rendered: { objects, hooks, operation: 'DELETE' } });
    assert.deepEqual(rendered, known({ objects, hooks, operation: 'DELETE' }));
  });
});
