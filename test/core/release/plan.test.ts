import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmRelease, HelmReleaseSpec, HelmReleaseStatus } from '../../../src/core/api/helm-release.ts';
import { type ActionType, type PassSoFar, type Plan, planAction } from '../../../src/core/release/plan.ts';
import { snapshotOf } from '../../../src/core/release/snapshot.ts';
import type { ReleaseState } from '../../../src/core/release/state.ts';
import { recordOf } from './fake-helm.ts';
import { worldOf } from './simulator.ts';

const absent: ReleaseState = { kind: 'Absent', reason: '' };
const outOfSync: ReleaseState = { kind: 'OutOfSync', reason: '' };
const failed: ReleaseState = { kind: 'Failed', reason: '', interruptedUninstall: false };
const locked: ReleaseState = { kind: 'Locked', reason: '', record: recordOf(2, 'pending-upgrade') };
const deployed = recordOf(1, 'superseded');
const broken = recordOf(2, 'failed');
const history = [broken, deployed].map((record) =>
  snapshotOf(record, { configDigest: 'sha256:one', now: '2026-01-01T00:00:00Z' }),
);
const retry = { strategy: { name: 'RetryOnFailure' } } as const;

interface Row {
  readonly name: string;
  readonly state: ReleaseState;
  readonly spec?: Partial<HelmReleaseSpec>;
  readonly status?: HelmReleaseStatus;
  readonly pass?: Partial<PassSoFar>;
  /** Verb, then what tells its variants apart. */
  readonly plan: string;
}

const afterUpgrade = { lastAttemptedReleaseAction: 'upgrade', upgradeFailures: 1, history } as const;
const afterInstall = { lastAttemptedReleaseAction: 'install', installFailures: 1 } as const;

