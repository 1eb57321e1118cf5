import type { HelmRelease, HelmReleaseStatus, ReleaseAction } from '../api/helm-release.ts';
import { formatDuration } from '../duration.ts';
import type { ActionOutcome } from './action-outcome.ts';
import type { Attempt } from './attempt.ts';
import { clearFailures } from './begin-pass.ts';
import { findCondition } from './conditions.ts';
import { digestValues } from './config-digest.ts';
import { isStored, recordWrites } from './history.ts';
import { type Marker, mark, markerOf, markReconciling, unmark } from './mark.ts';
import type { Transition } from './next.ts';
import { withObservedRendering } from './observed-rendering.ts';
import { outcomeText } from './outcome-text.ts';
import { type ActionPlan, retriesExceeded } from './plan.ts';
import { finishStalled, retryLater } from './settle.ts';
import { snapshotOf } from './snapshot.ts';
import {
  type AttemptedAction,
  activeStrategy,
  failureCount,
  retriesExhausted,
  strategyFor,
} from './strategy.ts';
import { summarize } from './summarize.ts';

/**
 * Takes an action's outcome into the status: history from the observed writes, counters, conditions, Ready.
 * `release.status` is what `beginAction` returned. A failure counts as an attempt only if it reached storage: without a
 * new revision there is nothing to remedy, and the action is repeated with a growing delay.
 */
export function afterAction(
  release: HelmRelease,
  plan: ActionPlan,
  attempt: Attempt,
  outcome: ActionOutcome,
  now: string,
): Transition {
  const result = checked(plan, outcome);
  const marker = markerOf(release, now);
  const before = release.status ?? {};
  const recorded = { ...before, history: historyAfter(before, plan, attempt, result, now) };
  const rendered =
    result.ok && attemptedAction(plan) !== undefined ? withObservedRendering(recorded, release) : recorded;
  const counted = counters(rendered, release, plan, result);
  const marked = markOutcome(counted, plan, attempt, result, marker);
  const status = summarize(marked, { ...release, status: marked }, marker);
  return follow({ ...release, status }, plan, result, marker);
}

/** An uninstall that succeeds without touching storage has not uninstalled anything. */
function checked(plan: ActionPlan, outcome: ActionOutcome): ActionOutcome {
  const silent =
    plan.verb === 'Uninstall' && outcome.ok && outcome.absent !== true && !reachedStorage(outcome);
  return silent
    ? { ...outcome, ok: false, error: 'uninstall completed with error: no Helm storage update' }
    : outcome;
}

function reachedStorage(outcome: ActionOutcome): boolean {
  return outcome.writes.some(isStored);
}

function historyAfter(
  status: HelmReleaseStatus,
  plan: ActionPlan,
  attempt: Attempt,
  outcome: ActionOutcome,
  now: string,
): NonNullable<HelmReleaseStatus['history']> {
  const history = status.history ?? [];
  if (plan.verb === 'Unlock') {
    if (!outcome.ok) return history;
    const unlocked = { ...plan.record, status: 'failed' };
    const known = history.find((snapshot) => snapshot.version === unlocked.version);
    const configDigest = known?.configDigest ?? digestValues(unlocked.config);
    const snapshot = snapshotOf(unlocked, {
      configDigest,
      now,
      ...(known?.action ? { action: known.action } : {}),
    });
    return [snapshot, ...history.filter((other) => other.version < unlocked.version)];
  }
  if (plan.verb === 'Uninstall' && plan.purpose === 'replacement' && outcome.ok) return [];
  return recordWrites(history, outcome.writes, {
    action: recordedAction(plan),
    // The digest of what was asked for, not of what helm stored: with preserveValues the two differ, and comparing
    // with the stored values would upgrade for ever.
    configDigestOf: (record) =>
      plan.verb === 'Rollback'
        ? plan.to.configDigest
        : plan.verb === 'Uninstall'
          ? digestValues(record.config)
          : attempt.configDigest,
    now,
  });
}

function recordedAction(plan: Exclude<ActionPlan, { verb: 'Unlock' }>): ReleaseAction {
  switch (plan.verb) {
    case 'Install':
      return 'install';
    case 'Upgrade':
      return 'upgrade';
    case 'Rollback':
      return 'rollback';
    case 'Uninstall':
      return plan.purpose === 'remediation' ? 'uninstall-remediation' : 'uninstall';
  }
}

