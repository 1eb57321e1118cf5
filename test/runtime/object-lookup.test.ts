import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { KubeObject, ObjectRef } from '../../src/core/api/kube-object.ts';
import { lookupThrough } from '../../src/runtime/object-lookup.ts';

const signal = new AbortController().signal;
const resource = { group: 'g', version: 'v1', plural: 'p', kind: 'HelmRepository', namespaced: true };
const object = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'HelmRepository',
  metadata: { name },
});

function looking(held: KubeObject | undefined, stalenessMs: number) {
  const asked: ObjectRef[] = [];
  const copy = {
    find: () => held,
    list: () => (held === undefined ? [] : [held]),
    stalenessMs: () => stalenessMs,
  };
  const client = {
    find: (ref: ObjectRef) => {
      asked.push(ref);
      return Promise.resolve(object('server'));
    },
  };
  const lookup = lookupThrough({
    reflectors: new Map([['HelmRepository', copy]]),
    client,
    kubeVersion: () => Promise.resolve('v1.36.3'),
  });
  const find = async (kind = 'HelmRepository') =>
    (await lookup.find({ ...resource, kind }, 'apps', 'src', signal))?.metadata.name;
  return { lookup, asked, find };
}

describe('looking through local copies', () => {
  it('answers from the copy without a request', async () => {
    const { find, asked } = looking(object('copy'), 1_000);
    assert.equal(await find(), 'copy');
    assert.deepEqual(asked, []);
  });

  it('asks for what the copy does not hold, for what it is too old to know, and for kinds without a copy', async () => {
    const missing = looking(undefined, 1_000);
    assert.equal(await missing.find(), 'server');
    assert.deepEqual(missing.asked, [{ resource, namespace: 'apps', name: 'src' }]);
    assert.equal(await looking(object('copy'), 200_000).find(), 'server');
    assert.equal(await looking(object('copy'), 1_000).find('GitRepository'), 'server');
  });

  it('lists a copy only while it is believed', () => {
    assert.deepEqual(looking(object('copy'), 1_000).lookup.list?.(resource), [object('copy')]);
    assert.equal(looking(object('copy'), 200_000).lookup.list?.(resource), undefined);
    assert.equal(looking(object('copy'), 1_000).lookup.list?.({ ...resource, kind: 'Bucket' }), undefined);
  });
});
