import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_RELATED_RELEASES, relatedReleases } from '../../../src/core/admission/related-releases.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

const release = (namespace: string, name: string, spec: JsonObject = {}) => ({
  namespace,
  name,
  object: { kind: 'HelmRelease', metadata: { namespace, name }, spec } as JsonObject,
});
const dependsOn = (...names: readonly string[]): JsonObject => ({
  dependsOn: names.map((name) => ({ name })),
});

function related(judged: ReturnType<typeof release>, ...others: readonly ReturnType<typeof release>[]) {
  const fact = relatedReleases(
    judged,
    [judged, ...others].map(({ object }) => object),
  );
  assert.ok(fact.known);
  return fact.value.map(({ namespace, name }) => `${namespace}/${name}`).sort();
}

describe('releases related to one', () => {
  it('share its place in storage, whatever they are called', () => {
    const own = release('apps', 'web', { releaseName: 'front', storageNamespace: 'store' });
    assert.deepEqual(
      related(
        own,
        release('store', 'front'),
        release('other', 'x', { releaseName: 'front', storageNamespace: 'store' }),
        release('store', 'web'),
        release('apps', 'front'),
        release('store', 'y', { releaseName: 'front', kubeConfig: { secretRef: { name: 'remote' } } }),
      ),
      ['other/x', 'store/front'],
    );
  });

  it('are reached by dependsOn, however far, and not the other way round', () => {
    const own = release('apps', 'a', dependsOn('b', 'missing'));
    const elsewhere = release('far', 'd', dependsOn('e'));
    assert.deepEqual(
      related(
        own,
        release('apps', 'b', { dependsOn: [{ name: 'd', namespace: 'far' }] }),
        elsewhere,
        release('far', 'e'),
        release('apps', 'user', dependsOn('a')),
      ),
      ['apps/b', 'far/d', 'far/e'],
    );
  });

  it('do not contain the one that is judged, also when the way leads back to it', () => {
    const own = release('apps', 'a', dependsOn('b', 'a'));
    assert.deepEqual(related(own, release('apps', 'b', dependsOn('a'))), ['apps/b']);
  });

  it('are not known when they are too many, or lead to too many others', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, index) => release('apps', `r${index}`, dependsOn(`r${index + 1}`)));
    const own = release('apps', 'a', dependsOn('r0'));
    const objects = (length: number): readonly JsonObject[] => chain(length).map(({ object }) => object);
    assert.equal(relatedReleases(own, objects(MAX_RELATED_RELEASES)).known, true);
    assert.deepEqual(relatedReleases(own, objects(MAX_RELATED_RELEASES + 1)), {
      known: false,
      why: 'Unavailable',
    });
    const names = Array.from({ length: 100_000 }, (_, index) => `x${index}`);
    assert.equal(relatedReleases(release('apps', 'a', dependsOn(...names)), []).known, false);
  });

  it('are exactly those that following every reference finds', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const graph = fc.dictionary(fc.constantFrom(...names), fc.subarray([...names]));
    fc.assert(
      fc.property(graph, (edges) => {
        const all = names.map((name) => release('apps', name, dependsOn(...(edges[name] ?? []))));
        const reached = new Set<string>();
        const walk = (name: string): void => {
          for (const next of edges[name] ?? []) {
            if (reached.has(next)) continue;
            reached.add(next);
            walk(next);
          }
        };
        walk('a');
        reached.delete('a');
        const [own = release('apps', 'a'), ...others] = all;
        assert.deepEqual(related(own, ...others), [...reached].map((name) => `apps/${name}`).sort());
      }),
    );
  });
});
