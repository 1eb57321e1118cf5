import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AdmissionRequest } from '../../../src/core/admission/admission-request.ts';
import { decode } from '../../../src/core/admission/decode.ts';
import {
  concernsReleases,
  requiredNeeds,
  sourcesBehindEdit,
} from '../../../src/core/admission/required-facts.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { helmRelease, helmRepository, policySet, subjectOf } from '../policy/policy-fixture.ts';
import { requestOf, review } from './review-fixture.ts';

const object = helmRelease();
const WHOLE: AdmissionRequest = {
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  kind: { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' },
  resource: { group: 'helm.toolkit.fluxcd.io', version: 'v2', resource: 'helmreleases' },
  operation: 'CREATE',
  namespace: 'team',
  name: 'flagger',
  user: { username: 'author', uid: '1', groups: ['system:authenticated'] },
  dryRun: false,
  object,
  options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
};
const { options: _options, ...WITHOUT_OPTIONS } = WHOLE;
const { uid: _uid, ...NAMELESS_USER } = WHOLE.user;

const FIELDS: readonly (readonly [what: string, change: JsonObject, request: AdmissionRequest])[] = [
  ['as it is', {}, WHOLE],
  ['without options', { options: null }, WITHOUT_OPTIONS],
  ['without namespace and name', { namespace: null, name: null }, { ...WHOLE, namespace: '', name: '' }],
  ['on a dry run', { dryRun: true }, { ...WHOLE, dryRun: true }],
  ['with a dry run that is no truth value', { dryRun: 'true' }, WHOLE],
  ['of the object itself', { subResource: '' }, WHOLE],
  ['of a subresource', { subResource: 'status' }, { ...WHOLE, subResource: 'status' }],
  [
    'of an update',
    { operation: 'UPDATE', oldObject: object },
    { ...WHOLE, operation: 'UPDATE', oldObject: object },
  ],
  ['by a user without a name', { userInfo: {} }, { ...WHOLE, user: { username: '', groups: [] } }],
  [
    'by a user without a uid',
    { userInfo: { username: 'author', groups: ['system:authenticated'] } },
    { ...WHOLE, user: NAMELESS_USER },
  ],
];

const REFUSED: readonly (readonly [change: JsonObject, message: RegExp])[] = [
  [{ operation: 'PATCH' }, /^request\.operation is not CREATE, UPDATE, DELETE or CONNECT$/],
  [{ object: null }, /^request\.object is null on CREATE$/],
  [{ operation: 'UPDATE', oldObject: null }, /^request\.oldObject is null on UPDATE$/],
  [{ uid: '' }, /^request\.uid is empty$/],
  [{ uid: 5 }, /^request\.uid is not a text$/],
  [{ name: [] }, /^request\.name is not a text$/],
  [{ userInfo: { groups: 'a' } }, /groups is not a list of texts$/],
  [{ userInfo: null }, /userInfo is missing$/],
];

describe('the fields of a review', () => {
  for (const [what, change, request] of FIELDS) {
    it(`are read exactly from one ${what}`, () => {
      assert.deepEqual(requestOf(object, null, change), request);
    });
  }

  for (const [change, message] of REFUSED) {
    it(`are refused by name: ${message.source}`, () => {
      const decoded = decode(review(object, null, change));
      assert.ok(!decoded.ok);
      assert.equal(decoded.error.code, 'InvalidRequest');
      assert.match(decoded.error.message, message);
    });
  }
});

describe('what must be gathered for an object', () => {
  const unique = policySet([{ id: 'u', uniqueRelease: {} }]);
  const sources = policySet([{ id: 's', allowedSources: [{ url: 'https://flagger.app' }] }]);
  const plain = policySet([{ id: 'b', bounds: { 'spec.interval': { min: '1m' } } }]);

  it('is what the rules for its kind need', () => {
    assert.deepEqual([...requiredNeeds(unique, subjectOf(object))], ['releases']);
    assert.deepEqual([...requiredNeeds(plain, subjectOf(object))], []);
    assert.deepEqual([...requiredNeeds(unique, { ...subjectOf(object), kind: 'Unknown' })], []);
  });

  it('are the releases of a source that is made, or whose spec changes, while a rule follows sources', () => {
    const before = helmRepository('https://a.example');
    const after = helmRepository('https://b.example');
    const touched = { ...before, metadata: { ...(before['metadata'] as JsonObject), labels: { a: 'b' } } };
    assert.equal(concernsReleases(sources, subjectOf(after, before)), true);
    assert.equal(concernsReleases(sources, subjectOf(after)), true);
    assert.equal(concernsReleases(sources, subjectOf(touched, before)), false);
    assert.equal(concernsReleases(plain, subjectOf(after, before)), false);
    assert.equal(concernsReleases(sources, subjectOf(object)), false);
    assert.equal(concernsReleases(sources, { ...subjectOf(after, before), operation: 'DELETE' }), false);
  });

  it('are, for a HelmChart, the sources that it referred to and will refer to', () => {
    const chartOf = (name: string | undefined): JsonObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      metadata: { name: 'c', namespace: 'team' },
      spec: name === undefined ? {} : { sourceRef: { kind: 'HelmRepository', name } },
    });
    const source = (name: string) => ({ kind: 'HelmRepository', namespace: 'team', name });
    assert.deepEqual(sourcesBehindEdit(subjectOf(chartOf('b'), chartOf('a'))), [source('b'), source('a')]);
    assert.deepEqual(sourcesBehindEdit(subjectOf(chartOf('b'))), [source('b')]);
    assert.deepEqual(sourcesBehindEdit(subjectOf(chartOf(undefined), chartOf('a'))), [source('a')]);
    assert.deepEqual(sourcesBehindEdit(subjectOf(helmRepository('https://a.example'))), []);
  });
});
