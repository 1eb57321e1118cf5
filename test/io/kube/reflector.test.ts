import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIG_MAP } from '../../../src/core/api/resources.ts';
import type { KubeErrorShape, Reflector } from '../../../src/io/contract.ts';
import { startReflector } from '../../../src/io/kube/reflector.ts';
import { createTransport } from '../../../src/io/kube/transport.ts';
import { type FakeApiServer, sendJson, startFakeApiServer, statusBody } from './fake-api-server.ts';

const object = (name: string, resourceVersion: string, uid = name): unknown => ({
  metadata: { name, namespace: 'a', uid, resourceVersion },
});
const list = (resourceVersion: string, ...items: unknown[]): unknown => ({
  metadata: { resourceVersion },
  items,
});
const event = (type: string, item: unknown): string => `${JSON.stringify({ type, object: item })}\n`;

interface Run {
  readonly reflector: Reflector;
  readonly events: string[];
  readonly errors: KubeErrorShape[];
}

/** Runs a reflector against a script: the answers to its lists and watches, in order; after the last one watches hang. */
async function withReflector(
  script: readonly ((response: ServerResponse) => void)[],
  check: (run: Run, server: FakeApiServer) => Promise<void>,
  idleMs = 60_000,
): Promise<void> {
  let step = 0;
  const server = await startFakeApiServer((_request, response) => {
    const answer = script[step];
    step += 1;
    if (answer === undefined) response.writeHead(200).flushHeaders();
    else answer(response);
  });
  const transport = createTransport(server.access, { userAgent: 'test' });
  const events: string[] = [];
  const errors: KubeErrorShape[] = [];
  const reflector = startReflector(
    transport,
    CONFIG_MAP,
    {
      onEvent: ({ type, object }) =>
        events.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion ?? ''}`),
      onError: (error) => errors.push(error),
    },
    { nowMs: () => performance.now(), random: () => 0.99, idleMs },
  );
  try {
    await check({ reflector, events, errors }, server);
  } finally {
    await reflector.close();
    await transport.close();
    await server.close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'what was waited for did not happen within 5 s');
    await sleep(5);
  }
}

const answer =
  (body: unknown) =>
  (response: ServerResponse): void =>
    sendJson(response, 200, body);

test('lists again when the watch answers 410, and reports what vanished and came meanwhile', async () => {
  await withReflector(
    [
      answer(list('5', object('kept', '1'), object('gone', '2'), object('reborn', '3', 'first'))),
      (response) => sendJson(response, 410, statusBody(410, 'Expired', 'too old')),
      answer(list('9', object('kept', '1'), object('reborn', '8', 'second'), object('new', '9'))),
    ],
    async ({ events, errors, reflector }, server) => {
      await until(() => server.requests.length === 4);
      assert.deepEqual(events, [
        'added kept 1',
        'added gone 2',
        'added reborn 3',
        'deleted gone 2',
        'deleted reborn 3',
        'added reborn 8',
        'added new 9',
      ]);
      assert.deepEqual(errors, []);
      assert.equal(reflector.list().length, 3);
      assert.match(server.requests[3] ?? '', /watch=true.*resourceVersion=9/);
    },
  );
});

test('lists again when the 410 comes as an event within the watch', async () => {
  await withReflector(
    [
      answer(list('5')),
      (response) => void response.end(event('ERROR', statusBody(410, 'Expired', 'too old'))),
      answer(list('9', object('new', '9'))),
    ],
    async ({ events }, server) => {
      await until(() => server.requests.length === 4);
      assert.deepEqual(events, ['added new 9']);
    },
  );
});

test('resumes after the last event or bookmark, and drops an event that was cut', async () => {
  await withReflector(
    [
      answer(list('5')),
      (response) => {
        response.write(event('ADDED', object('one', '6')));
        response.write(event('BOOKMARK', { metadata: { resourceVersion: '44' } }));
        response.end(event('ADDED', object('cut', '45')).slice(0, 30));
      },
    ],
    async ({ events }, server) => {
      await until(() => server.requests.length === 3);
      assert.deepEqual(events, ['added one 6']);
      assert.match(server.requests[2] ?? '', /resourceVersion=44/);
    },
  );
});

test('takes a watch for dead that is silent too long, says so, and watches again', async () => {
  await withReflector(
    [answer(list('5'))],
    async ({ errors, reflector }, server) => {
      await until(() => server.requests.length >= 3);
      assert.equal(errors[0]?.reason, 'WatchIdle');
      assert.ok(reflector.stalenessMs() >= 100);
    },
    100,
  );
});

test('counts each chunk as a sign of life', async () => {
  await withReflector(
    [
      answer(list('5')),
      (response) => {
        const timer = setInterval(
          () => response.write(event('BOOKMARK', { metadata: { resourceVersion: '6' } })),
          40,
        );
        response.on('close', () => clearInterval(timer));
      },
    ],
    async ({ errors, reflector }, server) => {
      await until(() => server.requests.length === 2);
      await sleep(600);
      assert.deepEqual(errors, []);
      assert.equal(server.requests.length, 2);
      assert.ok(reflector.stalenessMs() < 200);
    },
    200,
  );
});

test('reports a listener that throws, and goes on', async () => {
  const server = await startFakeApiServer((_request, response, count) => {
    if (count === 1) sendJson(response, 200, list('5', object('one', '1'), object('two', '2')));
    else response.writeHead(200).flushHeaders();
  });
  const transport = createTransport(server.access, { userAgent: 'test' });
  const errors: string[] = [];
  const reflector = startReflector(transport, CONFIG_MAP, {
    onEvent: ({ object }) => {
      throw new Error(`no ${object.metadata.name}`);
    },
    onError: ({ reason, message }) => errors.push(`${reason}: ${message}`),
  });
  await reflector.synced(AbortSignal.timeout(5_000));
  assert.deepEqual(errors, ['ListenerFailed: no one', 'ListenerFailed: no two']);
  await reflector.close();
  await transport.close();
  await server.close();
});

test('rejects whoever waits for the first list when it is closed or the wait is aborted', async () => {
  await withReflector([(response) => response.writeHead(200).flushHeaders()], async ({ reflector }) => {
    const reason = new Error('enough');
    const wait = new AbortController();
    const aborted = assert.rejects(reflector.synced(wait.signal), reason);
    wait.abort(reason);
    await aborted;
    const closed = assert.rejects(reflector.synced(AbortSignal.timeout(5_000)), /closed/);
    await reflector.close();
    await closed;
  });
});
