import type { HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import { parseDuration } from '../duration.ts';

/** The two actions that make a release and have counters of their own. */
export type AttemptedAction = 'install' | 'upgrade';

/** What the spec says to do about failures of one action. */
export type Strategy =
  | { readonly kind: 'retry'; readonly action: AttemptedAction; readonly intervalMs: number }
  | {
      readonly kind: 'remediate';
      readonly action: AttemptedAction;
      readonly remedy: 'rollback' | 'uninstall';
      /** Attempts beyond the first; negative means without limit. */
      readonly retries: number;
      readonly remediateLastFailure: boolean;
    };

/** Flux's default of `strategy.retryInterval`: 5 minutes. */
const DEFAULT_RETRY_INTERVAL_MS = 5 * 60_000;

/** The strategy for one action, with the defaults of the API filled in. */
export function strategyFor(release: HelmRelease, action: AttemptedAction): Strategy {
  const spec = release.spec[action];
  if (spec?.strategy?.name === 'RetryOnFailure') {
    const intervalMs = parseDuration(spec.strategy.retryInterval ?? '') ?? DEFAULT_RETRY_INTERVAL_MS;
    return { kind: 'retry', action, intervalMs };
  }
  const retries = spec?.remediation?.retries ?? 0;
  return {
    kind: 'remediate',
    action,
    retries,
    remedy: action === 'install' ? 'uninstall' : (spec?.remediation?.strategy ?? 'rollback'),
    // A failed first install stays for inspection unless asked otherwise; after retried upgrades the last one is undone.
    remediateLastFailure: spec?.remediation?.remediateLastFailure ?? (action === 'upgrade' && retries > 0),
  };
}

/** The strategy of the action that was attempted last; undefined when none ever was. */
export function activeStrategy(release: HelmRelease): Strategy | undefined {
  const action = release.status?.lastAttemptedReleaseAction;
  return action === undefined ? undefined : strategyFor(release, action);
}

/** How often the action failed since the counters were last reset. */
export function failureCount(status: HelmReleaseStatus | undefined, action: AttemptedAction): number {
  return (action === 'install' ? status?.installFailures : status?.upgradeFailures) ?? 0;
}

/**
 * Whether the action has failed more often than `remediation.retries` allows. Like Flux, this does not ask for
 * the strategy: under RetryOnFailure the retries are 0 unless written.
 */
export function retriesExhausted(release: HelmRelease, action: AttemptedAction): boolean {
  const retries = release.spec[action]?.remediation?.retries ?? 0;
  return retries >= 0 && failureCount(release.status, action) > retries;
}
