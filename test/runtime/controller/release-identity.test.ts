import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HelmRelease } from '../../../src/core/api/helm-release.ts';
import { releaseIdentity } from '../../../src/runtime/controller/release-identity.ts';

function releaseOf(
  serviceAccountName: string | undefined,
  namespace: string | undefined = 'team',
): HelmRelease {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'app', ...(namespace === undefined ? {} : { namespace }) },
    spec: { interval: '1m', ...(serviceAccountName === undefined ? {} : { serviceAccountName }) },
  };
}

test('acts as Helmgate itself only when no service account is named at all', () => {
  assert.deepEqual(releaseIdentity(releaseOf(undefined)), { kind: 'own' });
});

test("impersonates the named service account of the HelmRelease's own namespace", () => {
  for (const name of ['deployer', 'a', 'a.b-c', 'x'.repeat(253)]) {
    assert.deepEqual(releaseIdentity(releaseOf(name)), {
      kind: 'impersonated',
      user: `system:serviceaccount:team:${name}`,
    });
  }
});

test('refuses every text that cannot name a service account, above all an empty one', () => {
  const hostile = [
    '',
    ' ',
    '.',
    '-a',
    'a-',
    'A',
    'a:b',
    'a/b',
    'a\r\nimpersonate-group: system:masters',
    'é',
  ];
  for (const name of [...hostile, 'x'.repeat(254)]) {
    assert.equal(releaseIdentity(releaseOf(name)).kind, 'refused', JSON.stringify(name));
  }
  assert.equal(releaseIdentity(releaseOf('deployer', '')).kind, 'refused');
});
