import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPrintedVersion, printsVersion } from '../../src/sandbox/printed-version.ts';

const printed: readonly (readonly [name: string, output: string, version: string | undefined])[] = [
  [
    'etcd',
    'etcd Version: 3.7.3\nGit SHA: Not provided\nGo Version: go1.26.8\nGo OS/Arch: linux/amd64',
    'v3.7.3',
  ],
  ['kube-apiserver', 'Kubernetes v1.36.3', 'v1.36.3'],
  ['kubectl', 'Client Version: v1.36.3\nKustomize Version: v5.8.1', 'v1.36.3'],
  ['helm', 'v4.3.1', 'v4.3.1'],
  ['helm with JSON', '{"version":"v4.3.1"}', 'v4.3.1'],
  ['kwok', 'kwok version v0.8.0 go1.26.8 (linux/amd64)', 'v0.8.0'],
  ['a pre-release', 'Kubernetes v1.36.3-rc.1', 'v1.36.3-rc.1'],
  ['a fork', 'Kubernetes v1.36.3+k3s1', 'v1.36.3+k3s1'],
  ['only Go', 'built with go1.26.8', undefined],
  ['two numbers', 'version 1.36', undefined],
  ['nothing', '', undefined],
];

for (const [name, output, version] of printed) {
  test(`finds ${version ?? 'no version'} in what ${name} prints`, () => {
    assert.equal(findPrintedVersion(output), version);
  });
}

test('takes no other patch level, pre-release or fork for the wanted version', () => {
  assert.equal(printsVersion('Kubernetes v1.36.3', 'v1.36.3'), true);
  for (const other of ['v1.36.2', 'v1.36.30', 'v1.36.3-rc.1', 'v1.36.3+k3s1']) {
    assert.equal(printsVersion(`Kubernetes ${other}`, 'v1.36.3'), false, other);
  }
});
