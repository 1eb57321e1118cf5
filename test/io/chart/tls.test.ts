import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { createChartRepositoryClient } from '../../../src/io/chart/client.ts';
import type { ChartErrorShape, ChartRepositoryClient, RepositoryAccess } from '../../../src/io/contract.ts';
import { packChart } from './packaged-chart.ts';
import { RepositoryServer } from './repository-server.ts';

const NEVER = new AbortController().signal;
const INDEX = 'apiVersion: v1\nentries:\n  web:\n  - name: web\n    version: 1.0.0\n    urls: [web.tgz]\n';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const VALID = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

interface Issued {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certPem: string;
  readonly keyPem: string;
}

let ca: Issued;
let leaf: Issued;
let server: RepositoryServer;
let cacheDir: string;
let client: ChartRepositoryClient;

async function issue(name: string, issuer?: Issued): Promise<Issued> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.create(
    {
      ...VALID,
      subject: `CN=${name}`,
      issuer: issuer?.certificate.subject ?? `CN=${name}`,
      publicKey: keys.publicKey,
      signingKey: issuer?.keys.privateKey ?? keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions:
        issuer === undefined
          ? [new BasicConstraintsExtension(true, undefined, true)]
          : [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
    },
    webcrypto as unknown as Crypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
  return { certificate, keys, certPem: certificate.toString('pem'), keyPem };
}

before(async () => {
  ca = await issue('test-ca');
  leaf = await issue('repository', ca);
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
  const user = await issue('user', ca);
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
