import type { HelmReleaseStatus } from '../../core/api/helm-release.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { afterAction } from '../../core/release/after-action.ts';
import type { Attempt } from '../../core/release/attempt.ts';
import { beginAction } from '../../core/release/begin-action.ts';
import { beginPass, clearFailures } from '../../core/release/begin-pass.ts';
import { afterBlock, type Block, withCompliance } from '../../core/release/block.ts';
import { findCondition } from '../../core/release/conditions.ts';
import { intervalMsOf, type Next, type Transition } from '../../core/release/next.ts';
import {
  type ActionPlan,
  type ActionType,
  actionTypeOf,
  isAction,
  planAction,
} from '../../core/release/plan.ts';
import type { ReleaseRecord } from '../../core/release/release-record.ts';
import { type Removal, removalOnMove } from '../../core/release/removal.ts';
import { acknowledgeRequest, requestsOf } from '../../core/release/requests.ts';
import { settle } from '../../core/release/settle.ts';
import { determineState } from '../../core/release/state.ts';
import { jittered } from '../clock.ts';
import { type Blocked, type Gathered, gather } from './gather.ts';
import { isOwnRemoval } from './own-removal.ts';
import { performAction } from './perform-action.ts';
import { recordDecision } from './record-decision.ts';
import type { RecordLook } from './record-watch.ts';
import { denialLine, type Judged, NO_POLICIES } from './release-judge.ts';
import type { ReleasePass } from './release-pass.ts';
import { readRepositoryAccess } from './repository-access.ts';
import type { PassResult } from './work-queue.ts';

/** The read of a source wakes its releases however it ends; this is for the case that it never does. */
const FIRST_READ_MS = 30_000;

/** A chart that could not be fetched stops a pass like a missing source does. */
class BlockedError extends Error {
  override readonly name = 'BlockedError';
  readonly block: Block;

  constructor(block: Block) {
    super(block.message);
    this.block = block;
  }
}

/**
 * One pass over a HelmRelease that is not being deleted: gather, judge, then state -> one action -> look again, until
 * nothing is left to do now. An in-sync release runs no helm and writes nothing.
 */
export async function reconcileRelease(pass: ReleasePass): Promise<PassResult> {
  const gathered = await gather(pass);
  if ('block' in gathered) return await endUngathered(pass, gathered);
  try {
    return await converge(pass, gathered);
  } catch (error) {
    if (error instanceof BlockedError) return await endBlocked(pass, error.block);
    throw error;
  }
}

async function converge(pass: ReleasePass, gathered: Gathered): Promise<PassResult> {
  const { attempt } = gathered;
  const forced = requestsOf(pass.release).force;
  const moved = await ownMove(pass, attempt);
  const judged = judge(pass, gathered);
  if (judged === undefined) return await endBlocked(pass, { reason: 'PolicyDenied', message: NO_POLICIES });

  const { decision } = judged;
  const looked = await look(pass, attempt);
  let { records } = looked;
  const before = pass.release;
  pass.assume(beginPass(before, attempt));
  let state = determineState({ release: pass.release, records, attempt });
  let plan = planAction(state, pass.release, { performed: [], forced, records });
  const verdict = JSON.stringify([decision.allowed, decision.findings, attempt, decision.policySet.digest]);
  const acts = isAction(plan) || moved !== undefined;
  if (pass.options.verdicts.isNew(pass.key, verdict) || acts) await recordDecision(pass, attempt, judged);
  if (!decision.allowed) {
    if (state.kind !== 'InSync' || acts) {
      pass.assume(before.status ?? {});
      return await endBlocked(pass, blockOf(decision, pass.options.clock.now()));
    }
  }
  // What runs already does not have to wait.
  const complies = decision.allowed || decision.held !== undefined;
  const violation = complies ? undefined : denialLine(decision);
  pass.assume(withCompliance(pass.release, violation, pass.now()));
  if (moved !== undefined) return await move(pass, moved, gathered);

  const performed: ActionType[] = [];
  for (;;) {
    if (!isAction(plan)) return await end(pass, settle(pass.release, plan, pass.now()));
    if (performed.length === 0 && !looked.live) {
      // What was looked at may come from memory; what is acted on does not.
      records = await pass.options.records.read(attempt.storageNamespace, attempt.releaseName, pass.signal);
      state = determineState({ release: pass.release, records, attempt });
      plan = planAction(state, pass.release, { performed, forced, records });
      if (!isAction(plan)) continue;
    }
    const { log } = pass.options;
    log.info(
      {
        release: pass.key,
        state: state.kind,
        action: plan.verb,
        chart: attempt.chart.version,
      },
      'acting',
    );
    if (pass.superseded.aborted) return { next: 'after', delayMs: 0 };
    const transition = await act(pass, plan, gathered, records[0]);
    const type = actionTypeOf(plan);
    if (type !== undefined) performed.push(type);
    if (transition.next.kind !== 'continue') return await end(pass, transition);
    records = await lookAfter(pass, attempt, transition.status);
    state = determineState({ release: pass.release, records, attempt });
    plan = planAction(state, pass.release, { performed, forced, records });
  }
}

