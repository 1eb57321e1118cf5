import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAP, NAMESPACE } from '../../../src/core/api/resources.ts';
import type { KubeClient } from '../../../src/io/contract.ts';
import { createKubeClient } from '../../../src/io/kube/kube-client.ts';
import { KubeError } from '../../../src/io/kube/kube-error.ts';
import { type FakeApiServer, sendJson, startFakeApiServer, statusBody } from './fake-api-server.ts';

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

async function withClient(
  handle: Parameters<typeof startFakeApiServer>[0],
  check: (client: KubeClient, server: FakeApiServer) => Promise<void>,
  impersonate?: string,
): Promise<void> {
  const server = await startFakeApiServer(handle);
  const client = createKubeClient(server.access, {
    userAgent: 'test/1',
    ...(impersonate === undefined ? {} : { impersonate }),
  });
  try {
    await check(client, server);
  } finally {
    await client.close();
    await server.close();
  }
}

const ref = { resource: CONFIG_MAP, namespace: 'a', name: 'x' };

test('sends a read once more when the server just closed the connection, and a write never', async () => {
  await withClient(
    (request, response, count) => {
      if (count === 1 || request.method === 'POST') response.socket?.destroy();
      else sendJson(response, 200, { kind: 'ConfigMap', metadata: { name: 'x' } });
    },
    async (client, server) => {
      assert.equal((await client.find(ref, signal()))?.metadata.name, 'x');
      const create = client.create(
        CONFIG_MAP,
        { metadata: { name: 'x', namespace: 'a' } },
        { fieldManager: 'm' },
        signal(),
      );
      await assert.rejects(create, { name: 'KubeError', status: 0, reason: 'Unreachable' });
      assert.deepEqual(
        server.requests.map((request) => request.split(' ')[0]),
        ['GET', 'GET', 'POST'],
      );
    },
  );
});

test('sends a write again that was turned away with 429, and gives up after three times', async () => {
  await withClient(
    (request, response, count) => {
      if (request.method === 'DELETE' || count === 1) {
        sendJson(response, 429, statusBody(429, 'TooManyRequests', 'busy'), { 'retry-after': '0' });
      } else sendJson(response, 201, { metadata: { name: 'x' } });
    },
    async (client, server) => {
      const object = { metadata: { name: 'x', namespace: 'a' } };
      assert.equal(
        (await client.create(CONFIG_MAP, object, { fieldManager: 'm' }, signal())).metadata.name,
        'x',
      );
      await assert.rejects(client.delete(ref, signal()), { status: 429, retryAfterMs: 0 });
      assert.equal(server.requests.length, 2 + 4);
    },
  );
});

test('asks for smaller pages when a page has more bytes than are let in', async () => {
  const filler = 'x'.repeat(1024 * 1024);
  await withClient(
    (request, response) => {
      const url = new URL(request.url ?? '', 'http://server');
      const limit = Number(url.searchParams.get('limit'));
      const from = Number(url.searchParams.get('continue') ?? '0');
      const to = Math.min(from + limit, 70);
      const items = Array.from({ length: to - from }, (_, index) => ({
        metadata: { name: `n${from + index}`, namespace: 'a' },
        data: { filler },
      }));
      sendJson(response, 200, {
        metadata: { resourceVersion: '1', ...(to < 70 ? { continue: String(to) } : {}) },
        items,
      });
    },
    async (client, server) => {
      const objects = await client.list(CONFIG_MAP, {}, signal());
      assert.deepEqual(
        objects.map((object) => object.metadata.name),
        Array.from({ length: 70 }, (_, index) => `n${index}`),
      );
      assert.equal(objects[69]?.kind, 'ConfigMap');
      assert.equal(server.requests.length, 3);
    },
  );
});

test('begins a list anew when it expires between two pages, once', async () => {
  await withClient(
    (request, response, count) => {
      const item = (name: string): unknown => ({ metadata: { name, namespace: 'a' } });
      const first = request.url?.includes('continue=') !== true;
      if (first) sendJson(response, 200, { metadata: { continue: 'x' }, items: [item(`first${count}`)] });
      else if (count === 4) sendJson(response, 200, { metadata: {}, items: [item('last')] });
      else sendJson(response, 410, statusBody(410, 'Expired', 'too old'));
    },
    async (client) => {
      const objects = await client.list(CONFIG_MAP, {}, signal());
      assert.deepEqual(
        objects.map((object) => object.metadata.name),
        ['first3', 'last'],
      );
      await assert.rejects(client.list(CONFIG_MAP, {}, signal()), { status: 410 });
    },
  );
});

test('refuses an object that is longer than any object can be', async () => {
  await withClient(
    (_request, response) => sendJson(response, 200, { metadata: {}, data: 'x'.repeat(9 * 1024 * 1024) }),
    async (client) => {
      await assert.rejects(client.find(ref, signal()), { reason: 'AnswerTooLarge' });
    },
  );
});

