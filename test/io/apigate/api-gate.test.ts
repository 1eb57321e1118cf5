import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createApiGate } from '../../../src/io/apigate/api-gate.ts';
import type { ApiGate, GateSessionOptions, GateWrite, StorageWrite } from '../../../src/io/contract.ts';
import { type FakeApiServer, sendJson, startFakeApiServer } from '../kube/fake-api-server.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Gate {
  readonly gate: ApiGate;
  readonly server: FakeApiServer;
  readonly open: (options?: Partial<GateSessionOptions>) => ReturnType<ApiGate['open']>;
  readonly stored: StorageWrite[];
  readonly written: GateWrite[];
  readonly errors: unknown[];
}

async function withGate(
  handle: Parameters<typeof startFakeApiServer>[0],
  check: (gate: Gate) => Promise<void>,
): Promise<void> {
  const server = await startFakeApiServer(handle);
  const errors: unknown[] = [];
  const gate = await createApiGate({ access: server.access, onError: (error) => errors.push(error) });
  const stored: StorageWrite[] = [];
  const written: GateWrite[] = [];
  const open: Gate['open'] = (options = {}) =>
    gate.open({
      releaseNamespace: 'apps',
      storageNamespace: 'store',
      fieldManager: 'owner',
      onStorageWrite: (write) => stored.push(write),
      onWrite: (write) => written.push(write),
      ...options,
    });
  try {
    await check({ gate, server, open, stored, written, errors });
  } finally {
    await gate.close();
    await server.close();
  }
}

