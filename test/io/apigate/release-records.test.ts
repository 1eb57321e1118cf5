import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf } from '../../../src/io/apigate/api-route.ts';
import {
  inStorageNamespace,
  type RecordRequest,
  recordRequestOf,
} from '../../../src/io/apigate/release-records.ts';

const options = {
  releaseName: 'web',
  releaseNamespace: 'apps',
  storageNamespace: 'store',
  fieldManager: 'owner',
  onStorageWrite: () => {},
};
const own = 'sh.helm.release.v1.web.v3';
const foreign = 'sh.helm.release.v1.other.v3';

const table: readonly (readonly [string, string, RecordRequest])[] = [
  ['GET', `apps/secrets/${own}`, 'readOne'],
  ['GET', `apps/secrets/${foreign}`, 'readOne'],
  ['GET', `elsewhere/secrets/${own}`, 'none'],
  ['PUT', `apps/secrets/${own}`, 'update'],
  ['PUT', `store/secrets/${own}`, 'update'],
  ['DELETE', `apps/secrets/${own}`, 'delete'],
  ['PUT', `apps/secrets/${foreign}`, 'forbidden'],
  ['DELETE', `apps/secrets/${foreign}`, 'forbidden'],
  ['PATCH', `apps/secrets/${own}`, 'forbidden'],
  ['PATCH', `elsewhere/secrets/${own}`, 'forbidden'],
  ['PUT', `apps/secrets/${own}/status`, 'forbidden'],
  ['POST', 'apps/secrets', 'create'],
  ['POST', 'elsewhere/secrets', 'create'],
  ['GET', 'apps/secrets?labelSelector=name%3Dweb%2Cowner%3Dhelm', 'list'],
  ['GET', 'apps/secrets?labelSelector=owner%3D%3Dhelm', 'list'],
  ['GET', 'apps/secrets?labelSelector=owner%3Dhelmet', 'none'],
  ['GET', 'apps/secrets?labelSelector=owner%21%3Dhelm', 'none'],
  ['GET', 'apps/secrets?labelSelector=owner%3Dhelm&watch=true', 'none'],
  ['GET', 'elsewhere/secrets?labelSelector=owner%3Dhelm', 'none'],
  ['GET', 'apps/secrets', 'none'],
  ['PATCH', 'apps/secrets/mine', 'none'],
  ['PUT', `apps/configmaps/${own}`, 'none'],
];
for (const [method, path, expected] of table) {
  test(`takes ${method} ${path} for ${expected}`, () => {
    const [where = '', query = ''] = path.split('?');
    const route = routeOf(['api', 'v1', 'namespaces', ...where.split('/')]);
    assert.ok(route?.kind === 'resource');
    assert.equal(recordRequestOf(method, route.resource, new URLSearchParams(query), options), expected);
  });
}

test('moves only the release namespace', () => {
  const path = { group: '', version: 'v1', plural: 'secrets' };
  assert.equal(inStorageNamespace({ ...path, namespace: 'apps' }, options).namespace, 'store');
  assert.equal(inStorageNamespace({ ...path, namespace: 'store' }, options).namespace, 'store');
});
