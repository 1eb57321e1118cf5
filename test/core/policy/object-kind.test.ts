import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { builtInKindsNamed, builtInScope, isBuiltInGroup } from '../../../src/core/policy/object-kind.ts';

/** Kinds with a client and their scope, read from the markers in the Go sources of k8s.io/api and its neighbours, v0.36.3. */
const KINDS = readFileSync(new URL('../../fixtures/kubernetes-kinds.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(' ') as [string, 'Cluster' | 'Namespaced']);

describe("Kubernetes' own kinds", () => {
  it('have the scope that their Go types declare', () => {
    assert.ok(KINDS.length > 70);
    for (const [kind, scope] of KINDS) assert.equal(builtInScope(kind), scope, kind);
  });

  it('are known with their group only', () => {
    for (const kind of [
      'Deployment',
      'Deployment.extensions',
      'Secret.apps',
      'ClusterRole',
      'Tenant.acme.example',
      '',
      'constructor',
    ]) {
      assert.equal(builtInScope(kind), undefined, kind);
    }
  });

  it('are found by their name, to propose the group', () => {
    assert.deepEqual(builtInKindsNamed('Deployment'), ['Deployment.apps']);
    assert.deepEqual(builtInKindsNamed('Event'), ['Event.events.k8s.io']);
    assert.deepEqual(builtInKindsNamed('Tenant'), []);
  });

  it('have groups of their own', () => {
    for (const group of ['', 'apps', 'rbac.authorization.k8s.io']) assert.equal(isBuiltInGroup(group), true);
    for (const group of ['acme.example', 'constructor', '__proto__'])
      assert.equal(isBuiltInGroup(group), false);
  });
});
