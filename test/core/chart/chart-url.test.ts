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
