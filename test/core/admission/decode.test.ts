import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decode } from '../../../src/core/admission/decode.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { helmRelease } from '../policy/policy-fixture.ts';
import { requestOf, review } from './review-fixture.ts';

const good = review(helmRelease());
const request = (change: JsonObject): JsonObject => ({
  ...good,
  request: { ...(good['request'] as JsonObject), ...change },
});

describe('decoding a review', () => {
  it('gives the request with what judging needs', () => {
    const { uid, operation, user, kind, oldObject, subResource } = requestOf(helmRelease());
    assert.equal(uid, '705ab4f5-6393-11e8-b7cc-42010a800002');
    assert.equal(operation, 'CREATE');
    assert.deepEqual(user, { username: 'author', uid: '1', groups: ['system:authenticated'] });
    assert.deepEqual(kind, { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' });
    assert.deepEqual([oldObject, subResource], [undefined, undefined]);
  });

  const refused: readonly (readonly [string, Json, string])[] = [
    ['null', null, 'NotAReview'],
    ['a list', [], 'NotAReview'],
    ['another kind', { ...good, kind: 'TokenReview' }, 'NotAReview'],
    ['v1beta1', { ...good, apiVersion: 'admission.k8s.io/v1beta1' }, 'UnsupportedVersion'],
    ['no apiVersion', { ...good, apiVersion: null }, 'UnsupportedVersion'],
    ['no request', { ...good, request: null }, 'InvalidRequest'],
    ['CREATE without an object', request({ object: null }), 'InvalidRequest'],
    ['UPDATE without an old object', request({ operation: 'UPDATE' }), 'InvalidRequest'],
    [
      'UPDATE without an object',
      request({ operation: 'UPDATE', object: null, oldObject: {} }),
      'InvalidRequest',
    ],
    ['an unknown operation', request({ operation: 'PATCH' }), 'InvalidRequest'],
    ['an empty uid', request({ uid: '' }), 'InvalidRequest'],
    ['a uid that is a number', request({ uid: 5 }), 'InvalidRequest'],
    ['an object that is a list', request({ object: [] }), 'InvalidRequest'],
    ['no user', request({ userInfo: null }), 'InvalidRequest'],
    [
      'groups that are a text',
      request({ userInfo: { username: 'a', groups: 'system:masters' } }),
      'InvalidRequest',
    ],
    ['a group that is a number', request({ userInfo: { username: 'a', groups: [1] } }), 'InvalidRequest'],
    ['no kind', request({ kind: null }), 'InvalidRequest'],
  ];
  for (const [name, body, code] of refused) {
    it(`refuses ${name} as ${code}`, () => {
      const decoded = decode(body);
      assert.equal(decoded.ok ? 'accepted' : decoded.error.code, code);
      if (!decoded.ok) assert.doesNotMatch(decoded.error.message, /[\n\r]/);
    });
  }

  it('names the version to register when it refuses v1beta1', () => {
    const decoded = decode({ ...good, apiVersion: 'admission.k8s.io/v1beta1' });
    assert.match(decoded.ok ? '' : decoded.error.message, /set admissionReviewVersions to \[v1\]/);
    assert.equal(decoded.ok ? '' : decoded.error.uid, '705ab4f5-6393-11e8-b7cc-42010a800002');
  });

  it('accepts DELETE with no object, and keeps dryRun and the subresource', () => {
    const deleted = requestOf(null, helmRelease(), {
      operation: 'DELETE',
      dryRun: true,
      subResource: 'status',
    });
    assert.deepEqual([deleted.object, deleted.dryRun, deleted.subResource], [undefined, true, 'status']);
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, inner) => {
        decode(body as Json);
        decode({ ...good, request: inner as Json });
      }),
    );
  });
});
