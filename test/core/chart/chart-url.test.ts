import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  displayUrl,
  indexUrl,
  isDowngrade,
  readRepositoryUrl,
  resolveChartUrl,
} from '../../../src/core/chart/chart-url.ts';

const RESOLVED: readonly (readonly [repository: string, reference: string, url: string])[] = [
  ['http://a.example/charts', 'web-1.tgz', 'http://a.example/charts/web-1.tgz'],
  ['http://a.example/charts/', 'web-1.tgz', 'http://a.example/charts/web-1.tgz'],
  ['http://a.example/charts//', 'sub/web-1.tgz', 'http://a.example/charts/sub/web-1.tgz'],
  ['http://a.example', 'web-1.tgz', 'http://a.example/web-1.tgz'],
  ['http://a.example/charts', '/web-1.tgz', 'http://a.example/web-1.tgz'],
  ['http://a.example/charts', '../web-1.tgz', 'http://a.example/web-1.tgz'],
  ['http://a.example/charts?t=1', 'web-1.tgz', 'http://a.example/charts/web-1.tgz?t=1'],
  ['http://a.example/charts?t=1', 'web-1.tgz?u=2', 'http://a.example/charts/web-1.tgz?t=1'],
  ['http://a.example/charts', 'web-1.tgz?u=2', 'http://a.example/charts/web-1.tgz'],
  ['http://a.example/charts?t=1', 'https://b.example/web-1.tgz?u=2', 'https://b.example/web-1.tgz?u=2'],
  ['http://a.example/charts', '//b.example/web-1.tgz', 'http://b.example/web-1.tgz'],
  ['http://a.example/c%20d', 'web+1.tgz', 'http://a.example/c%20d/web+1.tgz'],
];
for (const [repository, reference, url] of RESOLVED) {
  test(`resolves ${reference} in ${repository} as helm does`, () => {
    const read = resolveChartUrl(new URL(repository), reference);
    assert.equal(read.ok && read.url.href, url);
  });
}

test('puts index.yaml under the path and keeps the query', () => {
  for (const [repository, url] of [
    ['http://a.example', 'http://a.example/index.yaml'],
    ['http://a.example/charts/', 'http://a.example/charts/index.yaml'],
    ['http://a.example/charts?t=1', 'http://a.example/charts/index.yaml?t=1'],
  ] as const) {
    assert.equal(indexUrl(new URL(repository)).href, url);
  }
});

test('refuses URLs that are relative, of another scheme, or carry credentials', () => {
  for (const text of [
    'charts',
    '',
    'oci://a.example/x',
    'file:///etc/passwd',
    'http://u:p@a.example/',
    'http://',
    'ftp://a.example/',
  ]) {
    assert.equal(readRepositoryUrl(text).ok, false, text);
  }
  for (const reference of [
    'file:///etc/passwd',
    'oci://a.example/x',
    'http://u:p@b.example/x.tgz',
    '//u:p@b.example/x',
    'javascript:1',
  ]) {
    assert.equal(resolveChartUrl(new URL('http://a.example/'), reference).ok, false, reference);
  }
});

test('shows a URL without its query', () => {
  assert.equal(displayUrl(new URL('https://a.example/x?token=secret')), 'https://a.example/x?...');
});

test('calls only the way from https to http a downgrade', () => {
  const [plain, tls] = [new URL('http://a.example'), new URL('https://a.example')];
  assert.deepEqual(
    [isDowngrade(tls, plain), isDowngrade(plain, tls), isDowngrade(tls, tls), isDowngrade(plain, plain)],
    [true, false, false, false],
  );
});

test('says why a URL is refused, and who is to act on credentials', () => {
  const why = (text: string) => {
    const read = readRepositoryUrl(text);
    return read.ok ? '' : read.message;
  };
  assert.equal(why('charts'), 'not an absolute URL');
  assert.equal(why('mailto:a@b.example'), 'not an absolute URL');
  assert.equal(why('oci://a.example/x'), 'scheme "oci" is not http or https');
  for (const credentials of ['u:p', 'u', ':p'])
    assert.match(why(`https://${credentials}@a.example/`), /^credentials .* Secret of secretRef$/);
  const malformed = resolveChartUrl(new URL('http://a.example/'), '//a b');
  assert.deepEqual(malformed, { ok: false, message: 'not a URL' });
});

test('drops the fragment, which no server is sent', () => {
  const read = readRepositoryUrl('https://a.example/x?q=1#part');
  assert.equal(read.ok && read.url.href, 'https://a.example/x?q=1');
});

test('takes for an absolute reference what begins with a scheme, and nothing else', () => {
  const resolve = (reference: string) => {
    const read = resolveChartUrl(new URL('http://a.example/charts'), reference);
    return read.ok ? read.url.href : read.message;
  };
  assert.equal(resolve('HTTP://b.example/x'), 'http://b.example/x');
  assert.equal(resolve('a+b.c-1://x'), 'scheme "a+b.c-1" is not http or https');
  assert.equal(resolve('x/oci://y'), 'http://a.example/charts/x/oci://y');
  assert.equal(resolve('1a:b'), 'http://a.example/charts/1a:b');
});

test('leaves the repository URL as it was', () => {
  const repository = new URL('http://a.example/charts//?t=1');
  indexUrl(repository);
  resolveChartUrl(repository, 'web.tgz');
  assert.equal(repository.href, 'http://a.example/charts//?t=1');
});

test('shows a URL that has no query as it is', () => {
  assert.equal(displayUrl(new URL('https://a.example:8443/x/y')), 'https://a.example:8443/x/y');
});
