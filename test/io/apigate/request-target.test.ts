import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPath, parseTarget } from '../../../src/io/apigate/request-target.ts';

test('splits token, path and query', () => {
  const target = parseTarget('/tok/api/v1/namespaces/a/secrets/x?labelSelector=owner%3Dhelm&limit=5');
  assert.equal(target?.token, 'tok');
  assert.deepEqual(target?.segments, ['api', 'v1', 'namespaces', 'a', 'secrets', 'x']);
  assert.equal(target?.query.get('labelSelector'), 'owner=helm');
});

const refused: readonly string[] = [
  '',
  '*',
  '/',
  '/tok',
  '/tok/',
  'http://127.0.0.1/tok/api/v1',
  '//tok/api/v1',
  '/tok//api/v1',
  '/tok/api/v1/',
  '/tok/api/../apis',
  '/tok/api/%2e%2e/apis',
  '/tok/api/.%2E/apis',
  '/tok/api/./v1',
  '/tok/api/v1%2Fsecrets',
  '/tok/api/v1%2fsecrets',
  '/tok/api/v1%5csecrets',
  '/tok/api/v1\\secrets',
  '/tok/api/v1%252Fsecrets',
  '/tok/api/v1%00',
  '/tok/api/v1%0d%0aX: y',
  '/tok/api/v1 HTTP/1.1',
  '/tok/api/v1#x',
  '/tok/api/v1/%',
  '/tok/api/v1/%zz',
  '/tok/api/v1/%ff',
  '/tok/api/v1/é',
  '/tok/metrics',
  '/tok/logs/x',
  '/tok/API/v1',
  `/tok/api/${'a/'.repeat(10)}b`,
  `/tok/api/v1?x=${'y'.repeat(8_192)}`,
];
for (const target of refused) {
  test(`refuses ${JSON.stringify(target.slice(0, 60))}`, () => assert.equal(parseTarget(target), undefined));
}

test('forwards exactly the segments that were checked, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (text) => {
      const target = parseTarget(`/tok/api/${text}`);
      if (target === undefined) return;
      const path = formatPath(target.segments);
      const again = new URL(`http://server${path}`);
      assert.equal(again.pathname, path, 'a URL parser sees another path');
      assert.deepEqual(path.slice(1).split('/').map(decodeURIComponent), target.segments);
      assert.ok(
        target.segments.every((segment) => !['', '.', '..'].includes(segment) && !/[/\\]/.test(segment)),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('keeps the colons of RBAC names', () => {
  const target = parseTarget('/tok/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node');
  assert.equal(
    formatPath(target?.segments ?? []),
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
  );
});
