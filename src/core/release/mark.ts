/** Sets the conditions of a HelmRelease for its present generation; each returns a new status. */
import type { Condition, HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import { removeCondition, setCondition } from './conditions.ts';

/** The condition types that Helmgate owns on a HelmRelease. */
export type ReleaseConditionType =
  | 'Ready'
  | 'Released'
  | 'Remediated'
  | 'TestSuccess'
  | 'Reconciling'
  | 'Stalled'
  | 'PolicyCompliant';

/** Whose conditions are set, and when. */
export interface Marker {
  /** `metadata.generation`, which goes into `observedGeneration` of each condition. */
  readonly generation: number;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

export function markerOf(release: HelmRelease, now: string): Marker {
  return { generation: release.metadata.generation ?? 0, now };
}

export function mark(
  status: HelmReleaseStatus,
  type: ReleaseConditionType,
  value: Condition['status'],
  text: { readonly reason: string; readonly message: string },
  marker: Marker,
): HelmReleaseStatus {
  const { reason, message } = text;
  const condition = { type, status: value, reason, message, observedGeneration: marker.generation };
  return { ...status, conditions: setCondition(status.conditions, condition, marker.now) };
}

export function unmark(
  status: HelmReleaseStatus,
  ...types: readonly ReleaseConditionType[]
): HelmReleaseStatus {
  return { ...status, conditions: removeCondition(status.conditions, ...types) };
}

/** Reconciling=True; the two abnormal conditions exclude each other. */
export function markReconciling(
  status: HelmReleaseStatus,
  reason: 'Progressing' | 'ProgressingWithRetry' | 'Held',
  message: string,
  marker: Marker,
): HelmReleaseStatus {
  return mark(unmark(status, 'Stalled'), 'Reconciling', 'True', { reason, message }, marker);
}

/** Stalled=True: nobody but a person can help. */
export function markStalled(
  status: HelmReleaseStatus,
  reason: string,
  message: string,
  marker: Marker,
): HelmReleaseStatus {
  return mark(unmark(status, 'Reconciling'), 'Stalled', 'True', { reason, message }, marker);
}
