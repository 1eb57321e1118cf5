import assert from 'node:assert/strict';
import { Agent, request as httpsRequest } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import supertest from 'supertest';

import { makeLeaf } from '../../../src/io/tls/authority.ts';
import {
  answer,
  type Fixture,
  fixtureJudging,
  reviewOf,
  serverPair,
  startFixture,
} from './webhook-fixture.ts';

let fixture: Fixture;
before(async () => {
  fixture = await startFixture();
});
after(() => fixture.close());

function post(path: string, body: string | Buffer, type = 'application/json', at: Fixture = fixture) {
  return supertest(at.url).post(path).ca(at.authority.certPem).set('content-type', type).send(body);
}

function get(path: string, at: Fixture = fixture) {
  return supertest(at.url).get(path).ca(at.authority.certPem);
}

/** The next good request is decided right; a server that hangs shows by the client's own limit. */
async function assertAlive(at: Fixture = fixture): Promise<void> {
  const response = await post('/validate', JSON.stringify(reviewOf('good')), undefined, at);
  assert.equal(response.status, 200);
  assert.equal(response.body.response.allowed, true);
}

describe('the webhook endpoint', () => {
  it('answers a review with its uid and writes the row before it answers', async () => {
    const rowsBefore = fixture.rows.length;
    const response = await post('/mutate', JSON.stringify(reviewOf('bad')));
    assert.equal(response.status, 200);
    assert.deepEqual(response.body.response, { uid: 'uid-bad', allowed: false });
    const row = fixture.rows[rowsBefore];
    assert.equal(row?.uid, 'uid-bad');
    assert.equal(row?.time, '2026-11-22T12:00:00.000Z');
    assert.ok((row?.durationMs ?? 0) > 0);
  });

  it('refuses a body of 7 MiB and one byte by its length with 413 and stays alive', async () => {
    const response = await post('/validate', Buffer.alloc(7 * 1024 * 1024 + 1, ' '));
    assert.equal(response.status, 413);
    await assertAlive();
  });

  it('decides a legal review of two objects of 2.9 MiB', async () => {
    const big = { values: { text: 'x'.repeat(2.9 * 1024 * 1024) } };
    const review = reviewOf('good');
    const body = JSON.stringify({
      ...review,
      request: { ...(review['request'] as object), object: big, oldObject: big },
    });
    const response = await post('/validate', body);
    assert.equal(response.status, 200);
  });

  it('cuts an endless chunked body on 64 connections and stays alive', async () => {
    const ends = await Promise.all(Array.from({ length: 64 }, () => endlessBody(fixture)));
    for (const status of ends)
      assert.ok(status === 413 || status === 503 || status === 'cut', String(status));
    assert.ok(ends.includes(413) || ends.includes(503));
    await assertAlive();
  });

  for (const type of [
    'text/plain',
    'application/yaml',
    'application/jsonp',
    'application/json; charset=latin1',
    '',
  ]) {
    it(`answers 415 to the content type "${type}"`, async () => {
      const response = await rawPost(fixture, '/validate', type === '' ? {} : { 'content-type': type }, '{}');
      assert.equal(response.status, 415);
    });
  }

  it('answers 415 to a compressed body', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    assert.equal((await rawPost(fixture, '/validate', headers, 'x')).status, 415);
  });

  it('answers 405 with Allow to other methods and 404 to other paths, without a stack trace', async () => {
    const wrongMethod = await get('/mutate');
    assert.equal(wrongMethod.status, 405);
    assert.equal(wrongMethod.headers['allow'], 'POST');
    assert.equal((await post('/readyz', '{}')).status, 405);
    for (const path of ['/', '/Mutate', '/mutate/', '/admin', '/../etc/passwd', '/%', '/__proto__']) {
      const response = await get(path);
      assert.ok(response.status === 404 || response.status === 400, path);
      assert.doesNotMatch(response.text, /\bat\b|node_modules|\.ts/);
      assert.equal(response.headers['x-powered-by'], undefined);
    }
  });

  const badBodies: readonly (readonly [string, string | Buffer])[] = [
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['truncated', JSON.stringify(reviewOf('good')).slice(0, -2)],
    ['after a byte order mark', `\ufeff${JSON.stringify(reviewOf('good'))}`],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['nested 100,000 levels deep', '['.repeat(100_000)],
    ['with a duplicate key', '{"request":{"uid":"a","uid":"b"}}'],
    ['with a case variant of a field', '{"request":{"uid":"a"},"Request":{"uid":"b"}}'],
  ];
  for (const [what, body] of badBodies) {
    it(`answers 400 to a body that is ${what}, and stays alive`, async () => {
      const response = await post('/validate', body);
      assert.equal(response.status, 400);
      await assertAlive();
    });
  }

  it('does not quote a broken body in its answer', async () => {
    const response = await post('/validate', '{"request": hunter2}');
    assert.equal(response.status, 400);
    assert.doesNotMatch(response.text, /hunter2/);
  });

  it('takes __proto__ and constructor as data', async () => {
    const body =
      '{"request":{"uid":"u","name":"n","__proto__":{"allowed":1},"constructor":{"prototype":{"x":1}}}}';
    assert.equal((await post('/validate', body)).status, 200);
    assert.equal(({} as { x?: number }).x, undefined);
    await assertAlive();
  });

  it('hands integers beyond 2^53 to the judge and back digit for digit', async () => {
    const seen: unknown[] = [];
    const own = await startFixture({
      judge: (request) => {
        seen.push(request.object);
        const judged = answer(request, true);
        return Promise.resolve({ ...judged, review: { ...judged.review, echo: request.object } });
      },
    });
    const response = await post(
      '/validate',
      '{"request":{"uid":"u","object":{"n":9007199254740993,"e":1e400}}}',
      undefined,
      own,
    );
    assert.deepEqual(seen, [{ n: 9007199254740993n, e: Infinity }]);
    assert.match(response.text, /"n":9007199254740993,"e":1e999/);
    await own.close();
  });

  it('is ready only while nothing speaks against it', async () => {
    const reasons: string[] = ['no policies are loaded'];
    const own = await startFixture({ notReady: () => reasons });
    const response = await get('/readyz', own);
    assert.equal(response.status, 503);
    assert.match(response.text, /no policies are loaded/);
    reasons.pop();
    assert.equal((await get('/readyz', own)).status, 200);
    assert.equal((await get('/healthz', own)).status, 200);
    await own.close();
  });

  it('denies before the caller gives up, naming what was still running', async () => {
    const own = await startFixture({
      judge: async (_request, _endpoint, context) => {
        context.note('rule production/slow');
        await sleep(5_000, undefined, { signal: context.signal });
        throw new Error('unreachable');
      },
    });
    const response = await post('/validate?timeout=1s', JSON.stringify(reviewOf('good')), undefined, own);
    assert.equal(response.status, 200);
    assert.equal(response.body.response.allowed, false);
    assert.match(response.body.response.status.message, /production\/slow/);
    assert.deepEqual(
      own.rows.map((row) => row.verdict),
      ['Error'],
    );
    await own.close();
  });

  it('denies when the judge throws, without its message', async () => {
    const own = await startFixture({ judge: () => Promise.reject(new Error('inside-secret')) });
    const response = await post('/validate', JSON.stringify(reviewOf('good')), undefined, own);
    assert.equal(response.body.response.allowed, false);
    assert.doesNotMatch(response.text, /inside-secret/);
    await own.close();
  });

  it('denies when the audit row cannot be written, and counts it', async () => {
    const own = await startFixture({ append: () => Promise.reject(new Error('ENOSPC')) });
    const response = await post('/validate', JSON.stringify(reviewOf('good')), undefined, own);
    assert.equal(response.body.response.allowed, false);
    assert.match(response.body.response.status.message, /audit log/);
    assert.match((await get('/metrics', own)).text, /helmgate_audit_write_errors_total 1/);
    await own.close();
  });

  it('counts what it decided, by kind and verdict', async () => {
    const own = await startFixture();
    for (const name of ['a', 'b', 'bad'])
      await post('/validate', JSON.stringify(reviewOf(name)), undefined, own);
    await post('/validate', JSON.stringify(reviewOf('c', {}, 'INVENTED')), undefined, own);
    await post('/validate', 'null', undefined, own);
    const { text } = await get('/metrics', own);
    const line = (operation: string, allowed: boolean, n: number): string =>
      `helmgate_admission_requests_total{operation="${operation}",kind="HelmRelease",allowed="${allowed}",dry_run="false"} ${n}\n`;
    assert.ok(text.includes(line('CREATE', true, 2)), text);
    assert.ok(text.includes(line('CREATE', false, 1)));
    assert.ok(text.includes(line('other', true, 1)));
    assert.ok(text.includes('helmgate_rule_results_total{policy="p",rule="r",result="pass"} 3\n'));
    assert.ok(text.includes('helmgate_admission_duration_seconds_count 4\n'));
    assert.ok(text.includes('helmgate_requests_refused_total{status="400"} 1\n'));
    await own.close();
  });

  it('counts the exceptions that its decisions needed, and not those of one that could not be written', async () => {
    const exceptions = [
      { exception: 'e', policy: 'p', rule: 'r', expires: '2027-01-31T00:00:00Z', findings: 1 },
    ];
    let full = false;
    const own = await startFixture({
      judge: async (request, endpoint, context) => ({
        ...(await fixtureJudging.judge(request, endpoint, context)),
        exceptions,
      }),
      append: () => (full ? Promise.reject(new Error('full')) : Promise.resolve()),
    });
    own.metrics.observePolicies(() => ({
      commit: '',
      digest: '',
      rules: 1,
      exceptions: ['e', 'f'],
      ageSeconds: 0,
    }));
    await post('/validate', JSON.stringify(reviewOf('a')), undefined, own);
    full = true;
    await post('/validate', JSON.stringify(reviewOf('b')), undefined, own);
    const { text } = await get('/metrics', own);
    assert.ok(text.includes('helmgate_exception_uses_total{exception="e"} 1\n'), text);
    assert.ok(text.includes('helmgate_exception_uses_total{exception="f"} 0\n'));
    await own.close();
  });

  it('answers 503 with Retry-After to more reviews at once than it holds', async () => {
    const gate = Promise.withResolvers<void>();
    const own = await startFixture({
      limits: { maxConcurrentReviews: 2 },
      judge: async (request) => {
        await gate.promise;
        return answer(request, true);
      },
    });
    const held = [1, 2].map((n) =>
      post('/validate', JSON.stringify(reviewOf(`h${n}`)), undefined, own).then((r) => r),
    );
    await sleep(200);
    const refused = await post('/validate', JSON.stringify(reviewOf('third')), undefined, own);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(refused.headers['connection'], 'close');
    gate.resolve();
    for (const response of await Promise.all(held)) assert.equal(response.status, 200);
    await own.close();
  });

  it('takes reviews only with a client certificate when a client CA is given, and counts the others', async () => {
    const own = await startFixture({ clientCa: true });
    const body = JSON.stringify(reviewOf('good'));
    assert.equal((await post('/validate', body, undefined, own)).status, 403);
    assert.equal((await get('/healthz', own)).status, 200);
    const client = await makeLeaf(own.authority, {
      dnsNames: ['apiserver'],
      now: new Date(),
      usage: 'client',
    });
    const response = await post('/validate', body, undefined, own).cert(client.certPem).key(client.keyPem);
    assert.equal(response.status, 200);
    assert.match((await get('/metrics', own)).text, /helmgate_requests_refused_total\{status="403"\} 1/);
    await own.close();
  });

  it('closes a connection whose headers never end, and one whose body never comes', async () => {
    const own = await startFixture({ limits: { requestTimeoutMs: 300 } });
    for (const start of [
      'POST /validate HTTP/1.1\r\nHost: x\r\n',
      'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
    ]) {
      await slowConnection(own, start);
    }
    await assertAlive(own);
    await own.close();
  });

  it('serves new connections with a replaced pair', async () => {
    const own = await startFixture();
    const next = await makeLeaf(own.authority, {
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      now: new Date(),
    });
    const before = await servedCertificate(own);
    own.webhook.replacePair(next);
    assert.notEqual(await servedCertificate(own), before);
    assert.notEqual(next.certPem, serverPair.certPem);
    await own.close();
  });
});

