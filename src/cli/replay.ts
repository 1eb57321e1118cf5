import { Command, InvalidArgumentError, Option } from 'commander';

import { formatLocatedError } from '../core/policy/located-error.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import { Summarizer } from '../core/replay/summary.ts';
import { AuditLogError } from '../io/auditlog/audit-log-error.ts';
import { readPolicyFiles } from '../io/policyfiles/read-policy-files.ts';
import { kubeTime } from '../runtime/clock.ts';
import { type AuditLogFlags, auditLogPath, withAuditLog } from './audit-log-option.ts';
import { DEFAULT_POLICIES, loadPolicies } from './check/load-policies.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_POLICY, EXIT_USAGE } from './exit-code.ts';
import { counted } from './output/counted.ts';
import { ReplayError } from './replay/replay-error.ts';
import { type ReplayedLog, replayLog } from './replay/replay-log.ts';
import { replayJson, replayText } from './replay/replay-text.ts';

interface ReplayFlags extends AuditLogFlags {
  readonly policies?: readonly string[];
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly since?: string;
  readonly now?: string;
  readonly output: 'text' | 'json';
}

/** `helmgate replay`: what a candidate policy set would change, over the audit log and over live objects. */
export function replayCommand(context: CliContext): Command {
  const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  return withAuditLog(new Command('replay'))
    .description('judge recorded decisions and live objects again, with a candidate policy set')
    .addOption(
      new Option(
        '-p, --policies <folder>',
        `folder with the candidate; may be given several times (${DEFAULT_POLICIES})`,
      ).argParser(collect),
    )
    .addOption(
      new Option('--cluster', 'judge what is stored in the cluster now, instead of the log').conflicts([
        'audit',
        'file',
        'since',
      ]),
    )
    .option('--kubeconfig <file>', 'with --cluster: kubeconfig to use instead of $KUBECONFIG')
    .option('--context <name>', 'with --cluster: context of the kubeconfig')
    .option('--namespace <namespace>', 'only this namespace')
    .addOption(new Option('--since <time>', 'only rows from this time on').argParser(time))
    .addOption(
      new Option('--now <time>', 'the moment to judge at, for staged rules and exceptions').argParser(time),
    )
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Rows are judged with what was known when they were written. A rule that needs more than the rules of that time is counted as not
to be told, never as allowed.
Exit codes: 0 nothing newly denied, 1 something newly denied, 2 the log, the cluster or the command line cannot be read, or no decision could
be judged again, 3 the policies are invalid. A log that has rows and no decision yet ends with 0.

Examples:
  helmgate replay --policies candidate/
  helmgate replay -p candidate/ --audit /var/log/helmgate/audit.jsonl --since 2026-11-01 -o json
  helmgate replay -p candidate/ --cluster`,
    )
    .action(async (flags: ReplayFlags) => {
      try {
        context.setExitCode(await replay(flags, context));
      } catch (error) {
        if (!(error instanceof AuditLogError || error instanceof ReplayError)) throw error;
        context.stderr.write(`helmgate replay: ${error.message}\n`);
        context.setExitCode(EXIT_USAGE);
      }
    });
}

async function replay(flags: ReplayFlags, context: CliContext): Promise<number> {
  if (flags.cluster !== true && (flags.kubeconfig ?? flags.context) !== undefined) {
    throw new ReplayError('--kubeconfig and --context say which cluster is read: they need --cluster');
  }
  const set = await candidate(flags, context);
  if (set === undefined) return EXIT_POLICY;
  const options = { ...flags, now: flags.now ?? kubeTime(Date.now()) };
  const summarizer = new Summarizer();
  const started = performance.now();
  let problem: string | undefined;
  if (flags.cluster === true) {
    const { replayCluster } = await import('./replay/replay-cluster.ts');
    await replayCluster(set, summarizer, options, context);
  } else {
    const audit = auditLogPath(flags, context);
    const log = await replayLog(set, summarizer, { ...options, audit }, context);
    problem = problemOf(audit, log, summarizer.summary.replayed);
  }
  const seconds = (performance.now() - started) / 1000;
  const { summary } = summarizer;
  // Where nothing was judged again, nothing can be said of the exceptions.
  const unneeded = summary.replayed === 0 ? [] : summarizer.exceptionUses.unusedOf(set);
  context.stdout.write(
    flags.output === 'json' ? replayJson(summary, unneeded) : replayText(summary, unneeded, seconds),
  );
  if (problem !== undefined) throw new ReplayError(problem);
  return summary.newlyDenied > 0 ? EXIT_FAILED : EXIT_OK;
}

/** Why a log does not say what the candidate would change; a new gate has rows and no decision, and nothing to change. */
function problemOf(audit: string, log: ReplayedLog, replayed: number): string | undefined {
  const { rows, decisions, wanted, foreign, firstForeign } = log;
  if (foreign > 0) {
    const lines = counted(foreign, 'line is no row', 'lines are no rows');
    return `${audit} cannot be trusted: ${lines} of an audit log, first line ${firstForeign} (see \`helmgate audit verify\`)`;
  }
  if (rows === 0) return `${audit} has no row: nothing was judged again`;
  if (decisions > 0 && wanted === 0) return `none of the ${decisions} decisions in ${audit} was asked for`;
  return wanted > 0 && replayed === 0 ? 'none of the decisions could be judged again' : undefined;
}

async function candidate(
  { policies = [DEFAULT_POLICIES] }: ReplayFlags,
  { cwd, stderr }: CliContext,
): Promise<PolicySet | undefined> {
  const loaded = await loadPolicies(policies, cwd, { readPolicyFiles });
  for (const warning of loaded.warnings) stderr.write(`warning: ${formatLocatedError(warning)}\n`);
  if (loaded.ok) return loaded.set;
  for (const error of loaded.errors) stderr.write(`${formatLocatedError(error)}\n`);
  if (loaded.message !== undefined) stderr.write(`helmgate replay: ${loaded.message}\n`);
  return undefined;
}

/** Brings a time to the form that rows have. */
function time(text: string): string {
  const read = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(read.getTime())) {
    throw new InvalidArgumentError('it must be a time such as 2026-11-22T12:00:00Z.');
  }
  return read.toISOString();
}
