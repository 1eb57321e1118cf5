import assert from 'node:assert/strict';
import type { AdmissionRequest } from '../../../src/core/admission/admission-request.ts';
import { decode } from '../../../src/core/admission/decode.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

/** An AdmissionReview as the API server sends it: an update when the old object is given. */
export function review(
  object: JsonObject | null,
  oldObject: JsonObject | null = null,
  more: JsonObject = {},
): JsonObject {
  const any = object ?? oldObject ?? {};
  const [group = '', version = ''] = String(any['apiVersion'] as string).split('/');
  const metadata = any['metadata'] as JsonObject;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group, version, kind: any['kind'] },
      resource: { group, version, resource: 'helmreleases' },
      operation: oldObject === null ? 'CREATE' : 'UPDATE',
      namespace: metadata['namespace'],
      name: metadata['name'],
      userInfo: { username: 'author', uid: '1', groups: ['system:authenticated'], extra: { x: ['y'] } },
      object,
      oldObject,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
      ...more,
    },
  };
}

export function requestOf(...parts: Parameters<typeof review>): AdmissionRequest {
  const decoded = decode(review(...parts));
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.error.message);
  return decoded.request;
}
