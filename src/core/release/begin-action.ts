import type { HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import { formatDuration } from '../duration.ts';
import { timeoutMsOf } from './action-timeout.ts';
import { truncateHistory } from './history.ts';
import { mark, markerOf, markReconciling, unmark } from './mark.ts';
import type { ActionPlan } from './plan.ts';

/** The status to write before an action runs, so that a long one is seen to be running. */
export function beginAction(release: HelmRelease, plan: ActionPlan, now: string): HelmReleaseStatus {
  const marker = markerOf(release, now);
  const message = `Running '${plan.verb.toLowerCase()}' action with timeout of ${formatDuration(timeoutMsOf(plan, release))}`;
  const status = markReconciling(prepared(release.status ?? {}, plan), 'Progressing', message, marker);
  // Only a release action speaks for Ready: any other would hide the failure that it is there to undo.
  const releases = plan.verb === 'Install' || plan.verb === 'Upgrade';
  return releases ? mark(status, 'Ready', 'Unknown', { reason: 'Progressing', message }, marker) : status;
}

function prepared(status: HelmReleaseStatus, plan: ActionPlan): HelmReleaseStatus {
  switch (plan.verb) {
    case 'Install':
      return {
        ...unmark(status, 'TestSuccess', 'Remediated'),
        lastAttemptedReleaseAction: 'install',
        history: [],
      };
    case 'Upgrade':
      return {
        ...unmark(status, 'TestSuccess', 'Remediated'),
        lastAttemptedReleaseAction: 'upgrade',
        ...(plan.clearHistory ? { history: [] } : {}),
      };
    case 'Rollback':
    case 'Uninstall':
      return { ...status, history: truncateHistory(status.history ?? []) };
    case 'Unlock':
      return status;
  }
}
