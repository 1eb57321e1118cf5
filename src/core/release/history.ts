import type { ReleaseAction, Snapshot } from '../api/helm-release.ts';
import type { ReleaseRecord } from './release-record.ts';
import { snapshotOf } from './snapshot.ts';

/** A write of a release record, as it was seen on its way to the API server. */
export interface ObservedWrite {
  readonly verb: 'create' | 'update' | 'delete';
  /** Absent on deletes and when the record could not be read. */
  readonly release?: ReleaseRecord;
  /** Name of the Secret, `sh.helm.release.v1.<release>.v<revision>`. */
  readonly name: string;
  /** HTTP status of the answer. */
  readonly status: number;
}

/** What is known about the revision that an action made. */
export interface RecordedAction {
  readonly action: ReleaseAction;
  /** Digest for a revision that is new in the history. */
  readonly configDigestOf: (record: ReleaseRecord) => string;
  readonly now: string;
}

/** Snapshots that survive when there is nothing to roll back to; helm itself keeps `maxHistory`, 5 by default. */
const KEPT_WITHOUT_TARGET = 5;

/** Four times helm's default: reached only where helm prunes nothing and the release never gets in sync. */
const MAX_SNAPSHOTS = 20;

/** Whether a write reached storage. A refused one did not. */
export function isStored(write: ObservedWrite): boolean {
  return write.status >= 200 && write.status < 300;
}

/** Takes the writes of one action into the history, newest revision first. */
export function recordWrites(
  history: readonly Snapshot[],
  writes: readonly ObservedWrite[],
  recorded: RecordedAction,
): readonly Snapshot[] {
  const byVersion = new Map(history.map((snapshot) => [snapshot.version, snapshot]));
  const stored = writes.filter(isStored);
  const made = isUninstall(recorded.action)
    ? undefined
    : Math.max(...stored.map((write) => write.release?.version ?? 0));
  for (const write of stored) {
    if (write.verb === 'delete') recordDelete(byVersion, write, recorded);
    else if (write.release !== undefined) recordRelease(byVersion, write.release, made, recorded);
  }
  return bounded([...byVersion.values()].toSorted((left, right) => right.version - left.version));
}

/** The newest revision before the latest that had been deployed: what a rollback goes back to. */
export function previousDeployed(history: readonly Snapshot[]): Snapshot | undefined {
  return history.slice(1).find(wasDeployed);
}

/** Cuts the history after the rollback target; without one, to the newest five. */
export function truncateHistory(history: readonly Snapshot[]): readonly Snapshot[] {
  const target = history.findIndex((snapshot, index) => index > 0 && wasDeployed(snapshot));
  return history.slice(0, target === -1 ? KEPT_WITHOUT_TARGET : target + 1);
}

/** Cuts the history to the newest five whatever they are: nothing is ever rolled back under RetryOnFailure. */
export function newestSnapshots(history: readonly Snapshot[]): readonly Snapshot[] {
  return history.slice(0, KEPT_WITHOUT_TARGET);
}

/** The newest, and whatever their age the one to roll back to. */
function bounded(history: readonly Snapshot[]): readonly Snapshot[] {
  if (history.length <= MAX_SNAPSHOTS) return history;
  const newest = history.slice(0, MAX_SNAPSHOTS - 1);
  const target = previousDeployed(history);
  return target === undefined || newest.includes(target) ? newest : [...newest, target];
}

function isUninstall(action: ReleaseAction): boolean {
  return action === 'uninstall' || action === 'uninstall-remediation';
}

function wasDeployed(snapshot: Snapshot): boolean {
  return snapshot.status === 'deployed' || snapshot.status === 'superseded';
}

/**
 * A revision that the history knows keeps its action and its config digest: helm only changes its status. The
 * revision that this action made (the highest one written) gets the action's own. Older ones that the history does
 * not know were made by somebody else and are left out.
 */
function recordRelease(
  byVersion: Map<number, Snapshot>,
  record: ReleaseRecord,
  made: number | undefined,
  recorded: RecordedAction,
): void {
  const known = byVersion.get(record.version);
  if (known === undefined && record.version !== made) return;
  const action = known === undefined ? recorded.action : known.action;
  byVersion.set(
    record.version,
    snapshotOf(record, {
      configDigest: known?.configDigest ?? recorded.configDigestOf(record),
      now: recorded.now,
      ...(action === undefined ? {} : { action }),
    }),
  );
}

/** An uninstall removes its records at the end; any other action only prunes old revisions beyond `maxHistory`. */
function recordDelete(
  byVersion: Map<number, Snapshot>,
  write: ObservedWrite,
  recorded: RecordedAction,
): void {
  const version = Number(/\.v([0-9]+)$/.exec(write.name)?.[1] ?? Number.NaN);
  const known = byVersion.get(version);
  if (known === undefined) return;
  if (!isUninstall(recorded.action)) {
    byVersion.delete(version);
    return;
  }
  const deleted = known.deleted ?? recorded.now;
  byVersion.set(version, { ...known, status: 'uninstalled', action: recorded.action, deleted });
}
