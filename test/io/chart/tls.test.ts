import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createChartRepositoryClient } from '../../../src/io/chart/client.ts';
import type { ChartErrorShape, ChartRepositoryClient, RepositoryAccess } from '../../../src/io/contract.ts';
import { type Authority, type IssuedPair, makeAuthority, makeLeaf } from '../../../src/io/tls/authority.ts';
import { packChart } from './packaged-chart.ts';
import { RepositoryServer } from './repository-server.ts';

const NEVER = new AbortController().signal;
const INDEX = 'apiVersion: v1\nentries:\n  web:\n  - name: web\n    version: 1.0.0\n    urls: [web.tgz]\n';

let ca: Authority;
let leaf: IssuedPair;
let server: RepositoryServer;
let cacheDir: string;
let client: ChartRepositoryClient;

before(async () => {
  const now = new Date();
  ca = await makeAuthority({ now });
  leaf = await makeLeaf(ca, { dnsNames: ['repository'], ipAddresses: ['127.0.0.1'], now });
  cacheDir = await mkdtemp(join(tmpdir(), 'chart-test-'));
  client = createChartRepositoryClient({ cacheDir, userAgent: 't' });
  server = await RepositoryServer.start({
    key: leaf.keyPem,
    cert: leaf.certPem,
    ca: ca.certPem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on('/index.yaml', (request, response) => {
    const { authorized } = request.socket as unknown as { authorized: boolean };
    response.setHeader('x-client', String(authorized));
    response.end(INDEX.replace('web.tgz', `${authorized}.tgz`));
  });
});
after(async () => {
  await server.close();
  await rm(cacheDir, { recursive: true, force: true });
});

function access(more: Partial<RepositoryAccess> = {}): RepositoryAccess {
  return { url: server.url, timeoutMs: 5000, passCredentials: false, ...more };
}

async function rejection(promise: Promise<unknown>): Promise<ChartErrorShape> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as ChartErrorShape,
  );
  assert.ok(outcome, 'expected a rejection');
  return outcome;
}

test('trusts a repository by the CA that its Secret gives, and not without', async () => {
  const index = await client.fetchIndex(access({ caPem: ca.certPem }), NEVER);
  assert.deepEqual(index.entries('web')[0]?.urls, ['false.tgz']);
  const error = await rejection(client.fetchIndex(access(), NEVER));
  assert.deepEqual([error.reason, error.retriable], ['Failed', true]);
  assert.match(error.message, /certificate/);
});

test('shows its client certificate to the repository', async () => {
  const user = await makeLeaf(ca, { dnsNames: ['user'], usage: 'client', now: new Date() });
  const identity = { caPem: ca.certPem, certPem: user.certPem, keyPem: user.keyPem };
  const index = await client.fetchIndex(access(identity), NEVER);
  assert.deepEqual(index.entries('web')[0]?.urls, ['true.tgz']);
});

test('refuses certificates that are no PEM or whose key is another', async () => {
  for (const identity of [
    { caPem: 'nonsense' },
    { caPem: '' },
    { caPem: ca.certPem, certPem: leaf.certPem, keyPem: ca.keyPem },
    { caPem: ca.certPem, certPem: 'x', keyPem: 'y' },
  ]) {
    const error = await rejection(client.fetchIndex(access(identity), NEVER));
    assert.deepEqual([error.reason, error.retriable], ['AuthenticationFailed', false]);
    assert.doesNotMatch(error.message, /BEGIN/);
  }
});

test('never goes on from https to http, by redirect or by a chart URL', async () => {
  const plain = await RepositoryServer.start();
  try {
    plain.serve('/web.tgz', await packChart('web', '1.0.0'));
    const trusting = createChartRepositoryClient({ cacheDir, userAgent: 't', trustedHosts: ['127.0.0.1'] });
    server.on('/web.tgz', (_request, response) =>
      response.writeHead(302, { location: `${plain.url}/web.tgz` }).end(),
    );
    for (const url of ['web.tgz', `${plain.url}/web.tgz`]) {
      const entry = { name: 'web', version: '1.0.0', urls: [url] };
      const error = await rejection(trusting.fetchChart(access({ caPem: ca.certPem }), entry, NEVER));
      assert.match(error.message, /https/);
    }
    assert.deepEqual(plain.requests, []);
  } finally {
    await plain.close();
  }
});
