import type { HelmRelease, Snapshot } from '../api/helm-release.ts';
import type { Attempt } from './attempt.ts';
import type { ReleaseRecord } from './release-record.ts';
import { isSnapshotOf, versionedChartName } from './snapshot.ts';
import { commonMetadataDigest, postRenderersDigest } from './spec-digests.ts';

/**
 * How a Helm release stands against what its HelmRelease wants. `reason` is one line for people.
 *
 * - Absent: nothing is installed.
 * - Unmanaged: something is installed that the history does not know.
 * - Locked: helm left an operation unfinished (`pending-*`, `uninstalling`).
 * - Failed: the newest revision failed; `interruptedUninstall` when it was unlocked out of `uninstalling`.
 * - OutOfSync: deployed, but of another chart, other values or another rendering.
 * - InSync: nothing to do.
 * - Undetermined: a status of helm's that no rule covers.
 */
export type ReleaseState =
  | { readonly kind: 'Absent'; readonly reason: string }
  | { readonly kind: 'Unmanaged'; readonly reason: string }
  | { readonly kind: 'Locked'; readonly reason: string; readonly record: ReleaseRecord }
  | { readonly kind: 'Failed'; readonly reason: string; readonly interruptedUninstall: boolean }
  | { readonly kind: 'OutOfSync'; readonly reason: string }
  | { readonly kind: 'InSync' }
  | { readonly kind: 'Undetermined'; readonly reason: string };

export interface Observation {
  readonly release: HelmRelease;
  /** All revisions in storage, highest first. */
  readonly records: readonly ReleaseRecord[];
  readonly attempt: Attempt;
}

/**
 * helm's unfinished operations. `uninstalling` is one of them here: Flux takes it for an unmanaged release, which
 * helm then refuses to upgrade, for ever.
 */
const LOCKED_STATUSES: ReadonlySet<string> = new Set([
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
  'uninstalling',
]);

/** What an unlocked record's description says; it also tells a later look what was interrupted. */
export function unlockDescription(status: string): string {
  return `Release unlocked from stale '${status}' state`;
}

/** Names the state of a release. To be asked anew before every action. */
export function determineState(observation: Observation): ReleaseState {
  const [latest] = observation.records;
  if (latest === undefined) return { kind: 'Absent', reason: 'no release in storage for object' };
  if (LOCKED_STATUSES.has(latest.status)) {
    return { kind: 'Locked', reason: `release is in ${latest.status} state`, record: latest };
  }
  const known = observation.release.status?.history?.[0];
  if (known === undefined && latest.status === 'uninstalled') {
    return { kind: 'Absent', reason: 'found uninstalled release in storage' };
  }
  if (known === undefined) return { kind: 'Unmanaged', reason: 'found existing release in storage' };
  if (!isSnapshotOf(known, latest)) {
    return {
      kind: 'Unmanaged',
      reason: `revision ${latest.version} in storage was not made by this controller`,
    };
  }
  return stateOfKnown(observation, latest, known);
}

function stateOfKnown(observation: Observation, latest: ReleaseRecord, known: Snapshot): ReleaseState {
  switch (latest.status) {
    case 'failed':
      return {
        kind: 'Failed',
        reason: 'release has status: failed',
        interruptedUninstall: latest.description === unlockDescription('uninstalling'),
      };
    case 'uninstalled':
      return { kind: 'Absent', reason: 'found uninstalled release in storage' };
    case 'deployed':
      return stateOfDeployed(observation, latest, known);
    default:
      return {
        kind: 'Undetermined',
        reason: `unable to determine state for release with status '${latest.status}'`,
      };
  }
}

function stateOfDeployed(
  { release, attempt }: Observation,
  latest: ReleaseRecord,
  known: Snapshot,
): ReleaseState {
  const { chart } = attempt;
  if (latest.chartName !== chart.name || latest.chartVersion !== chart.version) {
    const was = versionedChartName(latest);
    return { kind: 'OutOfSync', reason: `chart changed from ${was} to ${chart.name}@${chart.version}` };
  }
  if (known.configDigest !== attempt.configDigest) {
    return { kind: 'OutOfSync', reason: 'values changed' };
  }
  return changedRendering(release) ?? { kind: 'InSync' };
}

/**
 * A recorded digest that differs says that the release was rendered otherwise. A missing one says so only on a new
 * generation: a controller that records none may have made the release.
 */
function changedRendering({ spec, status, metadata }: HelmRelease): ReleaseState | undefined {
  const edited = status?.observedGeneration !== metadata.generation;
  const differs = (wanted: string | undefined, observed: string | undefined): boolean =>
    (wanted ?? '') !== (observed ?? '') && (edited || (observed ?? '') !== '');
  if (differs(postRenderersDigest(spec), status?.observedPostRenderersDigest)) {
    return { kind: 'OutOfSync', reason: 'post renderers changed' };
  }
  if (differs(commonMetadataDigest(spec), status?.observedCommonMetadataDigest)) {
    return { kind: 'OutOfSync', reason: 'common metadata changed' };
  }
  return undefined;
}
