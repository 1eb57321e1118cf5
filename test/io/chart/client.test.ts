import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createChartRepositoryClient } from '../../../src/io/chart/client.ts';
import type { ChartErrorShape, ChartRepositoryClient, RepositoryAccess } from '../../../src/io/contract.ts';
import { type Member, packChart, packTgz, sha256 } from './packaged-chart.ts';
import { RepositoryServer } from './repository-server.ts';

const NEVER = new AbortController().signal;
let cacheDir: string;
let server: RepositoryServer;
let client: ChartRepositoryClient;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'chart-test-'));
  server = await RepositoryServer.start();
  client = createChartRepositoryClient({ cacheDir, userAgent: 'helmgate/test' });
});
afterEach(async () => {
  await server.close();
  await rm(cacheDir, { recursive: true, force: true });
});

function access(more: Partial<RepositoryAccess> = {}): RepositoryAccess {
  return { url: server.url, timeoutMs: 5000, passCredentials: false, ...more };
}

function indexOf(
  entries: readonly { name: string; version: string; digest?: string; url?: string }[],
): string {
  const lines = entries.flatMap(({ name, version, digest, url }) => [
    `  - apiVersion: v2`,
    `    name: ${name}`,
    `    version: ${version}`,
    ...(digest === undefined ? [] : [`    digest: ${digest}`]),
    `    urls:`,
    `    - ${url ?? `${name}-${version}.tgz`}`,
  ]);
  return `apiVersion: v1\nentries:\n  ${entries[0]?.name ?? 'none'}:\n${lines.join('\n')}\ngenerated: "2026-01-01T00:00:00Z"\n`;
}

async function rejection(promise: Promise<unknown>): Promise<ChartErrorShape> {
  try {
    await promise;
  } catch (error) {
    return error as ChartErrorShape;
  }
  throw new assert.AssertionError({ message: 'expected a rejection' });
}

test('fetches an index and a chart, and takes the chart from disk the second time', async () => {
  const tgz = await packChart('web', '1.2.3');
  server.serve('/index.yaml', indexOf([{ name: 'web', version: '1.2.3', digest: sha256(tgz) }]));
  server.serve('/web-1.2.3.tgz', tgz);
  const index = await client.fetchIndex(access(), NEVER);
  const [entry] = index.entries('web');
  assert.ok(entry);
  const chart = await client.fetchChart(access(), entry, NEVER);
  assert.equal(chart.digest, `sha256:${sha256(tgz)}`);
  assert.equal(chart.appVersion, '7.1');
  assert.deepEqual(await readFile(chart.path), tgz);
  assert.equal((await stat(chart.path)).mode & 0o777, 0o600);
  assert.deepEqual(await client.fetchChart(access(), entry, NEVER), chart);
  assert.equal(server.requests.length, 2);
  await writeFile(chart.path, 'damaged');
  assert.deepEqual(await client.fetchChart(access(), entry, NEVER), chart);
  assert.equal(server.requests.length, 3);
});

test('asks with If-None-Match and gives the same index object while it is unchanged', async () => {
  server.on('/index.yaml', (request, response) => {
    if (request.headers['if-none-match'] === '"a"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"a"' }).end(indexOf([{ name: 'web', version: '1.0.0' }]));
  });
  const first = await client.fetchIndex(access(), NEVER);
  assert.equal(await client.fetchIndex(access(), NEVER), first);
  assert.equal(server.requests[1]?.headers['if-none-match'], '"a"');
});

test('does not read an index again whose bytes are the same, without an ETag', async () => {
  server.serve('/index.yaml', indexOf([{ name: 'web', version: '1.0.0' }]));
  const first = await client.fetchIndex(access(), NEVER);
  assert.equal(await client.fetchIndex(access(), NEVER), first);
  server.serve('/index.yaml', indexOf([{ name: 'web', version: '1.0.1' }]));
  const changed = await client.fetchIndex(access(), NEVER);
  assert.notEqual(changed.digest, first.digest);
  assert.equal(changed.entries('web')[0]?.version, '1.0.1');
});

test('keeps what one credential fetched from another', async () => {
  server.on('/index.yaml', (_request, response) => {
    response.writeHead(200, { etag: '"a"' }).end(indexOf([{ name: 'web', version: '1.0.0' }]));
  });
  for (const password of ['one', 'two', undefined]) {
    await client.fetchIndex(access(password === undefined ? {} : { username: 'a', password }), NEVER);
    assert.equal(server.requests.at(-1)?.headers['if-none-match'], undefined);
  }
});

