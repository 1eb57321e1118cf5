import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CachedAnswer, createDiscoveryCache } from '../../../src/io/apigate/discovery-cache.ts';

const answer = (text: string, more: Partial<CachedAnswer> = {}): CachedAnswer => ({
  status: 200,
  contentType: 'application/json',
  body: Buffer.from(text),
  ...more,
});

test('asks once for many that ask together, and again with the etag a second later', async () => {
  let now = 0;
  const etags: (string | undefined)[] = [];
  const cache = createDiscoveryCache(() => now);
  const get = (): Promise<CachedAnswer> =>
    cache.get('json /apis', '/apis', async (etag) => {
      etags.push(etag);
      return etag === 'one' ? answer('', { status: 304 }) : answer('list', { etag: 'one' });
    });
  const together = await Promise.all([get(), get(), get()]);
  now = 999;
  together.push(await get());
  now = 1_000;
  together.push(await get());
  now = 1_999;
  together.push(await get());
  assert.deepEqual(etags, [undefined, 'one']);
  for (const { status, body } of together) assert.deepEqual([status, body.toString()], [200, 'list']);
});

test('keeps OpenAPI documents, which are addressed by hash, and forgets all when the API changes', async () => {
  let now = 0;
  let asked = 0;
  const cache = createDiscoveryCache(() => now);
  const get = (): Promise<CachedAnswer> =>
    cache.get('json /openapi/v3/api/v1?hash=A', '/openapi/v3/api/v1', async () => {
      asked += 1;
      return answer('document');
    });
  await get();
  now = 1e9;
  await get();
  assert.equal(asked, 1);
  cache.clear();
  await get();
  assert.equal(asked, 2);
});

test('does not keep errors, nor answers that were under way when the API changed', async () => {
  let asked = 0;
  const cache = createDiscoveryCache(() => 0);
  const get = (status: number): Promise<CachedAnswer> =>
    cache.get('k', '/apis', async () => {
      asked += 1;
      if (asked === 2) cache.clear();
      return answer('x', { status });
    });
  await get(503);
  await get(200);
  await get(200);
  await get(200);
  assert.equal(asked, 3);
  const failing = createDiscoveryCache(() => 0);
  const broken = (): Promise<CachedAnswer> =>
    failing.get('k', '/apis', async () => {
      throw new Error('refused');
    });
  await assert.rejects(Promise.all([broken(), broken()]), /refused/);
  assert.equal((await failing.get('k', '/apis', async () => answer('fine'))).body.toString(), 'fine');
});

test('starts anew when it holds more than 64 MiB', async () => {
  const cache = createDiscoveryCache(() => 0);
  const body = Buffer.alloc(30 * 1024 * 1024);
  let asked = 0;
  for (const key of ['a', 'b', 'c', 'a']) {
    await cache.get(key, '/apis', async () => {
      asked += 1;
      return { ...answer(''), body };
    });
  }
  assert.equal(asked, 4);
});
