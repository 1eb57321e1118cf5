import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { clusterOf, describeRelease } from '../../../src/core/policy/release-fact.ts';
import { helmRelease } from './policy-fixture.ts';

const describeObject = (object: JsonObject, name = 'flagger') =>
  describeRelease({ namespace: 'team', name, object });

describe('what rules see of another release', () => {
  it('is its place, what it depends on, its age and whether it is suspended', () => {
    const object = helmRelease(
      {
        targetNamespace: 'prod',
        storageNamespace: 'records',
        suspend: true,
        dependsOn: [{ name: 'a' }, { name: 'b', namespace: 'infra' }, { name: 'c', namespace: '' }],
      },
      { uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' },
    );
    assert.deepEqual(describeObject(object), {
      namespace: 'team',
      name: 'flagger',
      uid: 'u1',
      storageNamespace: 'records',
      releaseName: 'prod-flagger',
      cluster: '',
      dependsOn: [
        { namespace: 'team', name: 'a' },
        { namespace: 'infra', name: 'b' },
        { namespace: 'team', name: 'c' },
      ],
      created: '2026-01-01T00:00:00Z',
      suspended: true,
    });
  });

  it('is what can be read of an object of any shape', () => {
    const bare = {
      namespace: 'team',
      name: 'flagger',
      storageNamespace: 'team',
      releaseName: 'flagger',
      cluster: '',
      dependsOn: [],
    };
    for (const spec of [
      undefined,
      null,
      5,
      [],
      { dependsOn: {}, kubeConfig: 'x', suspend: 'true', releaseName: 7, targetNamespace: null },
    ]) {
      assert.deepEqual(
        describeObject({ metadata: { creationTimestamp: null, uid: 5 }, spec } as JsonObject),
        bare,
      );
    }
    assert.deepEqual(
      describeObject(helmRelease({ dependsOn: [null, 'a', {}, { name: '' }, { name: 'b' }] })).dependsOn,
      [{ namespace: 'team', name: 'b' }],
    );
  });

  it('has the name that the object has been given, where the request has none', () => {
    assert.equal(describeObject(helmRelease({}, { name: 'app-x7k2p' }), '').releaseName, 'app-x7k2p');
    assert.equal(describeObject(helmRelease({}, { name: 'another' }), 'flagger').releaseName, 'flagger');
    const unnamed = { metadata: { generateName: 'app-' }, spec: {} };
    assert.equal(describeObject(unnamed, '').releaseName, '');
    assert.equal(describeObject({ ...unnamed, spec: { targetNamespace: 'prod' } }, '').releaseName, '');
    assert.equal(describeObject({ ...unnamed, spec: { releaseName: 'x' } }, '').releaseName, 'x');
  });
});

describe('the text of a cluster', () => {
  const table: readonly (readonly [kubeConfig: Json | undefined, text: string])[] = [
    [undefined, ''],
    [null, ''],
    ['x', ''],
    [{}, ''],
    [{ secretRef: { name: 'east' } }, 'Secret team/east (value)'],
    [{ secretRef: { name: 'east', key: '' } }, 'Secret team/east (value)'],
    [{ secretRef: { name: 'east', key: 'value' } }, 'Secret team/east (value)'],
    [{ secretRef: { name: 'east', key: 'value.yaml' } }, 'Secret team/east (value.yaml)'],
    [{ configMapRef: { name: 'east' } }, 'ConfigMap team/east'],
    [
      { secretRef: { name: 'a' }, configMapRef: { name: 'b' } },
      'kubeConfig {"configMapRef":{"name":"b"},"secretRef":{"name":"a"}}',
    ],
    [{ secretRef: { name: 5 } }, 'kubeConfig {"secretRef":{"name":5}}'],
    [{ secretRef: {} }, 'kubeConfig {"secretRef":{}}'],
  ];
  for (const [kubeConfig, text] of table) {
    it(`is "${text}" for ${JSON.stringify(kubeConfig) ?? 'an absent kubeConfig'}`, () => {
      assert.equal(clusterOf('team', kubeConfig), text);
    });
  }

  it('is bounded, whatever stands in the reference', () => {
    assert.equal(clusterOf('team', { secretRef: { name: 'x'.repeat(5000) } }).length, 1024);
    assert.equal(clusterOf('team', { x: 'y'.repeat(5000) }).length, 1024);
  });
});
