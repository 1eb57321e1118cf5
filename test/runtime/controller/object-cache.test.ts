import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../src/core/api/kube-object.ts';
import { CONFIG_MAP } from '../../../src/core/api/resources.ts';
import { ObjectCache } from '../../../src/runtime/controller/object-cache.ts';

const never = new AbortController().signal;

function configMap(resourceVersion: string, data: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'ns', resourceVersion },
    data,
  };
}

describe('the object cache', () => {
  it('reads an object again exactly when the watch shows another resourceVersion', async () => {
    let live: KubeObject | undefined = configMap('1', { a: 'one' });
    let watched: KubeObject | undefined = live;
    let reads = 0;
    const cache = new ObjectCache(
      CONFIG_MAP,
      { find: () => watched },
      {
        find: async () => {
          reads += 1;
          return live;
        },
      },
    );
    await cache.find('ns', 'x', never);
    assert.deepEqual((await cache.find('ns', 'x', never))?.['data'], { a: 'one' });
    assert.equal(reads, 1);
    live = configMap('2', { a: 'two' });
    watched = live;
    assert.deepEqual((await cache.find('ns', 'x', never))?.['data'], { a: 'two' });
    assert.equal(reads, 2);
    live = undefined;
    watched = undefined;
    assert.equal(await cache.find('ns', 'x', never), undefined);
  });

  it('drops what was not used for longest when it holds too much, and still answers right', async () => {
    const big = 'x'.repeat(1024 * 1024);
    let reads = 0;
    const cache = new ObjectCache(
      CONFIG_MAP,
      { find: () => configMap('1', {}) },
      {
        find: async () => {
          reads += 1;
          return configMap('1', { big });
        },
      },
    );
    for (let i = 0; i < 40; i += 1) await cache.find('ns', `m${i}`, never);
    await cache.find('ns', 'm39', never);
    assert.equal(reads, 40, 'the newest is still held');
    await cache.find('ns', 'm0', never);
    assert.equal(reads, 41, 'the oldest was dropped');
  });
});
