import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf, segmentsOf } from '../../../src/io/apigate/api-route.ts';

const core = { group: '', version: 'v1' };
const table: readonly (readonly [string, ReturnType<typeof routeOf>])[] = [
  ['version', { kind: 'discovery' }],
  ['api', { kind: 'discovery' }],
  ['api/v1', { kind: 'discovery' }],
  ['apis', { kind: 'discovery' }],
  ['apis/apps', { kind: 'discovery' }],
  ['apis/apps/v1', { kind: 'discovery' }],
  ['openapi/v3/apis/apps/v1', { kind: 'discovery' }],
  ['version/x', undefined],
  ['api/v1/pods', { kind: 'resource', resource: { ...core, plural: 'pods' } }],
  ['api/v1/namespaces', { kind: 'resource', resource: { ...core, plural: 'namespaces' } }],
  ['api/v1/namespaces/a', { kind: 'resource', resource: { ...core, plural: 'namespaces', name: 'a' } }],
  [
    'api/v1/namespaces/a/finalize',
    { kind: 'resource', resource: { ...core, plural: 'namespaces', name: 'a', subresource: 'finalize' } },
  ],
  [
    'api/v1/namespaces/a/secrets',
    { kind: 'resource', resource: { ...core, namespace: 'a', plural: 'secrets' } },
  ],
  [
    'api/v1/namespaces/a/pods/p/log',
    {
      kind: 'resource',
      resource: { ...core, namespace: 'a', plural: 'pods', name: 'p', subresource: 'log' },
    },
  ],
  [
    'apis/apps/v1/namespaces/a/deployments/d',
    {
      kind: 'resource',
      resource: { group: 'apps', version: 'v1', namespace: 'a', plural: 'deployments', name: 'd' },
    },
  ],
  [
    'apis/x.io/v1/namespaces/a/status',
    { kind: 'resource', resource: { group: 'x.io', version: 'v1', namespace: 'a', plural: 'status' } },
  ],
  ['api/v1/namespaces/a/services/s/proxy/secret', undefined],
];
for (const [path, expected] of table) {
  test(`routes ${path}`, () => {
    const route = routeOf(path.split('/'));
    assert.deepEqual(route, expected);
    if (route?.kind === 'resource') assert.equal(segmentsOf(route.resource).join('/'), path);
  });
}
