import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition, HelmRelease } from '../../../src/core/api/helm-release.ts';
import { summarize } from '../../../src/core/release/summarize.ts';
import { worldOf } from './simulator.ts';

type Short = readonly [type: string, status: Condition['status'], reason: string, generation: number];

function readyOf(conditions: readonly Short[], test?: HelmRelease['spec']['test']): string {
  const { release } = worldOf(test === undefined ? {} : { test });
  const full = conditions.map(([type, status, reason, observedGeneration]) => ({
    type,
    status,
    reason,
    message: `of ${type}`,
    observedGeneration,
    lastTransitionTime: 't0',
  }));
  const status = summarize({ conditions: full }, release, { generation: 7, now: 't1' });
  return (status.conditions ?? [])
    .filter(({ type }) => !conditions.some(([other]) => other === type) || type === 'Stalled')
    .map(
      (condition) =>
        `${condition.type}=${condition.status} ${condition.reason} ${condition.message} ${condition.observedGeneration}`,
    )
    .join(', ');
}

describe('Ready', () => {
  it('is not set while nothing is known', () => assert.equal(readyOf([]), ''));

  it('follows Released, for the present generation', () => {
    assert.equal(
      readyOf([['Released', 'True', 'InstallSucceeded', 3]]),
      'Ready=True InstallSucceeded of Released 7',
    );
    assert.equal(
      readyOf([['Released', 'False', 'InstallFailed', 3]]),
      'Ready=False InstallFailed of Released 7',
    );
  });

  it('is False for a remediation that succeeded', () => {
    const conditions: readonly Short[] = [
      ['Released', 'False', 'UpgradeFailed', 3],
      ['Remediated', 'True', 'RollbackSucceeded', 3],
    ];
    assert.equal(readyOf(conditions), 'Ready=False RollbackSucceeded of Remediated 7');
  });

  it('follows the newest generation before the order of importance', () => {
    const conditions: readonly Short[] = [
      ['Remediated', 'True', 'RollbackSucceeded', 3],
      ['Released', 'True', 'UpgradeSucceeded', 4],
    ];
    assert.equal(readyOf(conditions), 'Ready=True UpgradeSucceeded of Released 7');
  });

  it('follows a failed test only while tests are enabled and not ignored', () => {
    const conditions: readonly Short[] = [
      ['Released', 'True', 'UpgradeSucceeded', 3],
      ['TestSuccess', 'False', 'TestFailed', 3],
    ];
    assert.equal(readyOf(conditions, { enable: true }), 'Ready=False TestFailed of TestSuccess 7');
    assert.equal(
      readyOf(conditions, { enable: true, ignoreFailures: true }),
      'Ready=True UpgradeSucceeded of Released 7',
    );
    assert.equal(readyOf(conditions), 'Ready=True UpgradeSucceeded of Released 7');
  });

  it('removes Stalled when it becomes True, and only then', () => {
    const stalled: Short = ['Stalled', 'True', 'RetriesExceeded', 3];
    assert.equal(
      readyOf([['Released', 'True', 'UpgradeSucceeded', 3], stalled]),
      'Ready=True UpgradeSucceeded of Released 7',
    );
    assert.equal(
      readyOf([['Released', 'False', 'UpgradeFailed', 3], stalled]),
      'Stalled=True RetriesExceeded of Stalled 3, Ready=False UpgradeFailed of Released 7',
    );
  });
});
