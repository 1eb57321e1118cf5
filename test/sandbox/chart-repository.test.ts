import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { serveChartRepository } from '../../src/sandbox/chart-repository.ts';
import { createCertificateAuthority } from '../../src/sandbox/pki.ts';

const root = mkdtempSync(join(tmpdir(), 'helmgate-test-'));
const dir = join(root, 'charts');
mkdirSync(join(dir, 'sub'), { recursive: true });
writeFileSync(join(dir, 'index.yaml'), 'apiVersion: v1\n');
writeFileSync(join(root, 'secret'), 'no');
after(() => rmSync(root, { recursive: true, force: true }));

test('serves files of the folder and counts the requests for each', async () => {
  await using repository = await serveChartRepository({ dir });
  assert.match(repository.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const answer = await fetch(`${repository.url}/index.yaml`);
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), 'apiVersion: v1\n');
  assert.equal(
    (await fetch(`${repository.url}/index.yaml`, { method: 'HEAD' })).headers.get('content-length'),
    '15',
  );
  assert.equal((await fetch(`${repository.url}/none.tgz`)).status, 404);
  assert.equal(repository.requestCount('/index.yaml'), 2);
  assert.equal(repository.requestCount(), 3);
});

test('answers nothing outside the folder, no folders, and no writing methods', async () => {
  await using repository = await serveChartRepository({ dir });
  for (const path of ['/..%2fsecret', '/%2e%2e/secret', '/sub', '/', '/index.yaml%00', '/%zz']) {
    assert.equal((await fetch(repository.url + path)).status, 404, path);
  }
  assert.equal((await fetch(`${repository.url}/index.yaml`, { method: 'PUT', body: 'x' })).status, 405);
});

test('asks for credentials when it has some', async () => {
  await using repository = await serveChartRepository({
    dir,
    basicAuth: { username: 'me', password: 'p:w' },
  });
  const get = async (credentials?: string): Promise<number> => {
    const headers = credentials === undefined ? {} : { authorization: `Basic ${btoa(credentials)}` };
    return (await fetch(`${repository.url}/index.yaml`, { headers })).status;
  };
  assert.equal(await get(), 401);
  assert.equal(await get('me:pw'), 401);
  assert.equal(await get('me:p:w'), 200);
});

test('speaks HTTPS with the key and certificate it is given', async () => {
  const authority = createCertificateAuthority('charts-ca', new Date());
  const leaf = authority.issue({ commonName: 'charts', usage: 'server', hosts: ['127.0.0.1'] });
  await using repository = await serveChartRepository({
    dir,
    tls: { key: leaf.privateKeyPem, cert: leaf.certificatePem },
  });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const options = { ca: authority.certificatePem, agent: false };
    request(`${repository.url}/index.yaml`, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 200);
});
