import { randomUUID } from 'node:crypto';
import type { ActionAuditRecord, ReleaseAuditRecord, Verdict } from '../../core/audit/record.ts';
import type { Decision } from '../../core/policy/decision.ts';
import type { Attempt } from '../../core/release/attempt.ts';
import type { ActionPlan } from '../../core/release/plan.ts';
import type { ActionInput, PerformedAction } from './performed-action.ts';
import type { Judged } from './release-judge.ts';
import type { ReleasePass } from './release-pass.ts';

/** Writes the second judgement to the audit log. Rejects when it can't be written: then nothing may be done. */
export async function recordDecision(
  pass: ReleasePass,
  attempt: Pick<Attempt, 'chart' | 'configDigest'>,
  { decision, input }: Judged,
): Promise<void> {
  const { generation = 0 } = pass.release.metadata;
  const { store } = pass.options;
  const row: ReleaseAuditRecord = {
    ...common(pass, verdictOf(decision)),
    phase: 'release',
    findings: decision.findings,
    policySet: decision.policySet,
    durationMs: 0,
    generation,
    chart: { name: attempt.chart.name, version: attempt.chart.version },
    valuesDigest: attempt.configDigest,
    ...(decision.warnings.length === 0 ? {} : { warnings: decision.warnings }),
    ...(store === undefined ? {} : { stored: store.keep(input) }),
  };
  await pass.options.audit.append(row);
  pass.options.onDecision?.(decision);
}

/** Writes what an action did. A row that can't be written is logged: what happened can't be undone by not saying it. */
export async function recordAction(
  pass: ReleasePass,
  plan: ActionPlan,
  { attempt, chart: fetched }: ActionInput,
  performed: PerformedAction,
): Promise<void> {
  const { ok, error, command, exitCode, apiWrites, durationMs } = performed;
  const row: ActionAuditRecord = {
    ...common(pass, ok ? 'Allow' : 'Error'),
    phase: 'action',
    findings: [],
    durationMs,
    action: plan.verb,
    ...chartAndValues(plan, attempt, fetched),
    command,
    exitCode,
    apiWrites,
    outcome: ok ? 'succeeded' : `failed: ${error ?? ''}`,
  };
  try {
    await pass.options.audit.append(row);
  } catch (failure) {
    const text = failure instanceof Error ? failure.message : String(failure);
    pass.options.log.error(
      {
        release: pass.key,
        error: text,
      },
      'an action could not be written to the audit log',
    );
  }
}

/** What the action leaves running: for a rollback that is what it goes back to, not what failed. */
function chartAndValues(
  plan: ActionPlan,
  attempt: Attempt,
  fetched: ActionInput['chart'],
): Required<Pick<ActionAuditRecord, 'chart' | 'valuesDigest'>> {
  if (plan.verb === 'Rollback') {
    const { chartName, chartVersion, configDigest } = plan.to;
    return { chart: { name: chartName, version: chartVersion }, valuesDigest: configDigest };
  }
  const { name, version } = attempt.chart;
  return {
    chart: { name, version, ...(fetched === undefined ? {} : { digest: fetched.digest }) },
    valuesDigest: attempt.configDigest,
  };
}

function verdictOf({ allowed, held }: Decision): Verdict {
  if (allowed) return 'Allow';
  return held === undefined ? 'Deny' : 'Hold';
}

interface CommonFields {
  readonly time: string;
  readonly uid: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly verdict: Verdict;
}

function common(pass: ReleasePass, verdict: Verdict): CommonFields {
  const { namespace = '', name } = pass.release.metadata;
  return {
    time: new Date(pass.options.clock.now()).toISOString(),
    uid: randomUUID(),
    kind: 'HelmRelease',
    namespace,
    name,
    verdict,
  };
}
