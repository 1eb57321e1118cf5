/** The worked traces of helm-controller, which its own end-to-end tests assert, and some of ours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ActionPlan } from '../../../src/core/release/plan.ts';
import type { Script } from './fake-helm.ts';
import {
  ATTEMPT,
  attemptOf,
  conditionsOf,
  edited,
  helmHistory,
  pass,
  passes,
  type World,
  worldOf,
} from './simulator.ts';

const ok = (): Script => 'ok';
/** Releases fail, remedies work. */
const bad = (plan: ActionPlan): Script =>
  plan.verb === 'Install' || plan.verb === 'Upgrade' ? 'fail' : 'ok';

function message(world: World, type: string): string | undefined {
  return world.release.status?.conditions?.find((condition) => condition.type === type)?.message;
}

describe('a release over several passes', () => {
  it('is installed and in sync, and stays byte for byte the same in later passes', () => {
    const installed = passes(worldOf(), ATTEMPT, ok);
    assert.deepEqual(installed.actions, ['Install']);
    assert.deepEqual(installed.ends, ['done']);
    assert.deepEqual(conditionsOf(installed), [
      'Ready=True InstallSucceeded',
      'Released=True InstallSucceeded',
    ]);
    assert.equal(
      message(installed, 'Ready'),
      'Helm install succeeded for release ns/app.v1 with chart chart@1.0.0',
    );
    assert.equal(installed.release.status?.observedGeneration, 1);
    assert.deepEqual(pass(installed, ATTEMPT, ok).release.status, installed.release.status);
  });

  it('stalls after one failed install by default and keeps the failed revision', () => {
    const world = passes(worldOf(), ATTEMPT, bad);
    assert.deepEqual(world.actions, ['Install']);
    assert.deepEqual(world.ends, ['stalled']);
    assert.deepEqual(helmHistory(world), ['1 failed']);
    assert.equal(world.release.status?.installFailures, 1);
    assert.equal(world.release.status?.failures, 1);
    assert.equal(world.release.status?.observedGeneration, 1);
    assert.deepEqual(conditionsOf(world), [
      'Ready=False InstallFailed',
      'Released=False InstallFailed',
      'Stalled=True RetriesExceeded',
    ]);
    assert.equal(message(world, 'Stalled'), 'Failed to install after 1 attempt(s)');
    assert.equal(
      message(world, 'Ready'),
      'Helm install failed for release ns/app with chart chart@1.0.0: context deadline exceeded',
    );
  });

  it('uninstalls and retries a failed install once with retries: 1, then stalls', () => {
    const world = passes(worldOf({ install: { remediation: { retries: 1 } } }), ATTEMPT, bad);
    assert.deepEqual(world.actions, ['Install', 'Uninstall', 'Install']);
    assert.deepEqual(world.ends, ['backoff', 'stalled']);
    assert.deepEqual(helmHistory(world), ['1 failed']);
    assert.equal(world.release.status?.installFailures, 2);
    assert.equal(message(world, 'Stalled'), 'Failed to install after 2 attempt(s)');
  });

  it('keeps the last failed install for debugging with remediateLastFailure: false', () => {
    const spec = { install: { remediation: { retries: 1, remediateLastFailure: false } } };
    const world = passes(worldOf(spec), ATTEMPT, bad);
    assert.deepEqual(world.actions, ['Install', 'Uninstall', 'Install']);
    assert.deepEqual(helmHistory(world), ['1 failed']);
    assert.equal(world.release.status?.installFailures, 2);
    assert.equal(world.ends.at(-1), 'stalled');
  });

  it('removes the last failed install with remediateLastFailure: true', () => {
    const spec = { install: { remediation: { retries: 1, remediateLastFailure: true } } };
    const world = passes(worldOf(spec), ATTEMPT, bad);
    assert.deepEqual(world.actions, ['Install', 'Uninstall', 'Install', 'Uninstall']);
    assert.deepEqual(helmHistory(world), []);
    assert.equal(world.release.status?.installFailures, 2);
    assert.equal(world.ends.at(-1), 'stalled');
    assert.equal(world.release.status?.history?.[0]?.status, 'uninstalled');
    assert.equal(world.release.status?.history?.[0]?.action, 'uninstall-remediation');
    assert.equal(
      message(world, 'Ready'),
      'Helm uninstall remediation for release ns/app.v1 with chart chart@1.0.0 succeeded',
    );
  });

  it('retries a failed install without end with retries: -1', () => {
    const world = passes(worldOf({ install: { remediation: { retries: -1 } } }), ATTEMPT, bad, 7);
    assert.deepEqual(world.ends, Array(7).fill('backoff'));
    assert.deepEqual(world.actions.slice(0, 4), ['Install', 'Uninstall', 'Install', 'Uninstall']);
    assert.equal(world.release.status?.installFailures, 7);
    assert.deepEqual(conditionsOf(world), [
      'Ready=False UninstallSucceeded',
      'Reconciling=True ProgressingWithRetry',
      'Released=False InstallFailed',
      'Remediated=True UninstallSucceeded',
    ]);
  });

  it('does not roll back a failed upgrade by default', () => {
    const world = passes(passes(worldOf(), ATTEMPT, ok), attemptOf('2.0.0'), bad);
    assert.deepEqual(world.actions, ['Install', 'Upgrade']);
    assert.deepEqual(helmHistory(world), ['1 deployed', '2 failed']);
    assert.equal(world.release.status?.upgradeFailures, 1);
    assert.deepEqual(conditionsOf(world), [
      'Ready=False UpgradeFailed',
      'Released=False UpgradeFailed',
      'Stalled=True RetriesExceeded',
    ]);
    assert.equal(message(world, 'Stalled'), 'Failed to upgrade after 1 attempt(s)');
  });

  it('rolls each failed upgrade back with retries: 1, to the rollback before it', () => {
    const spec = { upgrade: { remediation: { retries: 1 } } };
    const world = passes(passes(worldOf(spec), ATTEMPT, ok), attemptOf('2.0.0'), bad);
    assert.deepEqual(world.actions, ['Install', 'Upgrade', 'Rollback to 1', 'Upgrade', 'Rollback to 3']);
    assert.deepEqual(helmHistory(world), [
      '1 superseded',
      '2 failed',
      '3 superseded',
      '4 failed',
      '5 deployed',
    ]);
    assert.equal(world.release.status?.upgradeFailures, 2);
    assert.deepEqual(conditionsOf(world), [
      'Ready=False RollbackSucceeded',
      'Released=False UpgradeFailed',
      'Remediated=True RollbackSucceeded',
      'Stalled=True RetriesExceeded',
    ]);
    assert.equal(
      message(world, 'Ready'),
      'Helm rollback to previous release ns/app.v3 with chart chart@1.0.0 succeeded',
    );
    assert.deepEqual(
      world.release.status?.history?.map(({ version, status, action }) => `${version} ${status} ${action}`),
      ['5 deployed rollback', '4 failed upgrade', '3 superseded rollback'],
    );
  });

  it('installs the same chart after uninstalling a failed upgrade, and counts both', () => {
    const remediation = { strategy: 'uninstall', remediateLastFailure: true } as const;
    const world = passes(passes(worldOf({ upgrade: { remediation } }), ATTEMPT, ok), attemptOf('2.0.0'), bad);
    assert.deepEqual(world.actions, ['Install', 'Upgrade', 'Uninstall', 'Install']);
    assert.deepEqual(helmHistory(world), ['1 failed']);
    assert.equal(world.release.status?.upgradeFailures, 1);
    assert.equal(world.release.status?.installFailures, 1);
    assert.equal(world.ends.at(-1), 'stalled');
  });

  it('starts counting anew when the chart version changes after a stall', () => {
    const stalled = passes(passes(worldOf(), ATTEMPT, ok), attemptOf('2.0.0'), bad);
    const world = passes(stalled, attemptOf('2.0.1'), ok);
    assert.deepEqual(world.actions, ['Install', 'Upgrade', 'Upgrade']);
    assert.deepEqual(helmHistory(world), ['1 superseded', '2 failed', '3 deployed']);
    assert.equal(world.release.status?.upgradeFailures, undefined);
    assert.deepEqual(conditionsOf(world), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
  });

  it('is in sync without a new revision when the spec returns to what a rollback restored', () => {
    const spec = { upgrade: { remediation: { retries: 1 } } };
    const rolledBack = passes(passes(worldOf(spec), ATTEMPT, ok), attemptOf('2.0.0'), bad);
    const world = passes(edited(rolledBack, { interval: '5m' }), ATTEMPT, ok);
    assert.deepEqual(world.actions, rolledBack.actions);
    assert.deepEqual(conditionsOf(world), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
    assert.equal(world.release.status?.observedGeneration, 2);
  });

  it('does not take a rollback for the new rendering that failed', () => {
    const spec = { upgrade: { remediation: { retries: 1 } }, commonMetadata: { labels: { a: '1' } } };
    const installed = passes(worldOf(spec), ATTEMPT, ok);
    const stalled = passes(edited(installed, { commonMetadata: { labels: { a: '2' } } }), ATTEMPT, bad);
    assert.deepEqual(helmHistory(stalled).at(-1), '5 deployed');
    assert.equal(stalled.ends.at(-1), 'stalled');
    const again = pass(stalled, ATTEMPT, ok);
    assert.equal(again.ends.at(-1), 'stalled');
    assert.ok(conditionsOf(again).includes('Ready=False RollbackSucceeded'));
    assert.deepEqual(again.release.status, stalled.release.status);
  });

  it('retries with upgrades after the interval under RetryOnFailure, never rolling back', () => {
    const strategy = { name: 'RetryOnFailure', retryInterval: '30s' } as const;
    const failing = passes(worldOf({ install: { strategy }, upgrade: { strategy } }), ATTEMPT, bad, 3);
    assert.deepEqual(failing.actions, ['Install', 'Upgrade', 'Upgrade']);
    assert.deepEqual(failing.ends, ['retryAfter', 'retryAfter', 'retryAfter']);
    assert.equal(message(failing, 'Reconciling'), 'retrying after 30s');
    assert.equal(failing.release.status?.upgradeFailures, 2);
    const world = passes(failing, ATTEMPT, ok);
    assert.equal(world.release.status?.installFailures, undefined);
    assert.equal(world.release.status?.failures, undefined);
    assert.deepEqual(conditionsOf(world), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
  });

  it('does not count a failure that stored nothing and repeats it without limit', () => {
    const world = passes(worldOf(), ATTEMPT, () => 'refused', 4);
    assert.deepEqual(world.ends, Array(4).fill('backoff'));
    assert.equal(world.release.status?.installFailures, undefined);
    assert.equal(world.release.status?.failures, 4);
    assert.deepEqual(conditionsOf(world), [
      'Ready=False InstallFailed',
      'Reconciling=True ProgressingWithRetry',
      'Released=False InstallFailed',
    ]);
  });

  it('stalls on a failed upgrade that has no revision to go back to', () => {
    const spec = { upgrade: { remediation: { retries: 1 } } };
    const failedInstall = passes(worldOf(spec), ATTEMPT, bad);
    const world = passes(edited(failedInstall, {}), attemptOf('2.0.0'), bad);
    assert.deepEqual(world.actions, ['Install', 'Upgrade']);
    assert.ok(conditionsOf(world).includes('Stalled=True MissingRollbackTarget'));
  });

  it('unlocks and repeats an upgrade that died in the middle', () => {
    const crashed = pass(passes(worldOf(), ATTEMPT, ok), attemptOf('2.0.0'), () => 'crash');
    assert.deepEqual(helmHistory(crashed), ['1 deployed', '2 pending-upgrade']);
    const world = passes(crashed, attemptOf('2.0.0'), ok);
    assert.deepEqual(world.actions, ['Install', 'Upgrade', 'Unlock', 'Upgrade']);
    assert.deepEqual(helmHistory(world), ['1 superseded', '2 failed', '3 deployed']);
    assert.deepEqual(conditionsOf(world), ['Ready=True UpgradeSucceeded', 'Released=True UpgradeSucceeded']);
  });

  it('finishes an uninstall that died in the middle and installs again', () => {
    const spec = { install: { remediation: { retries: 1 } } };
    const dying = (plan: ActionPlan): Script => (plan.verb === 'Uninstall' ? 'crash' : bad(plan));
    const crashed = pass(worldOf(spec), ATTEMPT, dying);
    assert.deepEqual(helmHistory(crashed), ['1 uninstalling']);
    const world = passes(crashed, ATTEMPT, ok);
    assert.deepEqual(world.actions, ['Install', 'Uninstall', 'Unlock', 'Uninstall', 'Install']);
    assert.deepEqual(helmHistory(world), ['1 deployed']);
    assert.deepEqual(conditionsOf(world), ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded']);
  });

  it('takes over a release that somebody else made by upgrading it', () => {
    const foreign = passes(worldOf(), ATTEMPT, ok);
    const world = passes({ ...worldOf(), records: foreign.records }, ATTEMPT, ok);
    assert.deepEqual(world.actions, ['Upgrade']);
    assert.deepEqual(helmHistory(world), ['1 superseded', '2 deployed']);
    assert.deepEqual(
      world.release.status?.history?.map(({ version }) => version),
      [2],
    );
  });

  it('upgrades once, and only once, when forced', () => {
    const installed = passes(worldOf(), ATTEMPT, ok);
    const annotations = {
      'reconcile.fluxcd.io/requestedAt': 'now',
      'reconcile.fluxcd.io/forceAt': 'now',
    };
    const { release } = installed;
    const asked = { ...installed, release: { ...release, metadata: { ...release.metadata, annotations } } };
    const forced = passes(asked, ATTEMPT, ok);
    assert.deepEqual(forced.actions, ['Install', 'Upgrade']);
    assert.equal(forced.release.status?.lastHandledForceAt, 'now');
    assert.deepEqual(passes(forced, ATTEMPT, ok).actions, forced.actions);
  });

  it('keeps the history bounded however often a release is upgraded', () => {
    let world = passes(worldOf(), ATTEMPT, ok);
    for (let version = 2; version < 30; version += 1) world = passes(world, attemptOf(`${version}.0.0`), ok);
    assert.deepEqual(
      world.release.status?.history?.map(({ version, status }) => `${version} ${status}`),
      ['29 deployed', '28 superseded'],
    );
  });
});