function send(
  url: string,
  method = 'GET',
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const record = (status: string, name = 'web'): string =>
  JSON.stringify({
    metadata: { name: `sh.helm.release.v1.${name}.v1` },
    type: 'helm.sh/release.v1',
    data: {
      release: Buffer.from(
        gzipSync(JSON.stringify({ name, namespace: 'apps', version: 1, info: { status } })).toString(
          'base64',
        ),
      ).toString('base64'),
    },
  });

test("forwards under our identity and none of the child's, without protobuf and without hop-by-hop headers", async () => {
  let seen: IncomingHttpHeaders = {};
  await withGate(
    (request, response) => {
      seen = request.headers;
      response.writeHead(200, {
        'content-type': 'text/plain',
        connection: 'keep-alive, x-private',
        'x-private': 'no',
        warning: '299 - "old"',
        'audit-id': 'a1',
      });
      response.end('log');
    },
    async ({ open, server }) => {
      const { headers, text } = await send(
        `${open().server}/api/v1/namespaces/apps/pods/p/log?follow=true`,
        'GET',
        {
          accept: 'application/vnd.kubernetes.protobuf, application/json;as=Table, */*',
          'user-agent': 'Helm/4',
          authorization: 'Bearer child',
          'impersonate-user': 'system:admin',
          'impersonate-group': 'system:masters',
          'x-remote-user': 'admin',
          cookie: 'a=b',
          te: 'trailers',
        },
      );
      assert.equal(text, 'log');
      assert.deepEqual(
        [headers['warning'], headers['audit-id'], headers['x-private']],
        ['299 - "old"', 'a1', undefined],
      );
      const { host: _host, connection: _connection, ...forwarded } = seen;
      assert.deepEqual(forwarded, {
        accept: 'application/json;as=Table, */*',
        'user-agent': 'Helm/4',
        authorization: 'Bearer our-token',
      });
      assert.deepEqual(server.requests, ['GET /api/v1/namespaces/apps/pods/p/log?follow=true']);
    },
  );
});

test('knows a child by its token only, and not after its session was closed', async () => {
  await withGate(
    (_request, response) => sendJson(response, 200, {}),
    async ({ open, server }) => {
      const one = open();
      const two = open();
      const path = '/api/v1/namespaces/apps/configmaps/x';
      assert.match(one.server, /^http:\/\/127\.0\.0\.1:\d+\/[-_A-Za-z0-9]{43}$/);
      assert.equal((await send(one.server + path)).status, 200);
      const guess = new URL(one.server).origin;
      for (const url of [
        `${guess}${path}`,
        `${guess}/${'A'.repeat(43)}${path}`,
        `${one.server.slice(0, -1)}${path}`,
      ]) {
        assert.deepEqual(
          [(await send(url)).status, JSON.parse((await send(url)).text).message],
          [404, 'not found'],
        );
      }
      assert.equal((await send(one.server + path, 'GET', { host: 'attacker.example' })).status, 404);
      await one.close();
      assert.equal((await send(one.server + path)).status, 404);
      assert.equal((await send(two.server + path)).status, 200);
      assert.equal(server.requests.length, 2);
    },
  );
});

test('cuts what is under way when the session is closed', async () => {
  await withGate(
    (_request, response) => void response.writeHead(200, json).write('{"type":"BOOKMARK"}\n'),
    async ({ open }) => {
      const session = open();
      const watch = send(`${session.server}/api/v1/namespaces/apps/pods?watch=true`);
      setTimeout(() => void session.close(), 100);
      await assert.rejects(watch, { code: 'ECONNRESET' });
    },
  );
});

test('streams a watch event by event', async () => {
  await withGate(
    (_request, response) => {
      response.writeHead(200, json);
      response.write('{"one":1}\n');
    },
    async ({ open }) => {
      const chunk = await new Promise<string>((resolve, reject) => {
        const request = httpRequest(`${open().server}/api/v1/pods?watch=1`, (response) => {
          response.once('data', (data: Buffer) => {
            resolve(data.toString());
            request.destroy();
          });
        });
        request.on('error', reject);
        request.end();
      });
      assert.equal(chunk, '{"one":1}\n');
    },
  );
});

for (const [what, method, path] of [
  ['a tunnel into a pod', 'POST', '/api/v1/namespaces/apps/pods/p/exec'],
  ['a proxy to a service', 'GET', '/api/v1/namespaces/apps/services/s/proxy'],
  ['the deletion of a collection', 'DELETE', '/api/v1/namespaces/apps/secrets'],
  ['a patch of a release record', 'PATCH', '/api/v1/namespaces/apps/secrets/sh.helm.release.v1.web.v1'],
  [
    "a write to another release's record",
    'DELETE',
    '/api/v1/namespaces/apps/secrets/sh.helm.release.v1.db.v1',
  ],
] as const) {
  test(`refuses ${what} without asking the API server`, async () => {
    await withGate(
      () => assert.fail('it was forwarded'),
      async ({ open, server }) => {
        const answer = await send(`${open({ releaseName: 'web' }).server}${path}`, method);
        assert.equal(answer.status, 403);
        assert.match(JSON.parse(answer.text).message, /refused by Helmgate/);
        assert.deepEqual(server.requests, []);
      },
    );
  });
}

test('refuses methods and roots that it does not know, and an upgrade by hanging up', async () => {
  await withGate(
    () => assert.fail('it was forwarded'),
    async ({ open }) => {
      const { server } = open();
      assert.equal((await send(`${server}/api/v1/pods`, 'OPTIONS')).status, 405);
      assert.equal((await send(`${server}/metrics`)).status, 404);
      assert.equal((await send(`${server}/apis`, 'POST')).status, 405);
      const upgrade = send(`${server}/api/v1/pods`, 'GET', { connection: 'upgrade', upgrade: 'SPDY/3.1' });
      await assert.rejects(upgrade, { code: 'ECONNRESET' });
    },
  );
});

/** An API server that keeps the bodies it is sent and answers with the record's name and versions from 41 on. */
function storingRecords(bodies: string[]): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      bodies.push(body);
      const metadata = { name: 'sh.helm.release.v1.web.v1', resourceVersion: String(40 + bodies.length) };
      sendJson(response, request.method === 'POST' ? 201 : 200, { metadata });
    });
  };
}

