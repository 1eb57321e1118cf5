import type { HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';

const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';
const FORCE_AT = 'reconcile.fluxcd.io/forceAt';
const RESET_AT = 'reconcile.fluxcd.io/resetAt';

/** What a user asked for by annotations and nobody has handled yet. */
export interface Requests {
  /** The token of an unhandled `requestedAt`. */
  readonly reconcile?: string;
  /** Run a release action even when in sync or out of retries. */
  readonly force: boolean;
  /** Reset the failure counters. */
  readonly reset: boolean;
}

/**
 * Reads the request annotations. `forceAt` and `resetAt` count only when they carry the token of `requestedAt`, and
 * once. A pass that its prerequisites stop does not use them up (Flux's does).
 */
export function requestsOf({ metadata, status }: HelmRelease): Requests {
  const requested = metadata.annotations?.[REQUESTED_AT];
  const asks = (annotation: string, handled: string | undefined): boolean =>
    requested !== undefined && metadata.annotations?.[annotation] === requested && handled !== requested;
  return {
    ...(requested === undefined || requested === status?.lastHandledReconcileAt
      ? {}
      : { reconcile: requested }),
    force: asks(FORCE_AT, status?.lastHandledForceAt),
    reset: asks(RESET_AT, status?.lastHandledResetAt),
  };
}

/** Records that the pass has seen `requestedAt`: what waits for this is told so, however the pass ends. */
export function acknowledgeRequest(status: HelmReleaseStatus, release: HelmRelease): HelmReleaseStatus {
  const requested = release.metadata.annotations?.[REQUESTED_AT];
  return requested === undefined ? status : { ...status, lastHandledReconcileAt: requested };
}

/** Records all three annotations as handled, also those that did not apply. */
export function handleRequests(status: HelmReleaseStatus, release: HelmRelease): HelmReleaseStatus {
  const annotations = release.metadata.annotations ?? {};
  const force = annotations[FORCE_AT];
  const reset = annotations[RESET_AT];
  return {
    ...acknowledgeRequest(status, release),
    ...(force === undefined ? {} : { lastHandledForceAt: force }),
    ...(reset === undefined ? {} : { lastHandledResetAt: reset }),
  };
}
