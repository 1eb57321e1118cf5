import { join } from 'node:path';
import { Command, Option } from 'commander';
import { stateFolder } from '../config/folders.ts';
import { shortText } from '../core/policy/short-text.ts';
import { AuditLogError } from '../io/auditlog/audit-log-error.ts';
import { judgedFolder } from '../io/auditlog/object-store.ts';
import { ObjectReader } from '../io/auditlog/read-objects.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_USAGE } from './exit-code.ts';
import { explainRow } from './why/explain-row.ts';
import { findAbout } from './why/find-about.ts';
import { explainedJson, explainedText } from './why/why-text.ts';

interface WhyFlags {
  readonly audit?: string;
  readonly kind?: string;
  readonly output: 'text' | 'json';
}

/** `helmgate why`: the newest decisions about an object, or one decision, with the rules, their lines and the smallest edit. */
export function whyCommand(context: CliContext): Command {
  return new Command('why')
    .description('say why an object stands as it does, from the audit log')
    .argument('<what>', 'NAMESPACE/NAME of an object, or the uid of a decision')
    .option('--kind <kind>', 'kind of the object', 'HelmRelease')
    .option('--audit <file>', "the audit log; that of this user's `helmgate serve` when left out")
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Shows the newest decision at admission, the newest at release time and the newest run of helm. Where what was judged was kept, each
decision is made again with the policies of that time: then the rules that matched, and the smallest edit that would pass, are shown too.
Exit codes: 0 nothing stands against it, 1 something does, 2 the log has nothing about it.

Examples:
  helmgate why apps/flagger
  helmgate why apps/charts --kind HelmRepository
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
  const audit = flags.audit ?? join(stateFolder(context.env), 'audit.jsonl');
  const rows = await findAbout(audit, what, flags.kind ?? 'HelmRelease', context.signal);
  if (rows.length === 0) {
    context.stderr.write(`helmgate why: ${audit} has nothing about ${shortText(what)}\n`);
    context.setExitCode(EXIT_USAGE);
    return;
  }
  const reader = new ObjectReader(judgedFolder(audit));
  const explained = [];
  for (const row of rows) explained.push(await explainRow(row, reader));
  context.stdout.write(flags.output === 'json' ? explainedJson(explained) : explainedText(explained));
  if (explained.some(({ row }) => row['verdict'] !== 'Allow')) context.setExitCode(EXIT_FAILED);
}
