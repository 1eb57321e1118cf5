/** helm and its storage as pure data: what each action writes, and what is there afterwards. */

import type { ActionOutcome } from '../../../src/core/release/action-outcome.ts';
import type { Attempt } from '../../../src/core/release/attempt.ts';
import type { ObservedWrite } from '../../../src/core/release/history.ts';
import type { ActionPlan } from '../../../src/core/release/plan.ts';
import type { ReleaseRecord } from '../../../src/core/release/release-record.ts';
import { unlockDescription } from '../../../src/core/release/state.ts';

/** `refused`: helm fails before it stores anything. `crash`: helm and its caller die in the middle. */
export type Script = 'ok' | 'fail' | 'refused' | 'crash';

export interface Ran {
  readonly records: readonly ReleaseRecord[];
  readonly outcome: ActionOutcome;
}

export function recordOf(
  version: number,
  status: string,
  fields: Partial<ReleaseRecord> = {},
): ReleaseRecord {
  return {
    name: 'app',
    namespace: 'ns',
    version,
    status,
    description: '',
    chartName: 'chart',
    chartVersion: '1.0.0',
    appVersion: '',
    config: {},
    manifest: '',
    firstDeployed: '2026-01-01T00:00:00.123456789Z',
    lastDeployed: '2026-01-01T00:00:00.123456789Z',
    deleted: '',
    raw: {},
    ...fields,
  };
}

/** Runs one action on the records (highest first). */
export function runHelm(
  records: readonly ReleaseRecord[],
  plan: ActionPlan,
  attempt: Attempt,
  script: Script,
): Ran {
  if (script === 'refused') return { records, outcome: failed([]) };
  switch (plan.verb) {
    case 'Install':
    case 'Upgrade':
      return release(records, script, made(records, attempt, plan.verb));
    case 'Rollback': {
      const target = records.find((record) => record.version === plan.to.version);
      if (target === undefined) return { records, outcome: failed([]) };
      return release(records, script, {
        ...target,
        version: nextVersion(records),
        status: 'pending-rollback',
      });
    }
    case 'Uninstall':
      return uninstall(records, script);
    case 'Unlock': {
      const unlocked = {
        ...plan.record,
        status: 'failed',
        description: unlockDescription(plan.record.status),
      };
      return { records: replaced(records, unlocked), outcome: succeeded([update(unlocked)]) };
    }
  }
}

function made(records: readonly ReleaseRecord[], attempt: Attempt, verb: string): ReleaseRecord {
  return recordOf(nextVersion(records), `pending-${verb.toLowerCase()}`, {
    name: attempt.releaseName,
    namespace: attempt.releaseNamespace,
    chartName: attempt.chart.name,
    chartVersion: attempt.chart.version,
  });
}

function release(records: readonly ReleaseRecord[], script: Script, pending: ReleaseRecord): Ran {
  const created: ObservedWrite = { verb: 'create', release: pending, name: secretName(pending), status: 201 };
  if (script === 'crash') return { records: [pending, ...records], outcome: failed([created]) };
  if (script === 'fail') {
    const broken = { ...pending, status: 'failed' };
    return { records: [broken, ...records], outcome: failed([created, update(broken)]) };
  }
  const deployed = { ...pending, status: 'deployed' };
  const older = records.map((record) =>
    record.status === 'deployed' ? { ...record, status: 'superseded' } : record,
  );
  const superseded = older.filter((record, index) => record !== records[index]);
  return {
    records: [deployed, ...older],
    outcome: succeeded([created, ...superseded.map(update), update(deployed)]),
  };
}

function uninstall(records: readonly ReleaseRecord[], script: Script): Ran {
  const [latest] = records;
  if (latest === undefined) return { records, outcome: { ...succeeded([]), absent: true } };
  const going = { ...latest, status: 'uninstalling', deleted: '2026-01-02T00:00:00Z' };
  if (script !== 'ok') return { records: replaced(records, going), outcome: failed([update(going)]) };
  const deletes = records.map(
    (record): ObservedWrite => ({ verb: 'delete', name: secretName(record), status: 200 }),
  );
  return { records: [], outcome: succeeded([update(going), ...deletes]) };
}

function nextVersion(records: readonly ReleaseRecord[]): number {
  return (records[0]?.version ?? 0) + 1;
}

function replaced(records: readonly ReleaseRecord[], by: ReleaseRecord): readonly ReleaseRecord[] {
  return records.map((record) => (record.version === by.version ? by : record));
}

function secretName(record: ReleaseRecord): string {
  return `sh.helm.release.v1.${record.name}.v${record.version}`;
}

function update(record: ReleaseRecord): ObservedWrite {
  return { verb: 'update', release: record, name: secretName(record), status: 200 };
}

function succeeded(writes: readonly ObservedWrite[]): ActionOutcome {
  return { ok: true, writes, durationMs: 1500 };
}

function failed(writes: readonly ObservedWrite[]): ActionOutcome {
  return { ok: false, error: 'context deadline exceeded', writes, durationMs: 5000 };
}
