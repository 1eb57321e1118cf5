import type { Condition, HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import { findCondition } from './conditions.ts';
import { type Marker, mark, unmark } from './mark.ts';

/**
 * Composes Ready out of Remediated, TestSuccess and Released: the one of the newest generation counts, and among
 * equals the first of the three. A remediated release is never ready.
 */
export function summarize(
  status: HelmReleaseStatus,
  release: HelmRelease,
  marker: Marker,
): HelmReleaseStatus {
  const tested = release.spec.test?.['enable'] === true;
  const cleaned = tested ? status : unmark(status, 'TestSuccess');
  const leading = leadingCondition(cleaned, tested && release.spec.test?.['ignoreFailures'] !== true);
  if (leading === undefined) return cleaned;
  const value = leading.type === 'Remediated' ? 'False' : leading.status;
  const ready = mark(cleaned, 'Ready', value, leading, marker);
  return value === 'True' ? unmark(ready, 'Stalled') : ready;
}

function leadingCondition(status: HelmReleaseStatus, withTests: boolean): Condition | undefined {
  const types = withTests ? ['Remediated', 'TestSuccess', 'Released'] : ['Remediated', 'Released'];
  return types
    .map((type) => findCondition(status.conditions, type))
    .filter((condition) => condition !== undefined)
    .toSorted((left, right) => (right.observedGeneration ?? 0) - (left.observedGeneration ?? 0))[0];
}
