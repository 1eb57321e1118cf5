import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyHelmError } from '../../../src/io/helm/helm-failure.ts';

/** Texts as helm 3 and 4 print them. */
const table: readonly (readonly [string, ReturnType<typeof classifyHelmError>])[] = [
  ['Error: INSTALLATION FAILED: create: failed to create: refused by Helmgate: no', 'Refused'],
  ['Error: INSTALLATION FAILED: cannot reuse a name that is still in use', 'NameInUse'],
  ['Error: INSTALLATION FAILED: cannot re-use a name that is still in use', 'NameInUse'],
  ['Error: UPGRADE FAILED: "web" has no deployed releases', 'NoDeployedRelease'],
  ['Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress', 'Locked'],
  ['Error: release: not found', 'NotFound'],
  ['Error: uninstall: Release not loaded: web: release: not found', 'NotFound'],
  [
    "Error: INSTALLATION FAILED: values don't meet the specifications of the schema(s) in the following chart(s):",
    'InvalidValues',
  ],
  [
    'Error: INSTALLATION FAILED: unable to continue with install: ConfigMap "x" in namespace "a" exists and cannot be imported into the current release: invalid ownership metadata',
    'OwnedByOther',
  ],
  [
    'rendered manifests contain a resource that already exists. Unable to continue with install: ConfigMap "x" in namespace "a" exists and cannot be imported',
    'OwnedByOther',
  ],
  ['Error: UPGRADE FAILED: rendered manifests contain a resource that already exists.', 'AlreadyExists'],
  [
    'Error: INSTALLATION FAILED: failed pre-install: 1 error occurred: * timed out waiting for the condition',
    'HookFailed',
  ],
  [
    'Error: INSTALLATION FAILED: YAML parse error on tiny/templates/cm.yaml: error converting YAML to JSON',
    'RenderFailed',
  ],
  [
    'Error: INSTALLATION FAILED: execution error at (tiny/templates/cm.yaml:3:4): need a host',
    'RenderFailed',
  ],
  [
    'resource mapping not found for name: "x" namespace: "" from "": no matches for kind "Widget" in version "x.io/v1"\nensure CRDs are installed first',
    'UnknownKind',
  ],
  ['pods "x" is forbidden: exceeded quota: compute, requested: pods=1', 'QuotaExceeded'],
  ['Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.a', 'Conflict'],
  [
    'Operation cannot be fulfilled on secrets "x": the object has been modified; please apply your changes',
    'Conflict',
  ],
  [
    'Error: INSTALLATION FAILED: resource Deployment/rel/m4-d not ready. status: InProgress, message: Replicas: 0/1\ncontext deadline exceeded',
    'Timeout',
  ],
  [
    'Error: Kubernetes cluster unreachable: Get "***/version": dial tcp 127.0.0.1:1: connect: connection refused',
    'Unreachable',
  ],
  [
    'configmaps is forbidden: User "system:serviceaccount:a:b" cannot create resource "configmaps"',
    'Forbidden',
  ],
  ['Deployment.apps "x" is invalid: spec.selector: Required value', 'Invalid'],
  ['cannot patch "x" with kind Service', 'CannotPatch'],
  ['Error: something new', 'Unknown'],
  ['', 'Unknown'],
];
for (const [text, failure] of table) {
  test(`takes "${text.slice(0, 60)}" for ${failure}`, () => assert.equal(classifyHelmError(text), failure));
}
