import type { HelmRelease, HelmReleaseStatus, Snapshot } from '../api/helm-release.ts';
import { formatDuration } from '../duration.ts';
import { findCondition } from './conditions.ts';
import { newestSnapshots, truncateHistory } from './history.ts';
import { type Marker, mark, markerOf, markReconciling, markStalled, unmark } from './mark.ts';
import { intervalMsOf, type Transition } from './next.ts';
import { withObservedRendering } from './observed-rendering.ts';
import type { RestPlan, StallPlan } from './plan.ts';
import { fullReleaseName, versionedChartName } from './snapshot.ts';
import { activeStrategy } from './strategy.ts';
import { summarize } from './summarize.ts';

/**
 * Ends a pass that has nothing (more) to run. On a release that was in sync before, the status comes out as it went
 * in, so that nothing needs to be written.
 */
export function settle(release: HelmRelease, plan: RestPlan, now: string): Transition {
  const marker = markerOf(release, now);
  switch (plan.verb) {
    case 'None':
      return finishDone(release, plan.inSync, marker);
    case 'Stall':
      return finishStalled(release, plan, marker);
    case 'Requeue':
      return requeue(release, plan.afterMs, marker);
    case 'Report': {
      const { reason, message } = plan;
      const status = mark(
        unmark(release.status ?? {}, 'Stalled'),
        'Ready',
        'False',
        { reason, message },
        marker,
      );
      return {
        status: markReconciling(status, 'ProgressingWithRetry', message, marker),
        next: { kind: 'backoff' },
      };
    }
  }
}

/** Stalled, with Ready telling the last outcome. The generation counts as observed: nothing more will happen for it. */
export function finishStalled(release: HelmRelease, plan: StallPlan, marker: Marker): Transition {
  const summary = summarize(release.status ?? {}, release, marker);
  const status = markStalled(summary, plan.reason, plan.message, marker);
  return { status: { ...status, observedGeneration: marker.generation }, next: { kind: 'stalled' } };
}

/** RetryOnFailure: the next attempt comes after its own interval. */
export function retryLater(status: HelmReleaseStatus, afterMs: number, marker: Marker): Transition {
  const message = `retrying after ${formatDuration(afterMs)}`;
  return {
    status: markReconciling(status, 'ProgressingWithRetry', message, marker),
    next: { kind: 'retryAfter', afterMs },
  };
}

function finishDone(release: HelmRelease, inSync: boolean, marker: Marker): Transition {
  const settled = inSync
    ? asReleased(withObservedRendering(keptHistory(release), release), marker)
    : (release.status ?? {});
  const status = unmark(summarize(settled, release, marker), 'Reconciling');
  return {
    status: { ...status, observedGeneration: marker.generation },
    next: { kind: 'done', afterMs: intervalMsOf(release) },
  };
}

function requeue(release: HelmRelease, afterMs: number | undefined, marker: Marker): Transition {
  const status = release.status ?? {};
  if (afterMs !== undefined) return retryLater(status, afterMs, marker);
  const message = findCondition(status.conditions, 'Ready')?.message ?? '';
  return {
    status: markReconciling(status, 'ProgressingWithRetry', message, marker),
    next: { kind: 'backoff' },
  };
}

function keptHistory(release: HelmRelease): HelmReleaseStatus {
  const status = release.status ?? {};
  if (status.history === undefined) return status;
  const cut = activeStrategy(release)?.kind === 'retry' ? newestSnapshots : truncateHistory;
  return { ...status, history: cut(status.history) };
}

/**
 * What the conditions say of a release that is in sync: a remediation or failure that they still show belongs to
 * another spec, and a release taken over from another controller has none.
 */
function asReleased(status: HelmReleaseStatus, marker: Marker): HelmReleaseStatus {
  const [latest] = status.history ?? [];
  const released = findCondition(status.conditions, 'Released');
  const remediated = findCondition(status.conditions, 'Remediated') !== undefined;
  if (latest === undefined || (released?.status === 'True' && !remediated)) return status;
  const installed = !remediated && (released?.reason ?? reasonOf(latest)).startsWith('Install');
  const verb = installed ? 'Install' : 'Upgrade';
  const message = `Helm ${verb.toLowerCase()} succeeded for release ${fullReleaseName(latest)} with chart ${versionedChartName(latest)}`;
  return mark(
    unmark(status, 'Remediated'),
    'Released',
    'True',
    { reason: `${verb}Succeeded`, message },
    marker,
  );
}

function reasonOf(latest: Snapshot): string {
  return latest.action === 'install' || latest.version === 1 ? 'Install' : 'Upgrade';
}
