import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasStatus, KubeError, kubeErrorOf, unreachable } from '../../../src/io/kube/kube-error.ts';
import { statusBody } from './fake-api-server.ts';

test('takes reason and message from a Status, and the wait from Retry-After', () => {
  const error = kubeErrorOf(409, JSON.stringify(statusBody(409, 'AlreadyExists', 'it is there')), '3');
  const { status, reason, message, retryAfterMs } = error;
  assert.deepEqual(
    { status, reason, message, retryAfterMs },
    { status: 409, reason: 'AlreadyExists', message: 'it is there', retryAfterMs: 3_000 },
  );
});

for (const [status, body, retryAfter, expected] of [
  [503, '<html>proxy</html>', undefined, ['ServiceUnavailable', 'HTTP 503: <html>proxy</html>']],
  [418, '', undefined, ['Unknown', 'HTTP 418']],
  [
    409,
    '{"kind":"Pod","message":"not a status"}',
    undefined,
    ['Conflict', 'HTTP 409: {"kind":"Pod","message":"not a status"}'],
  ],
  [422, '{"kind":"Status"', undefined, ['Invalid', 'HTTP 422: {"kind":"Status"']],
  [429, '', 'Wed, 21 Oct 2026 07:28:00 GMT', ['TooManyRequests', 'HTTP 429']],
] as const) {
  test(`reads an HTTP ${status} with the body ${JSON.stringify(body)}`, () => {
    const error = kubeErrorOf(status, body, retryAfter);
    assert.deepEqual([error.reason, error.message], expected);
    assert.equal(error.retryAfterMs, undefined);
  });
}

test('keeps control characters and endless texts out of messages', () => {
  const hostile = kubeErrorOf(
    400,
    JSON.stringify(statusBody(400, 'BadRequest', 'a\u001b[31m\nb\u202ec')),
    undefined,
  );
  assert.equal(hostile.message, 'a [31m b c');
  assert.equal(kubeErrorOf(400, 'x'.repeat(100_000), undefined).message.length, 4_097);
});

test('tells a refused connection from an answer', () => {
  const error = unreachable(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }), 'GET /api');
  assert.equal(error.message, 'GET /api: ECONNREFUSED connect failed');
  assert.ok(hasStatus(error, 0));
  assert.ok(!hasStatus(new KubeError({ status: 404, reason: 'NotFound', message: '' }), 409));
  assert.ok(!hasStatus(new Error('404'), 404));
});