describe('draining', () => {
  it('answers every request of keep-alive clients until they went quiet, and closes then', async () => {
    const own = await startFixture({ limits: { drainQuietMs: 300, drainTailMs: 100 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: own.authority.certPem });
    const statuses: (number | string)[] = [];
    const stop = new AbortController();
    const client = async (): Promise<void> => {
      while (!stop.signal.aborted) statuses.push(await viaAgent(own, agent));
    };
    const clients = Array.from({ length: 8 }, client);
    await sleep(200);
    const drained = own.webhook.drain();
    await sleep(50);
    const readiness = await get('/readyz', own);
    assert.equal(readiness.status, 503);
    assert.equal(readiness.headers['connection'], 'close');
    await sleep(400);
    stop.abort();
    await Promise.all(clients);
    await drained;
    agent.destroy();
    assert.ok(statuses.length > 50);
    assert.deepEqual(
      statuses.filter((status) => status !== 200),
      [],
    );
    await assert.rejects(get('/healthz', own), /ECONNREFUSED/);
  });

  it('tells late requests to come back once the longest drain is over', async () => {
    const own = await startFixture({ limits: { drainQuietMs: 10_000, drainMaxMs: 100, drainTailMs: 400 } });
    const drained = own.webhook.drain();
    await sleep(250);
    const response = await post('/validate', JSON.stringify(reviewOf('good')), undefined, own);
    assert.equal(response.status, 503);
    assert.equal(response.headers['retry-after'], '1');
    await drained;
  });
});

function rawPost(
  at: Fixture,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ readonly status: number }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${at.url}${path}`,
      { method: 'POST', headers, ca: at.authority.certPem, agent: false },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0 });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Sends chunks until the server ends it; the status that came back, or `cut`. */
function endlessBody(at: Fixture): Promise<number | 'cut'> {
  return new Promise((resolve) => {
    const chunk = Buffer.alloc(256 * 1024, ' ');
    let over = false;
    const finish = (how: number | 'cut'): void => {
      over = true;
      resolve(how);
    };
    const request = httpsRequest(`${at.url}/validate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ca: at.authority.certPem,
      agent: false,
    });
    const push = (): void => {
      if (over) return;
      if (request.write(chunk)) setImmediate(push);
      else request.once('drain', push);
    };
    request.on('response', (response) => {
      response.resume();
      finish(response.statusCode ?? 0);
      request.destroy();
    });
    request.on('error', () => finish('cut'));
    request.on('close', () => finish('cut'));
    push();
  });
}

function slowConnection(at: Fixture, start: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: at.webhook.port, host: '127.0.0.1', ca: at.authority.certPem });
    socket.on('secureConnect', () => socket.write(start));
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

function servedCertificate(at: Fixture): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: at.webhook.port, host: '127.0.0.1', ca: at.authority.certPem }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function viaAgent(at: Fixture, agent: Agent): Promise<number | string> {
  return new Promise((resolve) => {
    const body = JSON.stringify(reviewOf('good'));
    const request = httpsRequest(
      `${at.url}/validate`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', (error) => resolve(error.message));
    request.end(body);
  });
}
