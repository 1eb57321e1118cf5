/** Drives the pure release core as the reconcile loop does, against a helm of plain data. */
import type { HelmRelease, HelmReleaseSpec } from '../../../src/core/api/helm-release.ts';
import { afterAction } from '../../../src/core/release/after-action.ts';
import type { Attempt } from '../../../src/core/release/attempt.ts';
import { beginAction } from '../../../src/core/release/begin-action.ts';
import { beginPass } from '../../../src/core/release/begin-pass.ts';
import type { Next } from '../../../src/core/release/next.ts';
import {
  type ActionPlan,
  type ActionType,
  actionTypeOf,
  isAction,
  planAction,
} from '../../../src/core/release/plan.ts';
import type { ReleaseRecord } from '../../../src/core/release/release-record.ts';
import { requestsOf } from '../../../src/core/release/requests.ts';
import { settle } from '../../../src/core/release/settle.ts';
import { determineState } from '../../../src/core/release/state.ts';
import { runHelm, type Script } from './fake-helm.ts';

export interface World {
  readonly release: HelmRelease;
  readonly records: readonly ReleaseRecord[];
  /** `Install`, `Rollback to 1`, ... in order, over all passes. */
  readonly actions: readonly string[];
  /** How each pass ended. */
  readonly ends: readonly Next['kind'][];
  readonly now: number;
}

export const ATTEMPT: Attempt = {
  releaseName: 'app',
  releaseNamespace: 'ns',
  storageNamespace: 'ns',
  chart: { name: 'chart', version: '1.0.0' },
  configDigest: 'sha256:one',
};

export function attemptOf(version: string, configDigest = 'sha256:one'): Attempt {
  return { ...ATTEMPT, chart: { name: 'chart', version }, configDigest };
}

export function worldOf(spec: Partial<HelmReleaseSpec> = {}): World {
  const release: HelmRelease = {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'app', namespace: 'ns', generation: 1 },
    spec: { interval: '10m', ...spec },
    status: { observedGeneration: -1 },
  };
  return { release, records: [], actions: [], ends: [], now: 0 };
}

/** The world after an edit of the spec. */
export function edited(world: World, spec: Partial<HelmReleaseSpec>): World {
  const { release } = world;
  const generation = (release.metadata.generation ?? 0) + 1;
  return {
    ...world,
    release: {
      ...release,
      metadata: { ...release.metadata, generation },
      spec: { ...release.spec, ...spec },
    },
  };
}

/** Whole seconds after midnight. */
export function timeOf(seconds: number): string {
  const part = (value: number): string => String(value).padStart(2, '0');
  return `2026-01-01T${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}Z`;
}

/** One pass. `script` says how each action of the pass ends; a crash ends the pass with nothing recorded. */
export function pass(world: World, attempt: Attempt, script: (plan: ActionPlan) => Script): World {
  const { force } = requestsOf(world.release);
  let { release, records, now } = world;
  const actions = [...world.actions];
  const performed: ActionType[] = [];
  release = { ...release, status: beginPass(release, attempt) };
  for (;;) {
    now += 1;
    const state = determineState({ release, records, attempt });
    const plan = planAction(state, release, { performed, forced: force, records });
    if (!isAction(plan)) {
      const { status, next } = settle(release, plan, timeOf(now));
      return { release: { ...release, status }, records, actions, ends: [...world.ends, next.kind], now };
    }
    release = { ...release, status: beginAction(release, plan, timeOf(now)) };
    actions.push(plan.verb === 'Rollback' ? `Rollback to ${plan.to.version}` : plan.verb);
    const how = script(plan);
    const ran = runHelm(records, plan, attempt, how);
    records = ran.records;
    now += 5;
    if (how === 'crash') return { release, records, actions, ends: world.ends, now };
    const { status, next } = afterAction(release, plan, attempt, ran.outcome, timeOf(now));
    release = { ...release, status };
    if (next.kind !== 'continue') {
      return { release, records, actions, ends: [...world.ends, next.kind], now };
    }
    const type = actionTypeOf(plan);
    if (type !== undefined) performed.push(type);
  }
}

/** Passes until one ends in rest (done, stalled) or `limit` are over. */
export function passes(
  world: World,
  attempt: Attempt,
  script: (plan: ActionPlan) => Script,
  limit = 20,
): World {
  let current = world;
  for (let count = 0; count < limit; count += 1) {
    current = pass(current, attempt, script);
    const end = current.ends.at(-1);
    if (end === 'done' || end === 'stalled') break;
  }
  return current;
}

/** `3 deployed`, ... as `helm history` lists them, oldest first. */
export function helmHistory(world: World): readonly string[] {
  return world.records.map((record) => `${record.version} ${record.status}`).toReversed();
}

/** `Ready=False RollbackSucceeded`, ... sorted. */
export function conditionsOf(world: World): readonly string[] {
  return (world.release.status?.conditions ?? [])
    .map(({ type, status, reason }) => `${type}=${status} ${reason}`)
    .toSorted();
}