const rows: readonly Row[] = [
  { name: 'nothing for a release in sync', state: { kind: 'InSync' }, plan: 'None true' },
  {
    name: 'an upgrade in sync when forced',
    state: { kind: 'InSync' },
    pass: { forced: true },
    plan: 'Upgrade false',
  },
  {
    name: 'nothing in sync when forced and already upgraded',
    state: { kind: 'InSync' },
    pass: { forced: true, performed: ['release'] },
    plan: 'None true',
  },
  { name: 'an unlock for a locked release', state: locked, plan: 'Unlock' },
  { name: 'an unlock although retries are used up', state: locked, status: afterUpgrade, plan: 'Unlock' },
  { name: 'an install for an absent release', state: absent, plan: 'Install' },
  {
    name: 'a stall for an absent release out of retries',
    state: absent,
    status: afterInstall,
    plan: 'Stall RetriesExceeded',
  },
  {
    name: 'a forced install out of retries',
    state: absent,
    status: afterInstall,
    pass: { forced: true },
    plan: 'Install',
  },
  {
    name: 'an install while retries are left',
    state: absent,
    spec: { install: { remediation: { retries: 1 } } },
    status: afterInstall,
    plan: 'Install',
  },
  {
    name: 'an install without limit with retries: -1',
    state: absent,
    spec: { install: { remediation: { retries: -1 } } },
    status: { ...afterInstall, installFailures: 999 },
    plan: 'Install',
  },
  {
    name: 'a stall for an absent release out of retries even under RetryOnFailure, as Flux',
    state: absent,
    spec: { install: retry },
    status: afterInstall,
    plan: 'Stall RetriesExceeded',
  },
  {
    name: 'an adopting upgrade for an unmanaged release',
    state: { kind: 'Unmanaged', reason: '' },
    plan: 'Upgrade true',
  },
  { name: 'an upgrade for a release out of sync', state: outOfSync, plan: 'Upgrade false' },
  {
    name: 'a stall out of sync and out of retries',
    state: outOfSync,
    status: afterUpgrade,
    plan: 'Stall RetriesExceeded',
  },
  {
    name: 'a forced upgrade out of retries',
    state: outOfSync,
    status: afterUpgrade,
    pass: { forced: true },
    plan: 'Upgrade false',
  },
  { name: 'an upgrade for a failed release that nobody attempted', state: failed, plan: 'Upgrade false' },
  {
    name: 'an upgrade for a failed release whose counters were reset',
    state: failed,
    status: { ...afterUpgrade, upgradeFailures: 0 },
    plan: 'Upgrade false',
  },
  {
    name: 'a stall for a failed upgrade by default',
    state: failed,
    status: afterUpgrade,
    plan: 'Stall RetriesExceeded',
  },
  {
    name: 'a forced upgrade of a failed release',
    state: failed,
    status: afterUpgrade,
    pass: { forced: true },
    plan: 'Upgrade false',
  },
  {
    name: 'a rollback for a failed upgrade with retries',
    state: failed,
    spec: { upgrade: { remediation: { retries: 1 } } },
    status: afterUpgrade,
    plan: 'Rollback 1',
  },
  {
    name: 'a rollback of the last failure too, since retries are set',
    state: failed,
    spec: { upgrade: { remediation: { retries: 1 } } },
    status: { ...afterUpgrade, upgradeFailures: 2 },
    plan: 'Rollback 1',
  },
  {
    name: 'no rollback of the last failure with remediateLastFailure: false',
    state: failed,
    spec: { upgrade: { remediation: { retries: 1, remediateLastFailure: false } } },
    status: { ...afterUpgrade, upgradeFailures: 2 },
    plan: 'Stall RetriesExceeded',
  },
  {
    name: 'an uninstall with that strategy',
    state: failed,
    spec: { upgrade: { remediation: { retries: 1, strategy: 'uninstall' } } },
    status: afterUpgrade,
    plan: 'Uninstall remediation',
  },
  {
    name: 'an upgrade when the rollback target is gone from storage',
    state: failed,
    spec: { upgrade: { remediation: { retries: 1 } } },
    status: afterUpgrade,
    pass: { records: [broken] },
    plan: 'Upgrade false',
  },
  {
    name: 'a stall when there never was a rollback target',
    state: failed,
    spec: { upgrade: { remediation: { retries: 1 } } },
    status: { ...afterUpgrade, history: history.slice(0, 1) },
    plan: 'Stall MissingRollbackTarget',
  },
  {
    name: 'an uninstall for a failed install with retries',
    state: failed,
    spec: { install: { remediation: { retries: 1 } } },
    status: { ...afterInstall, history: history.slice(0, 1) },
    plan: 'Uninstall remediation',
  },
  {
    name: 'an upgrade for a failed install under RetryOnFailure',
    state: failed,
    spec: { install: retry },
    status: afterInstall,
    plan: 'Upgrade false',
  },
  {
    name: 'a wait when RetryOnFailure has upgraded in this pass',
    state: failed,
    spec: { upgrade: retry },
    status: afterUpgrade,
    pass: { performed: ['release'] },
    plan: 'Requeue 300000',
  },
  {
    name: 'an uninstall that finishes an interrupted one',
    state: { ...failed, interruptedUninstall: true },
    status: { ...afterInstall, history },
    plan: 'Uninstall heal',
  },
  {
    name: 'a new pass instead of a second release action',
    state: outOfSync,
    pass: { performed: ['release'] },
    plan: 'Requeue undefined',
  },
  {
    name: 'a new pass instead of a second unlock',
    state: locked,
    pass: { performed: ['unlock'] },
    plan: 'Requeue undefined',
  },
  {
    name: 'rest instead of a repeated action out of retries',
    state: locked,
    status: afterUpgrade,
    pass: { performed: ['unlock'] },
    plan: 'None false',
  },
  {
    name: 'a report of a state that no rule covers',
    state: { kind: 'Undetermined', reason: 'x' },
    plan: 'Report StateError',
  },
];

describe('the plan for a state', () => {
  for (const { name, state, spec = {}, status, pass = {}, plan } of rows) {
    it(`is ${name}`, () => {
      const base = worldOf(spec).release;
      const release: HelmRelease = status === undefined ? base : { ...base, status };
      const performed: readonly ActionType[] = [];
      const planned = planAction(state, release, {
        performed,
        forced: false,
        records: [broken, deployed],
        ...pass,
      });
      assert.equal(shown(planned), plan);
    });
  }
});

function shown(plan: Plan): string {
  switch (plan.verb) {
    case 'Install':
    case 'Unlock':
      return plan.verb;
    case 'Upgrade':
      return `Upgrade ${plan.clearHistory}`;
    case 'Rollback':
      return `Rollback ${plan.to.version}`;
    case 'Uninstall':
      return `Uninstall ${plan.purpose}`;
    case 'None':
      return `None ${plan.inSync}`;
    case 'Requeue':
      return `Requeue ${plan.afterMs}`;
    case 'Stall':
    case 'Report':
      return `${plan.verb} ${plan.reason}`;
  }
}
