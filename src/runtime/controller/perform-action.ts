import { NAMESPACE } from '../../core/api/resources.ts';
import type { ActionOutcome } from '../../core/release/action-outcome.ts';
import type { Attempt } from '../../core/release/attempt.ts';
import type { HelmAction } from '../../core/release/helm-action.ts';
import { helmActionOf } from '../../core/release/helm-plan.ts';
import type { ActionPlan } from '../../core/release/plan.ts';
import type { ReleaseRecord } from '../../core/release/release-record.ts';
import { unlockDescription } from '../../core/release/state.ts';
import type { GateWrite, HelmResult, StorageWrite } from '../../io/contract.ts';
import { assertMayWriteRecords } from './access-review.ts';
import type { ActionInput, PerformedAction } from './performed-action.ts';
import { recordAction } from './record-decision.ts';
import { type ReleaseIdentity, releaseIdentity } from './release-identity.ts';
import type { ReleasePass } from './release-pass.ts';

/** Field manager of rendered objects: Flux's, so that a hand-over moves no field (design, decisions). */
const RENDERED_MANAGER = 'helm-controller';
/** helm names the reason in the last line that starts so. */
const ERROR_LINE = /^Error: (.*)$/m;
/** Longest error text taken into a condition; the whole of it is in the audit log's reach of 64 KiB. */
const MAX_ERROR_LENGTH = 2_000;

/** Carries a plan out, by helm through the gate or by rewriting a stuck record, and puts a row in the audit log. */
export async function performAction(
  pass: ReleasePass,
  plan: ActionPlan,
  input: ActionInput,
): Promise<ActionOutcome & { readonly interrupted: boolean }> {
  pass.acted = true;
  const startedMs = pass.options.clock.now();
  const identity = releaseIdentity(pass.release);
  const outcome = await perform(pass, plan, input, identity);
  const durationMs = pass.options.clock.now() - startedMs;
  await recordAction(pass, plan, input, { ...outcome, durationMs });
  const { ok, writes, error, absent, interrupted = false } = outcome;
  return {
    ok,
    writes,
    durationMs,
    interrupted,
    ...(error === undefined ? {} : { error }),
    ...(absent === true ? { absent } : {}),
  };
}

/** An action that ended without any helm. */
const NOTHING_DONE = { command: '', exitCode: null, apiWrites: [], writes: [], durationMs: 0 } as const;

async function perform(
  pass: ReleasePass,
  plan: ActionPlan,
  input: ActionInput,
  identity: ReleaseIdentity,
): Promise<PerformedAction> {
  if (identity.kind === 'refused') {
    return { ...NOTHING_DONE, ok: false, error: identity.message };
  }
  const user = identity.kind === 'impersonated' ? identity.user : undefined;
  return plan.verb === 'Unlock'
    ? await unlock(pass, plan, input.attempt, user)
    : await runHelm(pass, plan, input, user);
}

/** The record is rewritten as ourselves, so whoever the release acts as must be allowed to write it. */
async function unlock(
  pass: ReleasePass,
  plan: ActionPlan & { readonly verb: 'Unlock' },
  attempt: Attempt,
  user: string | undefined,
): Promise<PerformedAction> {
  const { storage } = pass.options;
  const { record } = plan;
  const done = { command: 'unlock', exitCode: 0, apiWrites: [], writes: [], durationMs: 0 };
  try {
    if (user !== undefined) await assertMayWriteRecords(pass, user, attempt.storageNamespace);
    await storage.markFailed(attempt.storageNamespace, record, unlockDescription(record.status), pass.signal);
    return { ...done, ok: true };
  } catch (error) {
    pass.signal.throwIfAborted();
    return {
      ...done,
      ok: false,
      exitCode: null,
      error: error instanceof Error ? error.message : String(error),
    };
  }
}

