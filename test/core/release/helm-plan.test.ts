import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmReleaseSpec } from '../../../src/core/api/helm-release.ts';
import type { HelmAction } from '../../../src/core/release/helm-action.ts';
import { helmActionOf } from '../../../src/core/release/helm-plan.ts';
import type { ActionPlan } from '../../../src/core/release/plan.ts';
import { snapshotOf } from '../../../src/core/release/snapshot.ts';
import { recordOf } from './fake-helm.ts';
import { worldOf } from './simulator.ts';

const to = snapshotOf(recordOf(4, 'superseded'), { configDigest: '', now: '2026-01-01T00:00:00Z' });
const plans = {
  install: { verb: 'Install' },
  upgrade: { verb: 'Upgrade', clearHistory: false },
  rollback: { verb: 'Rollback', to },
  uninstall: { verb: 'Uninstall', purpose: 'remediation' },
} as const satisfies Record<string, ActionPlan>;

const target = { releaseName: 'app', releaseNamespace: 'ns', chartPath: '/c.tgz', values: { a: 1 } };
const base = {
  releaseName: 'app',
  releaseNamespace: 'ns',
  timeoutMs: 300_000,
  wait: 'watcher',
  waitForJobs: true,
  disableHooks: false,
};
const chart = { chartPath: '/c.tgz', values: { a: 1 } };

function actionOf(verb: keyof typeof plans, spec: Partial<HelmReleaseSpec> = {}): HelmAction {
  return helmActionOf(plans[verb], worldOf(spec).release, target);
}

describe('the run of helm for a plan', () => {
  it('has the defaults of the controller where the spec says nothing', () => {
    assert.deepEqual(actionOf('install'), {
      verb: 'install',
      ...base,
      ...chart,
      createNamespace: false,
      replace: false,
      takeOwnership: true,
      skipCrds: false,
      disableOpenApiValidation: true,
      disableSchemaValidation: false,
      serverSide: true,
    });
    assert.deepEqual(actionOf('upgrade'), {
      verb: 'upgrade',
      ...base,
      ...chart,
      reuseValues: false,
      force: false,
      cleanupOnFail: false,
      takeOwnership: true,
      skipCrds: true,
      maxHistory: 5,
      disableOpenApiValidation: true,
      disableSchemaValidation: false,
      serverSide: 'auto',
    });
    assert.deepEqual(actionOf('rollback'), {
      verb: 'rollback',
      ...base,
      revision: 4,
      force: false,
      cleanupOnFail: false,
      maxHistory: 5,
      serverSide: 'auto',
    });
    assert.deepEqual(actionOf('uninstall'), {
      verb: 'uninstall',
      ...base,
      waitForJobs: false,
      keepHistory: false,
      cascade: 'background',
    });
  });

  const rows: readonly (readonly [
    keyof typeof plans,
    Partial<HelmReleaseSpec>,
    Partial<Record<string, unknown>>,
  ])[] = [
    ['install', { timeout: '1m' }, { timeoutMs: 60_000 }],
    ['install', { timeout: '1m', install: { timeout: '2s' } }, { timeoutMs: 2000 }],
    ['upgrade', { timeout: '1m', install: { timeout: '2s' } }, { timeoutMs: 60_000 }],
    ['rollback', { rollback: { timeout: '3s' } }, { timeoutMs: 3000 }],
    ['uninstall', { uninstall: { timeout: '4s' } }, { timeoutMs: 4000 }],
    ['install', { install: { disableWait: true } }, { wait: 'hookOnly', waitForJobs: false }],
    ['install', { waitStrategy: { name: 'legacy' } }, { wait: 'legacy' }],
    [
      'upgrade',
      { upgrade: { disableWaitForJobs: true, disableHooks: true } },
      { waitForJobs: false, disableHooks: true },
    ],
    ['install', { install: { createNamespace: true } }, { createNamespace: false }],
    ['install', { targetNamespace: 'x', install: { createNamespace: true } }, { createNamespace: true }],
    [
      'install',
      { install: { crds: 'Skip', replace: true, serverSideApply: false } },
      { skipCrds: true, replace: true, serverSide: false },
    ],
    [
      'install',
      {
        install: {
          disableTakeOwnership: true,
          disableOpenAPIValidation: false,
          disableSchemaValidation: true,
        },
      },
      { takeOwnership: false, disableOpenApiValidation: true, disableSchemaValidation: true },
    ],
    [
      'upgrade',
      { maxHistory: 0, upgrade: { preserveValues: true, cleanupOnFail: true, crds: 'Create' } },
      { maxHistory: 0, reuseValues: true, cleanupOnFail: true, skipCrds: false },
    ],
    ['upgrade', { upgrade: { force: true } }, { force: false }],
    [
      'upgrade',
      { upgrade: { force: true, serverSideApply: 'disabled' } },
      { force: true, serverSide: 'false' },
    ],
    [
      'rollback',
      { rollback: { force: true, serverSideApply: 'enabled', cleanupOnFail: true } },
      { force: false, serverSide: 'true', cleanupOnFail: true },
    ],
    [
      'uninstall',
      { uninstall: { keepHistory: true, deletionPropagation: 'foreground', disableWait: true } },
      { keepHistory: true, cascade: 'foreground', wait: 'hookOnly' },
    ],
  ];
  for (const [verb, spec, expected] of rows) {
    it(`of ${verb} follows ${JSON.stringify(spec)}`, () => {
      const action = actionOf(verb, spec);
      assert.deepEqual({ ...action, ...expected }, action);
    });
  }
});
