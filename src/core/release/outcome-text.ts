import type { Snapshot } from '../api/helm-release.ts';
import type { ActionOutcome } from './action-outcome.ts';
import type { Attempt } from './attempt.ts';
import type { ActionPlan } from './plan.ts';
import { fullReleaseName, versionedChartName } from './snapshot.ts';

export interface OutcomeText {
  /** Flux's reason: the condition's, the event's and the audit row's. */
  readonly reason: string;
  readonly message: string;
}

/** Flux's reason and exact message for an action that ended; `latest` is the newest snapshot afterwards. */
export function outcomeText(
  plan: ActionPlan,
  attempt: Attempt,
  outcome: ActionOutcome,
  latest: Snapshot | undefined,
): OutcomeText {
  const error = (outcome.error ?? 'unknown error').trim();
  const suffix = outcome.ok ? 'Succeeded' : 'Failed';
  switch (plan.verb) {
    case 'Install':
    case 'Upgrade': {
      const start = `Helm ${plan.verb.toLowerCase()}`;
      const message = outcome.ok
        ? `${start} succeeded for release ${named(latest, attempt)}`
        : `${start} failed for release ${named(undefined, attempt)}: ${error}`;
      return { reason: `${plan.verb}${suffix}`, message };
    }
    case 'Rollback': {
      const target = `${fullReleaseName(plan.to)} with chart ${versionedChartName(plan.to)}`;
      const end = outcome.ok ? 'succeeded' : `failed: ${error}`;
      return { reason: `Rollback${suffix}`, message: `Helm rollback to previous release ${target} ${end}` };
    }
    case 'Uninstall': {
      const name = named(plan.current, attempt);
      const reason = `Uninstall${suffix}`;
      if (plan.purpose === 'remediation') {
        const end = outcome.ok ? 'succeeded' : `failed: ${error}`;
        return { reason, message: `Helm uninstall remediation for release ${name} ${end}` };
      }
      const message = outcome.ok
        ? `Helm uninstall succeeded for release ${name}`
        : `Helm uninstall failed for release ${name}: ${error}`;
      return { reason, message };
    }
    case 'Unlock': {
      const name = `${fullReleaseName(plan.record)} with chart ${versionedChartName(plan.record)}`;
      const release = `Helm release ${name} in ${plan.record.status} state`;
      const message = outcome.ok ? `Unlocked ${release}` : `Unlock of ${release} failed: ${error}`;
      return { reason: 'PendingRelease', message };
    }
  }
}

/** `<ns>/<name>.v<N> with chart <chart>@<version>`; without the revision when none was made. */
function named(snapshot: Snapshot | undefined, attempt: Attempt): string {
  if (snapshot !== undefined)
    return `${fullReleaseName(snapshot)} with chart ${versionedChartName(snapshot)}`;
  const { releaseNamespace, releaseName, chart } = attempt;
  return `${releaseNamespace}/${releaseName} with chart ${chart.name}@${chart.version}`;
}
