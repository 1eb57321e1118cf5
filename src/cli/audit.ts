import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

import { stateFolder } from '../config/folders.ts';
import { parseInstant } from '../core/policy/instant.ts';
import { shortText } from '../core/policy/short-text.ts';
import { AuditLogError } from '../io/auditlog/audit-log-error.ts';
import { readRows } from '../io/auditlog/read-rows.ts';
import { matchRow, type RowFilter } from './audit/row-filter.ts';
import { rowText } from './audit/row-text.ts';
import { type DecisionCheck, verifyDecision } from './audit/verify-decision.ts';
import { verifiedJson, verifiedText, verifyLines } from './audit/verify-file.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_USAGE } from './exit-code.ts';

interface OutputFlags {
  readonly file?: string;
  readonly output: 'text' | 'json';
}

interface TailFlags extends OutputFlags, RowFilter {
  readonly lines: number;
  readonly follow?: boolean;
}

interface QueryFlags extends OutputFlags, RowFilter {
  readonly limit: number;
}

const DEFAULT_TAIL = 10;
const DEFAULT_LIMIT = 1_000;

/** `helmgate audit verify|verify-decision|tail|query`: reads an audit log, also while it is being written. */
export function auditCommand(context: CliContext): Command {
  const path = ({ file }: OutputFlags): string => file ?? join(stateFolder(context.env), 'audit.jsonl');
  const run =
    <Flags>(action: (flags: Flags) => Promise<void>): ((flags: Flags) => Promise<void>) =>
    async (flags) => {
      try {
        await action(flags);
      } catch (error) {
        if (!(error instanceof AuditLogError)) throw error;
        context.stderr.write(`${error.message}\n`);
        context.setExitCode(EXIT_USAGE);
      }
    };

  const verify = withOutput(new Command('verify'))
    .description('verify the hash chain; exit 1 at the first row that breaks it')
    .addHelpText(
      'after',
      `
Examples:
  helmgate audit verify
  helmgate audit verify --file /var/log/helmgate/audit.jsonl -o json`,
    )
    .action(
      run<OutputFlags>(async (flags) => {
        const verified = await verifyLines(readRows(path(flags), { signal: context.signal }));
        const text =
          flags.output === 'json'
            ? JSON.stringify(verifiedJson(path(flags), verified))
            : verifiedText(path(flags), verified);
        context.stdout.write(`${text}\n`);
        if (verified.broken !== undefined) context.setExitCode(EXIT_FAILED);
      }),
    );

  const tail = withFilters(withOutput(new Command('tail')))
    .description('show the last rows')
    .addOption(new Option('-n, --lines <n>', 'how many').default(DEFAULT_TAIL).argParser(wholeNumber))
    .option('-f, --follow', 'go on with rows as they are written')
    .addHelpText(
      'after',
      `
Examples:
  helmgate audit tail -n 50 --namespace apps
  helmgate audit tail -f --verdict Deny`,
    )
    .action(
      run<TailFlags>(async (flags) => {
        await printTail(context, path(flags), flags);
      }),
    );

  const query = withFilters(withOutput(new Command('query')))
    .description('show the rows that match, oldest first; exit 1 when there is none')
    .addOption(new Option('--limit <n>', 'stop after so many').default(DEFAULT_LIMIT).argParser(wholeNumber))
    .addHelpText(
      'after',
      `
Examples:
  helmgate audit query --namespace apps --name flagger -o json
  helmgate audit query --since 2026-11-22T12:00:00Z --rule baseline/sources --limit 20`,
    )
    .action(
      run<QueryFlags>(async (flags) => {
        let shown = 0;
        for await (const { text } of readRows(path(flags), { signal: context.signal })) {
          if (shown >= flags.limit) break;
          if (print(context, text, flags)) shown += 1;
        }
        if (shown === 0) context.setExitCode(EXIT_FAILED);
      }),
    );

  const decision = withOutput(new Command('verify-decision'))
    .description(
      'judge a recorded decision again, with the policies of that time; exit 1 when it comes out otherwise',
    )
    .argument('<uid>', "the row's uid")
    .addHelpText(
      'after',
      `
Examples:
  helmgate audit verify-decision 705ab4f5-6393-11e8-b7cc-42010a800002
  helmgate audit verify-decision 705ab4f5-6393-11e8-b7cc-42010a800002 --file /var/log/helmgate/audit.jsonl`,
    )
    .action(async (uid: string, flags: OutputFlags) => {
      await run<OutputFlags>(async () => {
        const check = await verifyDecision(path(flags), uid, context.signal);
        context.stdout.write(
          `${flags.output === 'json' ? decisionJson(uid, check) : decisionText(uid, check)}\n`,
        );
        if (check.verdict === 'NotFound') context.setExitCode(EXIT_USAGE);
        else if (check.verdict !== 'Reproduced') context.setExitCode(EXIT_FAILED);
      })(flags);
    });

  return new Command('audit')
    .addCommand(verify)
    .addCommand(decision)
    .addCommand(tail)
    .addCommand(query)
    .addHelpText(
      'after',
      `
Examples:
  helmgate audit verify                                 the chain of this machine's log
  helmgate audit tail -f --verdict Deny                 denials as they happen
  helmgate audit verify-decision 705ab4f5-6393-11e8-b7cc-42010a800002
  helmgate audit query --namespace apps --name flagger -o json | jq .findings`,
    );
}