/** What an edit moved the release away from. A history that isn't known to be this release's own is forgotten. */
async function ownMove(pass: ReleasePass, attempt: Attempt): Promise<Removal | undefined> {
  const removal = removalOnMove(pass.release, attempt);
  if (removal === undefined || (await isOwnRemoval(pass, removal))) return removal;
  const { history: _, ...status } = pass.release.status ?? {};
  pass.assume(status);
  return undefined;
}

/**
 * Ends a pass that could not gather everything. A release that stands as its spec wants it, as far as its status says, is not
 * called unready because this process has yet to read its source, or may read it no more.
 */
async function endUngathered(pass: ReleasePass, blocked: Blocked): Promise<PassResult> {
  const { block, judged, underWay } = blocked;
  const { status, metadata } = pass.release;
  const ready = findCondition(status?.conditions, 'Ready');
  const observed = status?.observedGeneration === metadata.generation;
  if (underWay === true && observed && ready !== undefined) return { next: 'after', delayMs: FIRST_READ_MS };
  if (judged === undefined) return await endBlocked(pass, block);
  await recordUnread(pass, judged);
  if (!observed || ready?.status !== 'True') return await endBlocked(pass, block);
  pass.assume(acknowledgeRequest(status ?? {}, pass.release));
  await pass.save(withCompliance(pass.release, block.message, pass.now()));
  return { next: 'after', delayMs: jittered(intervalMsOf(pass.release), pass.options.clock.random()) };
}

/** A release from a repository that is denied itself is denied with it, whatever the rules for releases say. */
function judge({ options, release }: ReleasePass, { facts, repository }: Gathered): Judged | undefined {
  const judged = options.judge.judgeRelease(release, facts);
  if (judged?.decision.allowed !== true) return judged;
  const ofSource = options.judge.judgeSource(repository);
  return ofSource?.decision.allowed === true ? judged : ofSource;
}

/** A denial that only time or another release can lift holds the release; any other one stalls it. */
function blockOf(decision: Decision, nowMs: number): Block {
  const message = denialLine(decision);
  const { held } = decision;
  if (held === undefined) return { reason: 'PolicyDenied', message };
  if (held.until === undefined) return { reason: 'Held', message };
  const afterMs = Math.max(Date.parse(held.until) - nowMs, 0);
  return { reason: 'Held', message: `${message}; held until ${held.until}`, afterMs };
}

/** Puts on record that a source may not be read. What its range would resolve to, and so the values' part, isn't known. */
async function recordUnread(pass: ReleasePass, judged: Judged): Promise<void> {
  const { chart: name = '', version = '*' } = pass.release.spec.chart?.spec ?? {};
  const { allowed, findings, policySet } = judged.decision;
  const verdict = JSON.stringify([allowed, findings, policySet.digest]);
  if (!pass.options.verdicts.isNew(pass.key, verdict)) return;
  await recordDecision(pass, { chart: { name, version }, configDigest: '' }, judged);
}

/**
 * The records after an action. Its outcome is written together with what follows from them, a moment later; at once
 * when they can't be read.
 */