async function runHelm(
  pass: ReleasePass,
  plan: Exclude<ActionPlan, { verb: 'Unlock' }>,
  { attempt, chart, values, secrets, latest }: ActionInput,
  user: string | undefined,
): Promise<PerformedAction> {
  const { gate, helm } = pass.options;
  const writes: StorageWrite[] = [];
  const apiWrites: GateWrite[] = [];
  const planned = helmActionOf(plan, pass.release, {
    releaseName: attempt.releaseName,
    releaseNamespace: attempt.releaseNamespace,
    chartPath: chart?.path ?? '',
    values: values ?? {},
  });
  if (plan.verb === 'Uninstall') {
    const { storageNamespace, releaseName } = attempt;
    const records = await pass.options.records.read(storageNamespace, releaseName, pass.signal);
    if (records.length === 0) return { ...NOTHING_DONE, ok: true, exitCode: 0, absent: true };
  }
  const action = await prepare(pass, planned, latest, user);
  const session = gate.open({
    releaseName: attempt.releaseName,
    releaseNamespace: attempt.releaseNamespace,
    storageNamespace: attempt.storageNamespace,
    fieldManager: RENDERED_MANAGER,
    ...(user === undefined ? {} : { impersonateUser: user }),
    signal: pass.signal,
    onStorageWrite: (write) => writes.push(write),
    onWrite: (write) => apiWrites.push(write),
  });
  // A removal is carried through: what supersedes it can only begin when the old release is gone.
  const signal = plan.verb === 'Uninstall' ? pass.signal : AbortSignal.any([pass.signal, pass.superseded]);
  try {
    const access = { server: session.server, ...(secrets === undefined ? {} : { secrets }) };
    const result = await helm.run(action, access, signal);
    const { commandLine: command, exitCode, durationMs } = result;
    const done = { command, exitCode, durationMs, writes, apiWrites };
    if (exitCode === 0) return { ...done, ok: true };
    const interrupted = result.killedBy === 'abort';
    return { ...done, ok: false, interrupted, error: errorOf(result, pass) };
  } finally {
    await session.close();
  }
}

/**
 * What helm itself can't be left to do: choose how to apply (it refuses `--force-conflicts` beside `auto`), and make the
 * namespace (it would do so before its record is held).
 */
async function prepare(
  pass: ReleasePass,
  action: HelmAction,
  latest: ReleaseRecord | undefined,
  user: string | undefined,
): Promise<HelmAction> {
  if (action.verb === 'install' && action.createNamespace) {
    const exists = await namespaceExists(pass, action.releaseNamespace);
    // Under another identity helm makes it, through the gate: only that identity's rights count.
    if (!exists && user !== undefined) return action;
    if (!exists) await createNamespace(pass, action.releaseNamespace);
    return { ...action, createNamespace: false };
  }
  if ((action.verb === 'upgrade' || action.verb === 'rollback') && action.serverSide === 'auto') {
    return { ...action, serverSide: latest?.applyMethod === 'ssa' ? 'true' : 'false' };
  }
  return action;
}

async function namespaceExists(pass: ReleasePass, name: string): Promise<boolean> {
  return (await pass.options.kube.find({ resource: NAMESPACE, name }, pass.signal)) !== undefined;
}

async function createNamespace(pass: ReleasePass, name: string): Promise<void> {
  const { kube } = pass.options;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await kube.create(NAMESPACE, namespace, { fieldManager: RENDERED_MANAGER }, pass.signal);
}

/** The one line that says why helm failed; helm 4 logs more around it. */
function errorOf({ stderr, exitCode, killedBy }: HelmResult, pass: ReleasePass): string {
  if (killedBy === 'timeout') return 'helm did not end within its timeout and was stopped';
  if (killedBy === 'abort') {
    return pass.signal.aborted
      ? 'helm was stopped because Helmgate is stopping'
      : 'helm was stopped because the HelmRelease has changed meanwhile';
  }
  if (killedBy === 'output') return 'helm printed more than is allowed and was stopped';
  const line = ERROR_LINE.exec(stderr)?.[1] ?? stderr.trim().split('\n').at(-1) ?? '';
  return line === '' ? `helm ended with exit code ${exitCode}` : line.slice(0, MAX_ERROR_LENGTH);
}