function counters(
  status: HelmReleaseStatus,
  release: HelmRelease,
  plan: ActionPlan,
  outcome: ActionOutcome,
): HelmReleaseStatus {
  const action = attemptedAction(plan);
  const timed =
    action === undefined
      ? status
      : { ...status, lastAttemptedReleaseActionDuration: formatDuration(Math.round(outcome.durationMs)) };
  if (outcome.ok) {
    if (plan.verb === 'Uninstall' && plan.purpose === 'replacement') return forgetRelease(timed);
    const clears = action !== undefined && strategyFor(release, action).kind === 'retry';
    return clears ? clearFailures(timed) : timed;
  }
  const failed = { ...timed, failures: (status.failures ?? 0) + 1 };
  if (action === undefined || !reachedStorage(outcome)) return failed;
  const count = failureCount(status, action) + 1;
  return { ...failed, [action === 'install' ? 'installFailures' : 'upgradeFailures']: count };
}

function attemptedAction(plan: ActionPlan): AttemptedAction | undefined {
  if (plan.verb === 'Install') return 'install';
  return plan.verb === 'Upgrade' ? 'upgrade' : undefined;
}

/** The old release is gone; the next pass installs at the new place with a clean slate. */
function forgetRelease(status: HelmReleaseStatus): HelmReleaseStatus {
  const { storageNamespace: _, ...rest } = clearFailures(status);
  return rest;
}

function markOutcome(
  status: HelmReleaseStatus,
  plan: ActionPlan,
  attempt: Attempt,
  outcome: ActionOutcome,
  marker: Marker,
): HelmReleaseStatus {
  const text = outcomeText(plan, attempt, outcome, status.history?.[0]);
  const value = outcome.ok ? 'True' : 'False';
  switch (plan.verb) {
    case 'Install':
    case 'Upgrade':
      return mark(status, 'Released', value, text, marker);
    case 'Rollback':
      return mark(status, 'Remediated', value, text, marker);
    case 'Unlock':
      return mark(status, 'Released', 'False', text, marker);
    case 'Uninstall':
      return plan.purpose === 'remediation'
        ? mark(status, 'Remediated', value, text, marker)
        : mark(status, 'Released', 'False', text, marker);
  }
}

function follow(release: HelmRelease, plan: ActionPlan, outcome: ActionOutcome, marker: Marker): Transition {
  const status = release.status ?? {};
  const strategy = activeStrategy(release);
  if (plan.verb === 'Uninstall' && outcome.ok) {
    if (plan.purpose === 'replacement') return { status, next: { kind: 'again' } };
    if (plan.purpose === 'deletion') {
      return { status: unmark(status, 'Reconciling'), next: { kind: 'finalize' } };
    }
  }
  const remedies = plan.verb === 'Rollback' || (plan.verb === 'Uninstall' && plan.purpose === 'remediation');
  if (remedies && (outcome.ok || reachedStorage(outcome))) return afterRemedy(release, plan, marker);
  const counted = attemptedAction(plan) !== undefined && reachedStorage(outcome);
  if (outcome.ok || counted) return { status, next: { kind: 'continue' } };
  if (strategy?.kind === 'retry' && attemptedAction(plan) !== undefined) {
    return retryLater(status, strategy.intervalMs, marker);
  }
  const message = findCondition(status.conditions, 'Ready')?.message ?? outcome.error ?? '';
  return {
    status: markReconciling(status, 'ProgressingWithRetry', message, marker),
    next: { kind: 'backoff' },
  };
}

/** A pass ends with a remedy: retries left mean a new pass, else the release is stalled. */
function afterRemedy(release: HelmRelease, plan: ActionPlan, marker: Marker): Transition {
  const status = release.status ?? {};
  const strategy = activeStrategy(release);
  // Uninstalled after failed upgrades: installing counts its own attempts, so it is tried although upgrades are used up.
  const startsOver = plan.verb === 'Uninstall' && strategy?.action === 'upgrade';
  if (strategy !== undefined && retriesExhausted(release, strategy.action) && !startsOver) {
    return finishStalled(release, retriesExceeded(release, strategy.action), marker);
  }
  const message = findCondition(status.conditions, 'Ready')?.message ?? '';
  return {
    status: markReconciling(status, 'ProgressingWithRetry', message, marker),
    next: { kind: 'backoff' },
  };
}