async function lookAfter(
  pass: ReleasePass,
  attempt: Attempt,
  status: HelmReleaseStatus,
): Promise<readonly ReleaseRecord[]> {
  pass.assume(status);
  try {
    return await pass.options.records.read(attempt.storageNamespace, attempt.releaseName, pass.signal);
  } catch (error) {
    await pass.save(status);
    throw error;
  }
}

async function look(pass: ReleasePass, attempt: Attempt): Promise<RecordLook> {
  return await pass.options.records.look(attempt.storageNamespace, attempt.releaseName, pass.signal);
}

/** Status before, the action, status after. The chart is fetched only now, when it is needed. */
async function act(
  pass: ReleasePass,
  plan: ActionPlan,
  gathered: Gathered,
  latest: ReleaseRecord | undefined,
): Promise<Transition> {
  const needsChart = plan.verb === 'Install' || plan.verb === 'Upgrade';
  const chart = needsChart ? await fetchChart(pass, gathered) : undefined;
  const before = pass.release.status;
  await pass.save(beginAction(pass.release, plan, pass.now()));
  const outcome = await performAction(pass, plan, {
    attempt: gathered.attempt,
    values: gathered.values,
    secrets: gathered.secrets,
    ...(chart === undefined ? {} : { chart }),
    ...(latest === undefined ? {} : { latest }),
  });
  const transition = afterAction(pass.release, plan, gathered.attempt, outcome, pass.now());
  return outcome.interrupted ? uncounted(transition, before) : transition;
}

/** An action that we stopped ourselves says nothing about the release: it counts as no attempt, and is made again. */
function uncounted({ status }: Transition, before: HelmReleaseStatus | undefined): Transition {
  const { failures, installFailures, upgradeFailures } = before ?? {};
  return {
    status: {
      ...clearFailures(status),
      ...(failures === undefined ? {} : { failures }),
      ...(installFailures === undefined ? {} : { installFailures }),
      ...(upgradeFailures === undefined ? {} : { upgradeFailures }),
    },
    next: { kind: 'again' },
  };
}

async function fetchChart(
  pass: ReleasePass,
  gathered: Gathered,
): ReturnType<ReleasePass['options']['charts']['fetchChart']> {
  try {
    const access = await readRepositoryAccess(gathered.repository, pass.options.kube, pass.signal);
    return await pass.options.charts.fetchChart(access, gathered.entry, pass.signal);
  } catch (error) {
    pass.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    throw new BlockedError({ reason: 'ArtifactFailed', message });
  }
}

/** Uninstalls the release at the place that an edit moved it away from; the next pass installs at the new one. */
async function move(
  pass: ReleasePass,
  removal: Removal,
  { attempt, secrets }: Gathered,
): Promise<PassResult> {
  const { plan, releaseName, releaseNamespace, storageNamespace } = removal;
  const old: Attempt = { ...attempt, releaseName, releaseNamespace, storageNamespace };
  const begun = pass.release.status ?? {};
  // The counters of this pass belong to the new place; the removal speaks of the old one.
  pass.assume({ ...begun, storageNamespace });
  await pass.save(beginAction(pass.release, plan, pass.now()));
  const outcome = await performAction(pass, plan, { attempt: old, secrets });
  return await end(pass, afterAction(pass.release, plan, old, outcome, pass.now()));
}

async function endBlocked(pass: ReleasePass, block: Block): Promise<PassResult> {
  return await end(pass, afterBlock(pass.release, block, pass.now()));
}

async function end(pass: ReleasePass, { status, next }: Transition): Promise<PassResult> {
  await pass.save(status);
  return resultOf(next, pass.options.clock.random());
}

/** What the queue is told. Intervals are spread; a stalled release waits for a change. */
export function resultOf(next: Next, random: number): PassResult {
  switch (next.kind) {
    case 'continue':
    case 'again':
    case 'finalize':
      return { next: 'after', delayMs: 0 };
    case 'done':
    case 'retryAfter':
      return { next: 'after', delayMs: jittered(next.afterMs, random) };
    case 'stalled':
      return next.afterMs === undefined
        ? { next: 'wait' }
        : { next: 'after', delayMs: jittered(next.afterMs, random) };
    case 'backoff':
      return { next: 'backoff' };
  }
}