test('marks an old revision as superseded without a precondition, whose failure helm would only warn of', async () => {
  const bodies: string[] = [];
  await withGate(storingRecords(bodies), async ({ open }) => {
    const url = `${open().server}/api/v1/namespaces/apps/secrets`;
    await send(url, 'POST', json, record('pending-install'));
    await send(`${url}/sh.helm.release.v1.web.v1`, 'PUT', json, record('superseded'));
    assert.equal(JSON.parse(bodies[1] ?? '').metadata.resourceVersion, undefined);
  });
});

test('stores records in the storage namespace, says so after the answer, and guards the next update', async () => {
  const bodies: string[] = [];
  await withGate(storingRecords(bodies), async ({ open, server, stored, written }) => {
    const url = `${open().server}/api/v1/namespaces/apps/secrets`;
    await send(`${url}?fieldManager=helm`, 'POST', json, record('pending-install'));
    await send(`${url}/sh.helm.release.v1.web.v1`, 'PUT', json, record('deployed'));
    await send(`${url}/sh.helm.release.v1.web.v1`, 'DELETE');
    assert.deepEqual(server.requests, [
      'POST /api/v1/namespaces/store/secrets?fieldManager=owner',
      'PUT /api/v1/namespaces/store/secrets/sh.helm.release.v1.web.v1',
      'DELETE /api/v1/namespaces/store/secrets/sh.helm.release.v1.web.v1',
    ]);
    assert.equal(JSON.parse(bodies[1] ?? '').metadata.resourceVersion, '41');
    assert.deepEqual(
      stored.map(({ verb, name, status, release }) => [verb, name, status, release?.status]),
      [
        ['create', 'sh.helm.release.v1.web.v1', 201, 'pending-install'],
        ['update', 'sh.helm.release.v1.web.v1', 200, 'deployed'],
        ['delete', 'sh.helm.release.v1.web.v1', 200, undefined],
      ],
    );
    assert.deepEqual(
      written.map(({ method, status }) => `${method} ${status}`),
      ['POST 201', 'PUT 200', 'DELETE 200'],
    );
  });
});

test("leaves a chart's own Secret where the chart wants it", async () => {
  await withGate(
    (_request, response) => sendJson(response, 201, { metadata: { name: 'mine' } }),
    async ({ open, server, stored }) => {
      const body = JSON.stringify({ metadata: { name: 'mine' }, type: 'Opaque' });
      const admitRelease = (): Promise<string> => assert.fail('it was judged as a release');
      await send(`${open({ admitRelease }).server}/api/v1/namespaces/apps/secrets`, 'POST', json, body);
      assert.deepEqual(server.requests, ['POST /api/v1/namespaces/apps/secrets']);
      assert.deepEqual(stored, []);
    },
  );
});

const refusals: readonly (readonly [string, Partial<GateSessionOptions>, string, RegExp])[] = [
  [
    'the policy says no',
    { admitRelease: async () => 'policy says no' },
    record('pending-install'),
    /^policy says no$/,
  ],
  [
    'the judgement fails',
    {
      admitRelease: async () => {
        throw new Error('boom');
      },
    },
    record('pending-install'),
    /could not be judged: boom/,
  ],
  [
    'its record cannot be read',
    { admitRelease: async () => undefined },
    JSON.stringify({
      metadata: { name: 'sh.helm.release.v1.web.v1' },
      type: 'helm.sh/release.v1',
      data: { release: 'eHg=' },
    }),
    /cannot be read: /,
  ],
  ['it is another release', { releaseName: 'db' }, record('pending-install'), /not a record of release db/],
  [
    'the operation is cancelled while it waits',
    { admitRelease: () => new Promise(() => {}), signal: AbortSignal.timeout(50) },
    record('pending-install'),
    /was cancelled/,
  ],
];
for (const [when, options, body, message] of refusals) {
  test(`refuses a release, and stores nothing, when ${when}`, async () => {
    await withGate(
      () => assert.fail('it was forwarded'),
      async ({ open, stored }) => {
        const answer = await send(
          `${open(options).server}/api/v1/namespaces/apps/secrets`,
          'POST',
          json,
          body,
        );
        assert.equal(answer.status, 403);
        assert.match(JSON.parse(answer.text).message, message);
        assert.deepEqual(
          stored.map(({ verb, status }) => [verb, status]),
          [['create', 403]],
        );
      },
    );
  });
}