test('forgets the least recently used index when the texts exceed the limit', async () => {
  const text = indexOf([{ name: 'web', version: '1.0.0' }]);
  client = createChartRepositoryClient({
    cacheDir,
    userAgent: 't',
    limits: { maxIndexCacheBytes: text.length },
  });
  for (const path of ['/a/index.yaml', '/b/index.yaml']) {
    server.on(path, (request, response) => {
      if (request.headers['if-none-match'] === undefined) response.writeHead(200, { etag: '"x"' }).end(text);
      else response.writeHead(304).end();
    });
  }
  for (const folder of ['a', 'b', 'b', 'a']) {
    await client.fetchIndex(access({ url: `${server.url}/${folder}` }), NEVER);
  }
  assert.deepEqual(
    server.requests.map(({ headers }) => headers['if-none-match']),
    [undefined, undefined, '"x"', undefined],
  );
});

test('sends basic authentication in a header, and calls a refusal AuthenticationFailed', async () => {
  server.on('/index.yaml', (request, response) => {
    const given = request.headers.authorization === `Basic ${Buffer.from('user:päss').toString('base64')}`;
    response.writeHead(given ? 200 : 401).end(given ? indexOf([{ name: 'web', version: '1.0.0' }]) : '');
  });
  await client.fetchIndex(access({ username: 'user', password: 'päss' }), NEVER);
  const error = await rejection(client.fetchIndex(access({ username: 'user', password: 'hunter2' }), NEVER));
  assert.equal(error.reason, 'AuthenticationFailed');
  assert.equal(error.retriable, false);
  assert.match(
    error.message,
    /^failed to fetch Helm repository index: failed to fetch .*\/index\.yaml : 401 Unauthorized/,
  );
  assert.doesNotMatch(error.message, /hunter2|user/);
});

const STATUSES: readonly (readonly [status: number, reason: string, retriable: boolean])[] = [
  [403, 'AuthenticationFailed', false],
  [404, 'Failed', true],
  [410, 'Failed', false],
  [429, 'Failed', true],
  [500, 'Failed', true],
  [503, 'Failed', true],
  [204, 'Failed', false],
  [304, 'Failed', true],
];
for (const [status, reason, retriable] of STATUSES) {
  test(`answers ${status} with ${reason}, ${retriable ? '' : 'not '}to be tried again`, async () => {
    server.on('/index.yaml', (_request, response) => response.writeHead(status).end());
    const error = await rejection(client.fetchIndex(access(), NEVER));
    assert.deepEqual([error.reason, error.retriable], [reason, retriable]);
  });
}

test('calls what is no index IndexationFailed and what is no URL URLInvalid', async () => {
  server.serve('/index.yaml', 'entries: {}\n');
  const noVersion = await rejection(client.fetchIndex(access(), NEVER));
  assert.equal(noVersion.reason, 'IndexationFailed');
  assert.match(noVersion.message, /: no API version specified$/);
  server.serve('/index.yaml', '');
  assert.match((await rejection(client.fetchIndex(access(), NEVER))).message, /: empty index\.yaml file$/);
  for (const url of ['oci://127.0.0.1/x', 'charts', 'http://user:hunter2@127.0.0.1/']) {
    const error = await rejection(client.fetchIndex(access({ url }), NEVER));
    assert.equal(error.reason, 'URLInvalid');
    assert.doesNotMatch(error.message, /hunter2/);
  }
});

test('calls a port where nobody listens Failed, to be tried again', async () => {
  const home = access();
  await server.close();
  const error = await rejection(client.fetchIndex(home, NEVER));
  assert.deepEqual([error.reason, error.retriable], ['Failed', true]);
  assert.match(error.message, /ECONNREFUSED/);
  server = await RepositoryServer.start();
});

const LIMITED = { maxIndexBytes: 1000, maxChartBytes: 100_000 };

