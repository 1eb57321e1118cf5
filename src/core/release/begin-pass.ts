import type { HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import type { Attempt } from './attempt.ts';
import { handleRequests, requestsOf } from './requests.ts';

/**
 * The status with which a pass looks at the release, once chart and values are known: failure counters reset when
 * something changed since the last attempt, `lastAttempted*` recorded, requests marked as handled.
 * Read `requestsOf` before. Equal to the old status when nothing changed.
 */
export function beginPass(release: HelmRelease, attempt: Attempt): HelmReleaseStatus {
  const status = release.status ?? {};
  const counted = mustReset(release, attempt) ? clearFailures(status) : status;
  const { lastAttemptedRevisionDigest: _, ...rest } = counted;
  return handleRequests(
    {
      ...rest,
      lastAttemptedGeneration: release.metadata.generation ?? 0,
      lastAttemptedRevision: attempt.chart.version,
      ...(attempt.chart.ociDigest === undefined
        ? {}
        : { lastAttemptedRevisionDigest: attempt.chart.ociDigest }),
      lastAttemptedConfigDigest: attempt.configDigest,
      storageNamespace: attempt.storageNamespace,
    },
    release,
  );
}

/** All three counters at zero, which is written as absence. */
export function clearFailures(status: HelmReleaseStatus): HelmReleaseStatus {
  const { failures: _, installFailures: __, upgradeFailures: ___, ...rest } = status;
  return rest;
}

function mustReset(release: HelmRelease, attempt: Attempt): boolean {
  const { status, metadata } = release;
  return (
    status?.lastAttemptedGeneration !== (metadata.generation ?? 0) ||
    status.lastAttemptedRevision !== attempt.chart.version ||
    status.lastAttemptedConfigDigest !== attempt.configDigest ||
    requestsOf(release).reset
  );
}
