import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createChartRepositoryClient } from '../../../src/io/chart/client.ts';
import { isPublicAddress } from '../../../src/io/chart/public-address.ts';
import type { ChartErrorShape, RepositoryAccess } from '../../../src/io/contract.ts';
import { packChart } from './packaged-chart.ts';
import { RepositoryServer } from './repository-server.ts';

const NEVER = new AbortController().signal;
const INDEX = 'apiVersion: v1\nentries:\n  web:\n  - name: web\n    version: 1.0.0\n    urls: [web.tgz]\n';
let cacheDir: string;
let server: RepositoryServer;
let other: RepositoryServer;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'chart-test-'));
  server = await RepositoryServer.start();
  other = await RepositoryServer.start();
});
afterEach(async () => {
  await Promise.all([server.close(), other.close()]);
  await rm(cacheDir, { recursive: true, force: true });
});

function access(more: Partial<RepositoryAccess> = {}): RepositoryAccess {
  return { url: server.url, timeoutMs: 5000, passCredentials: false, ...more };
}

function redirect(from: RepositoryServer, path: string, location: string): void {
  from.on(path, (_request, response) => response.writeHead(302, { location }).end());
}

async function rejection(promise: Promise<unknown>): Promise<ChartErrorShape> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as ChartErrorShape,
  );
  assert.ok(outcome, 'expected a rejection');
  return outcome;
}

const authorized = (at: RepositoryServer): readonly boolean[] =>
  at.requests.map(({ headers }) => headers.authorization !== undefined);

test('follows redirects within the repository, at most five, with credentials', async () => {
  const client = createChartRepositoryClient({ cacheDir, userAgent: 't' });
  for (let hop = 0; hop < 6; hop += 1) redirect(server, `/r${hop}`, `/r${hop + 1}`);
  server.serve('/r6', INDEX);
  redirect(server, '/index.yaml', '/r2');
  const index = await client.fetchIndex(access({ username: 'u', password: 'p' }), NEVER);
  assert.equal(index.entries('web').length, 1);
  assert.deepEqual(authorized(server), [true, true, true, true, true, true]);
  for (const first of ['/r1', '/index.yaml']) {
    redirect(server, '/index.yaml', first);
    assert.match((await rejection(client.fetchIndex(access(), NEVER))).message, /more than 5 redirects/);
  }
});

const answer =
  (...addresses: readonly string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

test('never follows a redirect to an address that is not public, by number or by name', async () => {
  const client = createChartRepositoryClient({ cacheDir, userAgent: 't', lookup: answer('10.1.2.3') });
  for (const location of [
    `${other.url}/index.yaml`,
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/x',
    'http://[::ffff:127.0.0.1]/x',
    'http://2130706433/x',
    'http://0/x',
    'http://internal.example/x',
    'file:///etc/passwd',
    'http://u:p@1.1.1.1/',
  ]) {
    redirect(server, '/index.yaml', location);
    const error = await rejection(client.fetchIndex(access(), NEVER));
    assert.deepEqual([error.reason, error.retriable], ['Failed', false], location);
    assert.match(error.message, /not a public address|no usable URL/, location);
  }
  assert.deepEqual(other.requests, []);
});

test('refuses a name with one public and one private address', async () => {
  const client = createChartRepositoryClient({
    cacheDir,
    userAgent: 't',
    lookup: answer('1.1.1.1', '127.0.0.1'),
  });
  redirect(server, '/index.yaml', `http://rebind.example:${new URL(other.url).port}/index.yaml`);
  assert.match((await rejection(client.fetchIndex(access(), NEVER))).message, /not a public address/);
  assert.deepEqual(other.requests, []);
});

test('sends no credentials to where a redirect leads, not even back home or with passCredentials', async () => {
  const trustedHosts = [new URL(other.url).host];
  const client = createChartRepositoryClient({ cacheDir, userAgent: 't', trustedHosts });
  redirect(server, '/index.yaml', `${other.url}/index.yaml`);
  redirect(other, '/index.yaml', `${server.url}/back.yaml`);
  server.serve('/back.yaml', INDEX);
  // Back on the first server only because its own origin needs no trust.
  await client.fetchIndex(access({ username: 'u', password: 'p', passCredentials: true }), NEVER);
  assert.deepEqual([authorized(server), authorized(other)], [[true, false], [false]]);
});

test('sends credentials to a chart URL on another host only with passCredentials', async () => {
  const trusting = createChartRepositoryClient({ cacheDir, userAgent: 't', trustedHosts: ['127.0.0.1'] });
  const entry = { name: 'web', version: '1.0.0', urls: [`${other.url}/web.tgz`] };
  other.serve('/web.tgz', await packChart('web', '1.0.0'));
  for (const passCredentials of [false, true]) {
    await trusting.fetchChart(access({ username: 'u', password: 'p', passCredentials }), entry, NEVER);
  }
  assert.deepEqual(authorized(other), [false, true]);
  const client = createChartRepositoryClient({ cacheDir, userAgent: 't' });
  const error = await rejection(client.fetchChart(access(), entry, NEVER));
  assert.equal(error.reason, 'ChartPullError');
  assert.match(error.message, /not a public address/);
});

const ADDRESSES: readonly (readonly [address: string, isPublic: boolean])[] = [
  ['1.1.1.1', true],
  ['172.15.255.255', true],
  ['172.32.0.0', true],
  ['2606:4700::1111', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['127.255.255.254', false],
  ['169.254.169.254', false],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['192.168.1.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:1.1.1.1', false],
  ['::ffff:10.0.0.1', false],
  ['64:ff9b::a00:1', false],
  ['fc00::1', false],
  ['fe80::1', false],
  ['ff02::1', false],
  ['2001:db8::1', false],
  ['2002:a00:1::', false],
  ['example.com', false],
  ['', false],
];
test('tells public addresses from all others', () => {
  for (const [address, isPublic] of ADDRESSES) assert.equal(isPublicAddress(address), isPublic, address);
});