test('cuts an index that is too long, declared, endless or blown up by gzip, and stops reading it', async () => {
  client = createChartRepositoryClient({ cacheDir, userAgent: 't', limits: LIMITED });
  const closed: Promise<void>[] = [];
  const cases: readonly (readonly [why: string, serve: () => void])[] = [
    ['declared', () => server.serve('/index.yaml', 'x'.repeat(1001))],
    [
      'endless',
      () =>
        server.on('/index.yaml', (_request, response) => {
          closed.push(new Promise((resolve) => response.on('close', () => resolve())));
          const push = (): void => {
            if (response.destroyed) return;
            response.write('x'.repeat(1000));
            setImmediate(push);
          };
          push();
        }),
    ],
    [
      'gzip',
      () => server.serve('/index.yaml', gzipSync(Buffer.alloc(100_000)), { 'content-encoding': 'gzip' }),
    ],
  ];
  for (const [why, serve] of cases) {
    serve();
    const error = await rejection(client.fetchIndex(access(), NEVER));
    assert.equal(error.reason, 'Failed', why);
    assert.match(error.message, /index\.yaml has more than 1000 bytes/, why);
  }
  assert.equal(closed.length, 1);
  await Promise.all(closed);
});

test('reads an index that the server compressed, and refuses other and broken encodings', async () => {
  const text = indexOf([{ name: 'web', version: '1.0.0' }]);
  server.serve('/index.yaml', gzipSync(text), { 'content-encoding': 'gzip' });
  assert.equal((await client.fetchIndex(access(), NEVER)).entries('web').length, 1);
  server.serve('/index.yaml', text, { 'content-encoding': 'br' });
  assert.match((await rejection(client.fetchIndex(access(), NEVER))).message, /content encoding br/);
  server.serve('/index.yaml', gzipSync(text).subarray(0, 40), { 'content-encoding': 'gzip' });
  assert.equal((await rejection(client.fetchIndex(access(), NEVER))).reason, 'Failed');
});

test('gives up after the timeout of the repository, in headers and in the body, and at once when aborted', async () => {
  for (const start of [false, true]) {
    server.on('/index.yaml', (_request, response) => {
      if (start) response.writeHead(200).write('apiVersion');
    });
    const error = await rejection(client.fetchIndex(access({ timeoutMs: 150 }), NEVER));
    assert.deepEqual([error.reason, error.retriable], ['Failed', true]);
    assert.match(error.message, /no complete answer within 150 ms/);
    const abort = new AbortController();
    const pending = rejection(client.fetchIndex(access(), abort.signal));
    setTimeout(() => abort.abort(new Error('stop it')), 50);
    assert.equal((await pending).message, 'stop it');
  }
});

test('fails when the body ends early', async () => {
  server.on('/index.yaml', (_request, response) => {
    response.writeHead(200, { 'content-length': '500' });
    response.write('apiVersion: v1\n');
    setTimeout(() => response.destroy(), 20);
  });
  const error = await rejection(client.fetchIndex(access(), NEVER));
  assert.deepEqual([error.reason, error.retriable], ['Failed', true]);
});

async function leftovers(): Promise<readonly string[]> {
  const all = await readdir(cacheDir, { recursive: true });
  return all.filter((name) => name.includes('.'));
}

test('keeps nothing of a chart whose digest, name or version is not the one of the index', async () => {
  server.serve('/web.tgz', await packChart('web', '1.0.0'));
  const entry = { name: 'web', version: '1.0.0', urls: ['web.tgz'] };
  for (const digest of ['ab'.repeat(32), '../x']) {
    const error = await rejection(client.fetchChart(access(), { ...entry, digest }, NEVER));
    assert.deepEqual([error.reason, error.retriable], ['ChartDigestMismatch', false]);
  }
  for (const wrong of [{ name: 'other' }, { version: '1.0.1' }]) {
    const error = await rejection(client.fetchChart(access(), { ...entry, ...wrong }, NEVER));
    assert.equal(error.reason, 'ChartPullError');
    assert.match(error.message, /Chart\.yaml/);
  }
  const nowhere = await rejection(client.fetchChart(access(), { ...entry, urls: [] }, NEVER));
  assert.equal(nowhere.reason, 'ChartPullError');
  assert.deepEqual(await leftovers(), []);
});

test('does not hand a chart on disk to an entry that names it differently', async () => {
  const tgz = await packChart('web', '1.0.0');
  server.serve('/web.tgz', tgz);
  const entry = { name: 'web', version: '1.0.0', urls: ['web.tgz'], digest: sha256(tgz) };
  await client.fetchChart(access(), entry, NEVER);
  const error = await rejection(client.fetchChart(access(), { ...entry, version: '2.0.0' }, NEVER));
  assert.equal(error.reason, 'ChartPullError');
});