const CHECKS = {
  Reproduced: 'reproduced: the same verdict and findings come out again',
  Differs: 'NOT reproduced',
  CannotTell: 'cannot be told',
  NotFound: 'not found',
} as const;

function decisionText(uid: string, check: DecisionCheck): string {
  const why = 'why' in check ? `: ${check.why}` : '';
  return `${shortText(uid)}: ${CHECKS[check.verdict]}${why}`;
}

function decisionJson(uid: string, check: DecisionCheck): string {
  const { verdict } = check;
  return JSON.stringify({ uid, verdict, ...('why' in check ? { why: check.why } : {}) });
}

function withOutput(command: Command): Command {
  return command
    .option('--file <path>', "the audit log; that of this user's `helmgate serve` when left out")
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'));
}

function withFilters(command: Command): Command {
  return command
    .option('--namespace <namespace>', 'only rows about this namespace')
    .option('--name <name>', 'only rows about objects of this name')
    .option('--kind <kind>', 'only rows about this kind')
    .addOption(
      new Option('--verdict <verdict>', 'only rows with this verdict').choices([
        'Allow',
        'Deny',
        'Hold',
        'Error',
      ]),
    )
    .addOption(
      new Option('--phase <phase>', 'only rows of this phase').choices([
        'admission',
        'release',
        'action',
        'lifecycle',
      ]),
    )
    .option('--user <name>', 'only requests of this user')
    .option(
      '--rule <rule>',
      'only rows in which this rule (`rule` or `policy/rule`) found or changed something',
    )
    .addOption(
      new Option('--since <time>', 'only rows from this time on, as 2026-11-22T12:00:00Z').argParser(rfc3339),
    );
}

/** Prints a line when it matches; answers whether it did. */
function print(context: CliContext, line: string, flags: OutputFlags & RowFilter): boolean {
  const row = matchRow(line, flags);
  if (row === undefined) return false;
  context.stdout.write(`${flags.output === 'json' ? line : rowText(row)}\n`);
  return true;
}

async function printTail(context: CliContext, path: string, flags: TailFlags): Promise<void> {
  const last: string[] = [];
  const lines = readRows(path, { signal: context.signal });
  let read = 0;
  for await (const { text, complete } of lines) {
    if (!complete) break;
    read += 1;
    if (matchRow(text, flags) === undefined) continue;
    last.push(text);
    if (last.length > flags.lines) last.shift();
  }
  for (const line of last) print(context, line, flags);
  if (flags.follow !== true) return;
  let skipped = 0;
  for await (const { text, complete } of readRows(path, { signal: context.signal, follow: true })) {
    skipped += 1;
    if (skipped > read && complete) print(context, text, flags);
  }
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('it must be a whole number.');
  return Number(text);
}

/** Brings a time to the form that rows have. */
function rfc3339(text: string): string {
  const epochMs = parseInstant(text);
  if (epochMs === undefined)
    throw new InvalidArgumentError('it must be a time such as 2026-11-22T12:00:00Z, or a day.');
  return new Date(epochMs).toISOString();
}