test('rejects with the reason of the signal when the server never answers', async () => {
  await withClient(
    () => {},
    async (client) => {
      const abort = new AbortController();
      const reason = new Error('no longer wanted');
      const pending = assert.rejects(client.find(ref, abort.signal), reason);
      setTimeout(() => abort.abort(reason), 30);
      await pending;
    },
  );
});

test('names the server when nothing listens there', async () => {
  await withClient(
    () => {},
    async (client, server) => {
      await server.close();
      await assert.rejects(client.find(ref, signal()), (error: unknown) => {
        assert.ok(error instanceof KubeError);
        assert.equal(error.status, 0);
        assert.match(error.message, /ECONNREFUSED/);
        return true;
      });
    },
  );
});

test('says who it is and whom it acts for, and sends nothing when that is empty', async () => {
  const seen: unknown[] = [];
  const handle = (
    request: { headers: Record<string, unknown> },
    response: Parameters<typeof sendJson>[0],
  ): void => {
    seen.push([
      request.headers['authorization'],
      request.headers['impersonate-user'],
      request.headers['user-agent'],
    ]);
    sendJson(response, 200, { metadata: {} });
  };
  await withClient(
    handle,
    async (client) => void (await client.find(ref, signal())),
    'system:serviceaccount:a:b',
  );
  await withClient(handle, async (client) => void (await client.find(ref, signal())));
  await withClient(
    handle,
    async (client) => {
      await assert.rejects(client.find(ref, signal()), /user to impersonate is empty/);
    },
    ' ',
  );
  assert.deepEqual(seen, [
    ['Bearer our-token', 'system:serviceaccount:a:b', 'test/1'],
    ['Bearer our-token', undefined, 'test/1'],
  ]);
});

test('keeps integers beyond 2^53 as they are, both ways', async () => {
  let sent = '';
  await withClient(
    (request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => {
        sent += text;
      });
      request.on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"metadata":{"name":"x"},"spec":{"n":9007199254740993}}');
      });
    },
    async (client) => {
      const object = await client.apply(
        ref,
        { data: { n: 9007199254740995n } },
        { fieldManager: 'm' },
        signal(),
      );
      assert.deepEqual(object['spec'], { n: 9007199254740993n });
      assert.match(sent, /"n":9007199254740995/);
    },
  );
});

for (const name of ['..', '.', '', '../secrets/x']) {
  test(`never lets the name ${JSON.stringify(name)} become another path`, async () => {
    await withClient(
      (_request, response) => sendJson(response, 200, { metadata: {} }),
      async (client, server) => {
        const found = client.find({ ...ref, name }, signal());
        if (name === '../secrets/x') {
          await found;
          assert.deepEqual(server.requests, ['GET /api/v1/namespaces/a/configmaps/..%2Fsecrets%2Fx']);
        } else {
          await assert.rejects(found, /cannot be part of an API path/);
          assert.deepEqual(server.requests, []);
        }
      },
    );
  });
}

test('asks discovery again soon for a kind that was missing, and not for one that was found', async () => {
  let served = false;
  await withClient(
    (_request, response) => {
      const resources = [
        { name: 'widgets/status', kind: 'Widget', namespaced: true },
        { name: 'widgets', kind: 'Widget', namespaced: true },
      ];
      sendJson(response, 200, { resources: served ? resources : [] });
    },
    async (client, server) => {
      assert.equal(await client.resourceFor('x.io/v1', 'Widget', signal()), undefined);
      served = true;
      await new Promise((resolve) => setTimeout(resolve, 1_050));
      const widget = { group: 'x.io', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true };
      assert.deepEqual(await client.resourceFor('x.io/v1', 'Widget', signal()), widget);
      assert.deepEqual(await client.resourceFor('x.io/v1', 'Widget', signal()), widget);
      assert.deepEqual(server.requests, ['GET /apis/x.io/v1', 'GET /apis/x.io/v1']);
      assert.equal(await client.resourceFor('../../version', 'Widget', signal()), undefined);
      assert.equal(server.requests.length, 2);
    },
  );
});

test('finds nothing for an object that is not there, and is content to delete it', async () => {
  await withClient(
    (_request, response) => sendJson(response, 404, statusBody(404, 'NotFound', 'configmaps "x" not found')),
    async (client) => {
      assert.equal(await client.find(ref, signal()), undefined);
      await client.delete(ref, signal());
      const patch = client.mergePatch(
        { resource: NAMESPACE, name: 'a' },
        {},
        { fieldManager: 'm' },
        signal(),
      );
      await assert.rejects(patch, { status: 404, reason: 'NotFound', message: 'configmaps "x" not found' });
    },
  );
});