test('does not hand a chart that one repository serves to another that only knows its digest', async () => {
  const tgz = await packChart('web', '1.0.0');
  server.serve('/a/web.tgz', tgz);
  const entry = { name: 'web', version: '1.0.0', urls: ['web.tgz'], digest: sha256(tgz) };
  await client.fetchChart(access({ url: `${server.url}/a` }), entry, NEVER);
  for (const other of [{ url: `${server.url}/b` }, { url: `${server.url}/a`, username: 'x' }]) {
    const error = await rejection(client.fetchChart(access(other), { ...entry, urls: ['b.tgz'] }, NEVER));
    assert.match(error.message, /404/);
  }
});

test('refuses charts that are too long, and archives that helm should not open, and writes nothing', async () => {
  client = createChartRepositoryClient({ cacheDir, userAgent: 't', limits: LIMITED });
  const remote = '{"$ref":"http://127.0.0.1:1/"}';
  const nested = await packChart('sub', '1.0.0', [{ name: 'sub/values.schema.json', text: remote }]);
  const web = async (...more: readonly Member[]): Promise<Buffer> => await packChart('web', '1.0.0', more);
  const bad: readonly (readonly [why: RegExp, tgz: Buffer])[] = [
    [/more than 100000 bytes/, Buffer.alloc(100_001)],
    [/not a readable \.tgz/, Buffer.from('<html>')],
    [/not a readable \.tgz/, (await web()).subarray(0, 100)],
    [/not a readable \.tgz/, gzipSync('not a tar')],
    [/Chart\.yaml is missing/, await packTgz([])],
    [/leads out/, await web({ name: 'web/../../x', text: 'x' })],
    [/symlink/, await web({ name: 'web/x', type: 'symlink', linkname: '/etc/passwd' })],
    [/leaves the file/, await web({ name: 'web/values.schema.json', text: remote })],
    [/sub-1\.0\.0\.tgz: .*leaves the file/, await web({ name: 'web/charts/sub-1.0.0.tgz', text: nested })],
  ];
  for (const [why, tgz] of bad) {
    server.serve('/web.tgz', tgz);
    const entry = { name: 'web', version: '1.0.0', urls: ['web.tgz'] };
    const error = await rejection(client.fetchChart(access(), entry, NEVER));
    assert.equal(error.reason, 'ChartPullError');
    assert.match(error.message, why);
  }
  assert.deepEqual(await leftovers(), []);
});

test('takes a chart as it lies on the server when that calls it gzip encoded', async () => {
  const tgz = await packChart('web', '1.0.0');
  server.serve('/web.tgz', tgz, { 'content-encoding': 'gzip' });
  const chart = await client.fetchChart(
    access(),
    { name: 'web', version: '1.0.0', urls: ['web.tgz'] },
    NEVER,
  );
  assert.equal(chart.digest, `sha256:${sha256(tgz)}`);
});

test('makes room on disk by removing charts that were not used for a while', async () => {
  const limits = { maxChartCacheBytes: 1, chartGraceMs: 60_000 };
  client = createChartRepositoryClient({ cacheDir, userAgent: 't', limits });
  const paths: string[] = [];
  for (const version of ['1.0.0', '1.0.1', '1.0.2']) {
    server.serve(`/${version}.tgz`, await packChart('web', version));
    const entry = { name: 'web', version, urls: [`${version}.tgz`] };
    paths.push((await client.fetchChart(access(), entry, NEVER)).path);
    const old = new Date(Date.now() - 120_000);
    if (version === '1.0.0') await utimes(paths[0]!, old, old);
  }
  const there = await Promise.all(
    paths.map(async (path) => (await stat(path).catch(() => undefined)) !== undefined),
  );
  assert.deepEqual(there, [false, true, true]);
});

test('takes an index over that shares a beginning with the one before, whichever is longer', async () => {
  const long = `${indexOf([{ name: 'web', version: '1.0.0' }])}${'# filler\n'.repeat(50_000)}`;
  const changes = ['', 'note: x\n', `${'# filler\n'.repeat(9)}note: y\n`, '# f'];
  const texts = [
    long,
    ...changes.map((tail) => long + tail),
    long.slice(0, 300_000),
    long,
    `# head\n${long}`,
    long.slice(0, 200),
  ];
  for (const chunked of [false, true]) {
    for (const text of texts) {
      server.on('/index.yaml', (_request, response) => {
        if (!chunked) response.setHeader('content-length', Buffer.byteLength(text));
        response.end(text);
      });
      const index = await client.fetchIndex(access(), NEVER);
      assert.equal(index.digest, `sha256:${sha256(Buffer.from(text))}`);
      assert.equal(index.sizeBytes, text.length);
      assert.equal(index.entries('web').length, 1);
    }
  }
});
