import { Command, Option } from 'commander';
import { formatLocatedError } from '../core/policy/located-error.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import { kubeTime } from '../runtime/clock.ts';
import { folderError, loadPolicies, type PolicySource } from './check/load-policies.ts';
import { ManifestFilesError } from './check/manifest-files-error.ts';
import { progressOn } from './check/progress.ts';
import { gatherManifests, type ManifestFile } from './check/read-manifest-files.ts';
import { excludeOption, fromDisk, nowOption, policiesOption, policyFolders } from './check.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_POLICY, EXIT_USAGE } from './exit-code.ts';
import { type FixedFile, type FixResult, fixManifests } from './fix/fix-manifests.ts';
import { printFix, remaining } from './fix/print-fix.ts';
import { printFixJson, printFixPolicyErrorsJson } from './fix/print-fix-json.ts';
import { unifiedDiff } from './fix/unified-diff.ts';
import { WriteError, writeFiles } from './fix/write-files.ts';

interface FixFlags {
  readonly policies?: readonly string[];
  readonly namespace: string;
  readonly now?: string;
  readonly dryRun?: true;
  readonly diff?: true;
  readonly check?: true;
  readonly keepGoing?: true;
  readonly exclude?: readonly string[];
  readonly output: 'text' | 'json';
}

/** `helmgate fix`: writes into files what the mutating webhook would set. Exit codes: exit-code.ts. */
export function fixCommand(context: CliContext, source: PolicySource = fromDisk): Command {
  return new Command('fix')
    .description('write into manifests what the webhook would change')
    .argument(
      '<paths...>',
      'files or folders with manifests, or - to read standard input and write standard output',
    )
    .addOption(policiesOption())
    .addOption(excludeOption())
    .option('-n, --namespace <name>', 'namespace of manifests that name none', 'default')
    .addOption(nowOption())
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--diff', 'print the changes as a unified diff, and write nothing')
    .option('--check', 'end with 1 when something would be written, and write nothing')
    .option('--keep-going', 'write the other files when some cannot be read or edited')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Writes defaults, overrides and narrowed ranges, canonical URLs, and the API versions that current Flux serves. Everything else stays, byte
for byte: comments, order, quotes, line ends. A file is refused where a change would touch an alias, or an anchor that is used elsewhere.
A field that Flux fills in later (\${name}) is left alone, and so is what check passes over in folders.
Exit codes: 0 nothing to do or fixed, 1 something is still denied, 2 a file cannot be read or edited (then no file is written, unless
--keep-going), or the command line is wrong, 3 the policies are invalid.

Examples:
  helmgate fix --policies policies/baseline app.yaml
  helmgate fix -p policies/baseline --diff clusters/
  helmgate fix -p policies/baseline --check --exclude charts clusters/
  helmgate fix -p policies/baseline - < app.yaml`,
    )
    .action(async (paths: readonly string[], flags: FixFlags) => {
      context.setExitCode(await fix(paths, flags, context, source));
    });
}

async function fix(
  paths: readonly string[],
  flags: FixFlags,
  context: CliContext,
  source: PolicySource,
): Promise<number> {
  const { stderr, stdin, cwd, signal } = context;
  const complain = (message: string): number => {
    stderr.write(`helmgate fix: ${message}\n`);
    return EXIT_USAGE;
  };
  if (paths.includes('-') && paths.length > 1)
    return complain('- stands alone: it is read and written as one text');
  const folders = await policyFolders(flags.policies, context, 'fix');
  if (folders === undefined) return EXIT_USAGE;
  const reading = gatherManifests(paths, { cwd, stdin, signal, exclude: flags.exclude });
  // Looked at below; until then a rejection is nobody's.
  reading.catch(() => {});
  const set = await readPolicies(folders, flags, context, source);
  if (set === undefined) return EXIT_POLICY;
  try {
    const { files, errors, passedOver } = await reading;
    if (files.length > 1 && files.some(({ path }) => path === undefined))
      return complain('a pipe stands alone: it is read and written as one text');
    const progress = progressOn(stderr);
    const now = flags.now ?? kubeTime(Date.now());
    const fixed = fixManifests(set, files, flags.namespace, now, progress.tell);
    progress.end();
    const result = { ...fixed, errors: [...errors, ...fixed.errors], passedOver };
    const looksOnly = flags.dryRun === true || flags.diff === true || flags.check === true;
    const writes = !looksOnly && (result.errors.length === 0 || flags.keepGoing === true);
    if (writes) await writeFiles(result.files.filter(({ file }) => file.path !== undefined).map(toWrite));
    tell(result, flags, writes, files, context);
    return exitCodeOf(result, flags);
  } catch (error) {
    if (error instanceof ManifestFilesError || error instanceof WriteError) return complain(error.message);
    throw error;
  }
}

/** A text that came on the standard input goes to the standard output, and what is said about it to the other one. */
function tell(
  result: FixResult,
  flags: FixFlags,
  writes: boolean,
  files: readonly ManifestFile[],
  { stdout, stderr }: CliContext,
): void {
  const input = files.find(({ path }) => path === undefined);
  if (flags.diff === true) {
    for (const { file, text } of result.files) stdout.write(unifiedDiff(file.file, file.text, text));
  } else if (input !== undefined && writes) {
    const mark = input.byteOrderMark ? '\ufeff' : '';
    stdout.write(mark + (result.files[0]?.text ?? input.text));
  }
  const report = flags.diff === true || input !== undefined ? stderr : stdout;
  report.write(flags.output === 'json' ? printFixJson(result, writes) : printFix(result, writes));
}

function exitCodeOf(result: FixResult, { check }: FixFlags): number {
  if (result.errors.length > 0) return EXIT_USAGE;
  const differs = check === true && result.files.length > 0;
  return differs || remaining(result).length > 0 ? EXIT_FAILED : EXIT_OK;
}

function toWrite({ file, text }: FixedFile): { path: string; before: Buffer; after: Buffer } {
  const mark = file.byteOrderMark ? '\ufeff' : '';
  return {
    path: file.path ?? '',
    before: Buffer.from(mark + file.text),
    after: Buffer.from(mark + text),
  };
}

async function readPolicies(
  folders: readonly string[],
  { output }: FixFlags,
  { cwd, stdout, stderr }: CliContext,
  source: PolicySource,
): Promise<PolicySet | undefined> {
  const loaded = await loadPolicies(folders, cwd, source);
  for (const warning of loaded.warnings) stderr.write(`warning: ${formatLocatedError(warning)}\n`);
  if (loaded.ok) return loaded.set;
  for (const error of loaded.errors) stderr.write(`${formatLocatedError(error)}\n`);
  const { message } = loaded;
  if (message !== undefined) stderr.write(`helmgate fix: ${message}\n`);
  const errors = message === undefined ? loaded.errors : [folderError(folders, message)];
  if (output === 'json') stdout.write(printFixPolicyErrorsJson(errors));
  return undefined;
}
