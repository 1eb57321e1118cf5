import type { HelmRelease, Snapshot } from '../api/helm-release.ts';
import { previousDeployed } from './history.ts';
import type { ReleaseRecord } from './release-record.ts';
import type { ReleaseState } from './state.ts';
import {
  type AttemptedAction,
  activeStrategy,
  failureCount,
  retriesExhausted,
  type Strategy,
} from './strategy.ts';

/** Something to do now, and then to look again. */
export type ActionPlan =
  | { readonly verb: 'Install' }
  /** `clearHistory`: the history belongs to another release than the one found. */
  | { readonly verb: 'Upgrade'; readonly clearHistory: boolean }
  | { readonly verb: 'Rollback'; readonly to: Snapshot }
  | { readonly verb: 'Uninstall'; readonly purpose: UninstallPurpose; readonly current?: Snapshot }
  | { readonly verb: 'Unlock'; readonly record: ReleaseRecord };

/**
 * Why a release is uninstalled: to undo a failure, to finish an uninstall that was interrupted, because its
 * HelmRelease is deleted, or because it moves to another name, namespace or chart.
 */
export type UninstallPurpose = 'remediation' | 'heal' | 'deletion' | 'replacement';

/** The end of a pass. */
export type RestPlan =
  /** `inSync`: as wanted; otherwise there is nothing left to do that would help. */
  | { readonly verb: 'None'; readonly inSync: boolean }
  /** The next step would repeat one of this pass: try again with growing delay, or after `afterMs`. */
  | { readonly verb: 'Requeue'; readonly afterMs?: number }
  | StallPlan
  | { readonly verb: 'Report'; readonly reason: 'StateError'; readonly message: string };

/** Nothing will be tried again by itself. */
export interface StallPlan {
  readonly verb: 'Stall';
  readonly reason: 'RetriesExceeded' | 'MissingRollbackTarget';
  readonly message: string;
}

export type Plan = ActionPlan | RestPlan;

/** Each type of action runs at most once in a pass. */
export type ActionType = 'release' | 'remediate' | 'unlock' | 'heal';

export interface PassSoFar {
  /** Types of the actions that this pass has run. */
  readonly performed: readonly ActionType[];
  /** The user asked for a release action (`forceAt`). It counts until one has run. */
  readonly forced: boolean;
  /** All revisions in storage, highest first: a rollback target must still be there. */
  readonly records: readonly ReleaseRecord[];
}

export function isAction(plan: Plan): plan is ActionPlan {
  return actionTypeOf(plan) !== undefined;
}

/** The type of the action; undefined when the plan is to rest. */
export function actionTypeOf(plan: Plan): ActionType | undefined {
  switch (plan.verb) {
    case 'Install':
    case 'Upgrade':
      return 'release';
    case 'Rollback':
      return 'remediate';
    case 'Uninstall':
      return plan.purpose === 'heal' ? 'heal' : 'remediate';
    case 'Unlock':
      return 'unlock';
    default:
      return undefined;
  }
}

/** Chooses the one next step for a state; the whole table is in docs/release-states.md. */
export function planAction(state: ReleaseState, release: HelmRelease, pass: PassSoFar): Plan {
  const plan = planForState(state, release, pass);
  const type = actionTypeOf(plan);
  return type !== undefined && pass.performed.includes(type) ? afterRepeat(release) : plan;
}

/** `Failed to <action> after <n> attempt(s)`, as Flux says it. */
export function retriesExceeded(release: HelmRelease, action: AttemptedAction): StallPlan {
  const attempts = failureCount(release.status, action);
  return {
    verb: 'Stall',
    reason: 'RetriesExceeded',
    message: `Failed to ${action} after ${attempts} attempt(s)`,
  };
}

function planForState(state: ReleaseState, release: HelmRelease, pass: PassSoFar): Plan {
  const forced = pass.forced && !pass.performed.includes('release');
  switch (state.kind) {
    case 'InSync':
      return forced ? { verb: 'Upgrade', clearHistory: false } : { verb: 'None', inSync: true };
    case 'Locked':
      return { verb: 'Unlock', record: state.record };
    case 'Absent':
      return retriesExhausted(release, 'install') && !forced
        ? retriesExceeded(release, 'install')
        : { verb: 'Install' };
    case 'Unmanaged':
      return { verb: 'Upgrade', clearHistory: true };
    case 'OutOfSync':
      return retriesExhausted(release, 'upgrade') && !forced
        ? retriesExceeded(release, 'upgrade')
        : { verb: 'Upgrade', clearHistory: false };
    case 'Failed':
      return state.interruptedUninstall
        ? uninstall('heal', release)
        : planForFailed(release, { ...pass, forced });
    case 'Undetermined':
      return {
        verb: 'Report',
        reason: 'StateError',
        message: `Could not determine release state: ${state.reason}`,
      };
  }
}

function planForFailed(release: HelmRelease, pass: PassSoFar): Plan {
  const upgrade: Plan = { verb: 'Upgrade', clearHistory: false };
  const strategy = activeStrategy(release);
  if (strategy === undefined || strategy.kind === 'retry') return upgrade;
  // No counted failure: what failed was another spec, chart or configuration than the present one.
  if (failureCount(release.status, strategy.action) <= 0 || pass.forced) return upgrade;
  if (retriesExhausted(release, strategy.action) && !strategy.remediateLastFailure) {
    return retriesExceeded(release, strategy.action);
  }
  return strategy.remedy === 'uninstall' ? uninstall('remediation', release) : rollback(release, pass);
}

function rollback(release: HelmRelease, pass: PassSoFar): Plan {
  const to = previousDeployed(release.status?.history ?? []);
  if (to === undefined) {
    return {
      verb: 'Stall',
      reason: 'MissingRollbackTarget',
      message:
        'Failed to perform remediation: missing target release for rollback: cannot remediate failed release',
    };
  }
  const stored = pass.records.some((record) => record.version === to.version && record.name === to.name);
  // Without its record helm cannot go back; a new upgrade is the only way left.
  return stored ? { verb: 'Rollback', to } : { verb: 'Upgrade', clearHistory: false };
}

function uninstall(purpose: UninstallPurpose, release: HelmRelease): ActionPlan {
  const current = release.status?.history?.[0];
  return { verb: 'Uninstall', purpose, ...(current === undefined ? {} : { current }) };
}

function afterRepeat(release: HelmRelease): RestPlan {
  const strategy: Strategy | undefined = activeStrategy(release);
  if (strategy?.kind === 'retry') return { verb: 'Requeue', afterMs: strategy.intervalMs };
  return strategy !== undefined && retriesExhausted(release, strategy.action)
    ? { verb: 'None', inSync: false }
    : { verb: 'Requeue' };
}