test('tells the judgement when the child has gone', async () => {
  const gone = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await withGate(
    () => assert.fail('it was forwarded'),
    async ({ open, errors }) => {
      const admitRelease: GateSessionOptions['admitRelease'] = (_release, signal) => {
        signal.addEventListener('abort', () => gone.resolve());
        asked.resolve();
        return new Promise(() => {});
      };
      const request = httpRequest(`${open({ admitRelease }).server}/api/v1/namespaces/apps/secrets`, {
        method: 'POST',
        headers: json,
      });
      request.on('error', () => {});
      request.end(record('pending-install'));
      await asked.promise;
      request.destroy();
      await gone.promise;
      assert.deepEqual(errors, []);
    },
  );
});

test('answers 413 to a record over the limit, and goes on', async () => {
  await withGate(
    (_request, response) => sendJson(response, 200, {}),
    async ({ open }) => {
      const { server } = open();
      const body = Buffer.alloc(4 * 1024 * 1024, ' ');
      const answer = await send(
        `${server}/api/v1/namespaces/apps/secrets`,
        'POST',
        { ...json, 'content-length': String(body.length) },
        body,
      );
      assert.equal(answer.status, 413);
      assert.equal((await send(`${server}/api/v1/namespaces/apps/configmaps/x`)).status, 200);
    },
  );
});

test("shows helm its own name as manager of the owner's fields, and streams what is too long to look into", async () => {
  const object = {
    metadata: { managedFields: [{ manager: 'owner', operation: 'Apply' }] },
    spec: { manager: 'owner' },
  };
  const long = { ...object, data: 'x'.repeat(9 * 1024 * 1024) };
  await withGate(
    (request, response) => sendJson(response, 200, request.url?.endsWith('long') === true ? long : object),
    async ({ open }) => {
      const url = `${open().server}/api/v1/namespaces/apps/configmaps`;
      const shown = { ...object, metadata: { managedFields: [{ manager: 'helm', operation: 'Apply' }] } };
      assert.deepEqual(JSON.parse((await send(`${url}/x`)).text), shown);
      assert.equal((await send(`${url}/long`)).text, JSON.stringify(long));
    },
  );
});

test('answers a Status that says who failed when the API server cannot be reached or hangs up', async () => {
  await withGate(
    (_request, response) => void response.socket?.destroy(),
    async ({ open, server, errors }) => {
      const url = `${open().server}/api/v1/namespaces/apps/configmaps/x`;
      const broken = await send(url);
      assert.deepEqual([broken.status, broken.headers['retry-after']], [502, undefined]);
      await server.close();
      const down = await send(url);
      assert.deepEqual(
        [down.status, down.headers['retry-after'], JSON.parse(down.text).kind],
        [503, '1', 'Status'],
      );
      assert.match(JSON.parse(down.text).message, /cannot be reached: ECONNREFUSED/);
      assert.deepEqual(errors, []);
    },
  );
});

test('answers 500 and reports it when a listener of ours fails', async () => {
  await withGate(
    (_request, response) => sendJson(response, 200, {}),
    async ({ open, errors }) => {
      const onWrite = (): never => {
        throw new Error('disk full');
      };
      const answer = await send(`${open({ onWrite }).server}/api/v1/namespaces/apps/configmaps/x`, 'DELETE');
      assert.equal(answer.status, 500);
      assert.ok(!answer.text.includes('disk full'));
      assert.equal(String(errors[0]), 'Error: disk full');
    },
  );
});

