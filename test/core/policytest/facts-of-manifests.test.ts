import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { sourceKey } from '../../../src/core/policy/facts.ts';
import { identityOf, sourceFactsOf } from '../../../src/core/policytest/facts-of-manifests.ts';

const NOBODY = { group: '', version: '', kind: '', namespace: 'default', name: '' };

const IDENTITIES: readonly (readonly [string, JsonObject, Partial<typeof NOBODY>])[] = [
  ['of an empty object', {}, {}],
  ['of a core kind, which has no group', { apiVersion: 'v1', kind: 'Pod' }, { version: 'v1', kind: 'Pod' }],
  ['of a kind in a group', { apiVersion: 'a.b/v2' }, { group: 'a.b', version: 'v2' }],
  ['with a group that is empty', { apiVersion: '/v2' }, { version: 'v2' }],
  ['with a version that is empty', { apiVersion: 'a.b/' }, { group: 'a.b' }],
  [
    'with its name and namespace',
    { metadata: { name: 'n', namespace: 'team' } },
    { name: 'n', namespace: 'team' },
  ],
  ['with an empty namespace', { metadata: { namespace: '' } }, {}],
  ['without metadata', { metadata: null, kind: 'Pod' }, { kind: 'Pod' }],
  [
    'with other things in place of texts',
    { apiVersion: 1, kind: true, metadata: { name: ['n'], namespace: {} } },
    {},
  ],
];

describe('the identity', () => {
  for (const [what, object, expected] of IDENTITIES) {
    it(`${what} is ${JSON.stringify(expected)}, and what is not there is empty`, () => {
      assert.deepEqual(identityOf(object), { ...NOBODY, ...expected });
    });
  }
});

describe('the sources of a test', () => {
  const source = (kind: string, name: string, spec: JsonObject, namespace = 'team'): JsonObject => ({
    kind,
    metadata: { name, namespace },
    spec,
  });
  const repository = source('HelmRepository', 'r', { url: 'https://flagger.app' });
  const toRepository = { chart: 'c', sourceRef: { kind: 'HelmRepository', name: 'r' } };

  it('are none when nothing is written, or something that is no list', () => {
    for (const written of [undefined, null, {}, [], 1] satisfies readonly (Json | undefined)[]) {
      const sources = sourceFactsOf(written);
      assert.deepEqual([...sources.keys()], []);
      assert.deepEqual(sources.get('any'), { known: false, why: 'NotFound' });
    }
  });

  it('keep the URL of their own, whatever else their spec refers to', () => {
    const odd = source('OCIRepository', 'o', { ...toRepository, url: 'oci://own.example' });
    const fact = sourceFactsOf([repository, odd]).get(sourceKey('OCIRepository', 'team', 'o'));
    assert.equal(fact?.known && fact.value.url, 'oci://own.example');
  });

  it('lead from a HelmChart to the source in its own namespace, in whichever order they are written', () => {
    const own = source('HelmChart', 'c', toRepository);
    const elsewhere = source('HelmChart', 'c', toRepository, 'prod');
    for (const written of [
      [repository, own, elsewhere],
      [elsewhere, own, repository],
    ]) {
      const sources = sourceFactsOf(written);
      const found = sources.get(sourceKey('HelmChart', 'team', 'c'));
      assert.equal(found?.known && found.value.url, 'https://flagger.app');
      assert.deepEqual(sources.get(sourceKey('HelmChart', 'prod', 'c')), { known: false, why: 'NotFound' });
    }
  });
});
