import { Command, Option } from 'commander';
import { shortText } from '../core/policy/short-text.ts';
import { AuditLogError } from '../io/auditlog/audit-log-error.ts';
import { judgedFolder } from '../io/auditlog/object-store.ts';
import { ObjectReader } from '../io/auditlog/read-objects.ts';
import { type AuditLogFlags, auditLogPath, withAuditLog } from './audit-log-option.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_USAGE } from './exit-code.ts';
import { explainRow } from './why/explain-row.ts';
import { findAbout } from './why/find-about.ts';
import { explainedJson, explainedText } from './why/why-text.ts';

interface WhyFlags extends AuditLogFlags {
  readonly kind?: string;
  readonly effective?: true;
  readonly output: 'text' | 'json';
}

/** `helmgate why`: the newest decisions about an object, or one decision, with the rules, their lines and the smallest edit. */
export function whyCommand(context: CliContext): Command {
  return withAuditLog(new Command('why'))
    .description('say why an object stands as it does, from the audit log')
    .argument('<what>', 'NAMESPACE/NAME of an object, or the uid of a decision')
    .option('--kind <kind>', 'kind of the object', 'HelmRelease')
    .option(
      '--effective',
      'also each field as the controller sees it: written, or set by which rule or whose default',
    )
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Shows the newest decision at admission, the newest at release time and the newest run of helm. A denied dry run is shown too while nothing
newer was decided: Flux sends one before each apply, and applies nothing when it is denied. Where what was judged was kept, each decision is
made again with the policies of that time: then the rules that matched, and the smallest edit that would pass, are shown too.
Exit codes: 0 nothing stands against it, 1 something does, 2 the log has nothing about it.

Examples:
  helmgate why apps/flagger
  helmgate why apps/charts --kind HelmRepository
  helmgate why apps/flagger --effective
  helmgate why 705ab4f5-6393-11e8-b7cc-42010a800002 -o json`,
    )
    .action(async (what: string, flags: WhyFlags) => {
      try {
        await why(what, flags, context);
      } catch (error) {
        if (!(error instanceof AuditLogError)) throw error;
        context.stderr.write(`helmgate why: ${error.message}\n`);
        context.setExitCode(EXIT_USAGE);
      }
    });
}

async function why(what: string, flags: WhyFlags, context: CliContext): Promise<void> {
  const audit = auditLogPath(flags, context);
  const { kind = 'HelmRelease' } = flags;
  const rows = await findAbout(audit, what, kind, context.signal);
  if (rows.length === 0) {
    const about = what.includes('/') ? `${what} of kind ${kind}` : what;
    context.stderr.write(`helmgate why: ${audit} has nothing about ${shortText(about)}\n`);
    context.setExitCode(EXIT_USAGE);
    return;
  }
  const reader = new ObjectReader(judgedFolder(audit));
  const explained = [];
  for (const row of rows)
    explained.push(await explainRow(row, reader, { effective: flags.effective === true }));
  context.stdout.write(flags.output === 'json' ? explainedJson(explained) : explainedText(explained));
  if (explained.some(({ row }) => row['verdict'] !== 'Allow')) context.setExitCode(EXIT_FAILED);
}