test('fetches discovery once for children that start together, and again after a CRD was written', async () => {
  await withGate(
    (_request, response) => sendJson(response, 200, { metadata: {} }, { etag: '"1"' }),
    async ({ open, server }) => {
      const [one, two] = [open().server, open().server];
      await Promise.all([send(`${one}/apis`), send(`${two}/apis`), send(`${one}/apis`)]);
      assert.equal((await send(`${two}/apis`)).headers['etag'], '"1"');
      await send(`${two}/apis`, 'GET', { accept: 'application/yaml' });
      assert.deepEqual(server.requests, ['GET /apis', 'GET /apis']);
      await send(
        `${one}/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x`,
        'PATCH',
        { 'content-type': 'application/apply-patch+yaml' },
        '{}',
      );
      await send(`${two}/apis`);
      assert.equal(server.requests.length, 4);
    },
  );
});

test('answers 431 to headers over the limit', async () => {
  await withGate(
    () => assert.fail('it was forwarded'),
    async ({ open }) => {
      const { server } = open();
      const { port } = new URL(server);
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(`GET /x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
        });
        socket.once('data', (data: Buffer) => resolve(data.toString()));
        socket.on('error', () => {});
      });
      assert.match(answer, /^HTTP\/1\.1 431 /);
    },
  );
});

test('impersonates the user of the session in every request, whatever the child says, and asks for no name itself', async () => {
  const seen: [string, IncomingHttpHeaders][] = [];
  await withGate(
    (request, response) => {
      seen.push([`${request.method} ${request.url}`, request.headers]);
      sendJson(response, 200, { kind: 'APIVersions' });
    },
    async ({ open }) => {
      const { server } = open({ impersonateUser: 'system:serviceaccount:tenant:deployer' });
      const child = {
        'impersonate-user': 'system:admin',
        'impersonate-uid': '0',
        'impersonate-extra-a': 'b',
      };
      const secrets = '/api/v1/namespaces/apps/secrets';
      await send(`${server}/api`, 'GET', child);
      await send(`${server}${secrets}?labelSelector=owner%3Dhelm`, 'GET', child);
      await send(`${server}${secrets}`, 'POST', { ...json, ...child }, record('pending-install'));
      await send(`${server}/apis/apps/v1/namespaces/apps/deployments?watch=true`, 'GET', child);
      await send(`${server}/apis/apps/v1/namespaces/apps/deployments/web`, 'PATCH', child, '{}');
      assert.equal(seen.length, 5);
      for (const [what, headers] of seen) {
        const identity = Object.entries(headers).filter(([name]) => name.startsWith('impersonate-'));
        assert.deepEqual(identity, [['impersonate-user', 'system:serviceaccount:tenant:deployer']], what);
        assert.equal(headers['authorization'], 'Bearer our-token', what);
      }
    },
  );
});

test('does not answer one identity with what another discovered', async () => {
  await withGate(
    (request, response) =>
      sendJson(response, 200, { for: request.headers['impersonate-user'] ?? 'ourselves' }),
    async ({ open }) => {
      const users = [undefined, 'system:serviceaccount:a:x', 'system:serviceaccount:b:x'];
      for (const user of [...users, ...users]) {
        const { server } = open(user === undefined ? {} : { impersonateUser: user });
        assert.equal(JSON.parse((await send(`${server}/apis`)).text).for, user ?? 'ourselves');
      }
    },
  );
});

test('opens no session for an empty user', async () => {
  await withGate(
    (_request, response) => sendJson(response, 200, {}),
    async ({ open }) => {
      for (const impersonateUser of ['', ' ', '\n'])
        assert.throws(() => open({ impersonateUser }), /user to impersonate is empty/);
    },
  );
});
