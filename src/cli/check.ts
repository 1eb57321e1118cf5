import { Command, InvalidArgumentError, Option } from 'commander';
import { parseInstant } from '../core/policy/instant.ts';
import { formatLocatedError } from '../core/policy/located-error.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import { kubeTime } from '../runtime/clock.ts';
import { type CheckResult, checkManifests } from './check/check-manifests.ts';
import { checkReport, type FailOn, failsRun, policyReport } from './check/check-report.ts';
import { findUsualPolicies } from './check/find-usual-policies.ts';
import { DEFAULT_POLICIES, folderError, loadPolicies, type PolicySource } from './check/load-policies.ts';
import { ManifestFilesError } from './check/manifest-files-error.ts';
import { printCheckText } from './check/print-check.ts';
import { printCheckJson, printPolicyErrorsJson } from './check/print-check-json.ts';
import { progressOn } from './check/progress.ts';
import { gatherManifests } from './check/read-manifest-files.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_POLICY, EXIT_USAGE } from './exit-code.ts';
import { formatGithub } from './output/github.ts';
import { formatJunit } from './output/junit.ts';
import type { ProblemReport } from './output/problem.ts';
import { formatSarif } from './output/sarif.ts';

interface CheckFlags {
  readonly policies?: readonly string[];
  readonly namespace: string;
  readonly output: 'text' | 'json' | 'sarif' | 'junit' | 'github';
  readonly failOn: FailOn;
  readonly now?: string;
  readonly exclude?: readonly string[];
}

const FORMATS: Readonly<Record<'sarif' | 'junit' | 'github', (report: ProblemReport) => string>> = {
  sarif: formatSarif,
  junit: formatJunit,
  github: formatGithub,
};

/** `helmgate check`: judges manifests offline, with the engine that the webhook runs. Exit codes: exit-code.ts. */
export function checkCommand(context: CliContext, source: PolicySource = fromDisk): Command {
  return new Command('check')
    .description('judge manifests against a policy set, offline')
    .argument('<paths...>', 'files or folders with manifests, or - for the standard input')
    .addOption(policiesOption())
    .addOption(excludeOption())
    .option('-n, --namespace <name>', 'namespace of manifests that name none', 'default')
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['text', 'json', 'sarif', 'junit', 'github'])
        .default('text'),
    )
    .addOption(
      new Option('--fail-on <enforcement>', 'the mildest finding that gives exit code 1')
        .choices(['Deny', 'Warn'])
        .default('Deny'),
    )
    .addOption(nowOption())
    .addHelpText(
      'after',
      `
Sources and namespaces among the manifests are taken as they stand there; others count as not existing yet. In folders the templates of a
chart, patches that a kustomization names, folders whose name begins with a dot, and node_modules are passed over. A field that Flux fills in
later (\${name}) is noted and not judged.
Exit codes: 0 nothing denied, 1 denied, 2 the manifests or the command line cannot be read, 3 the policies are invalid.

Examples:
  helmgate check --policies policies/baseline app.yaml
  helmgate check -p policies/baseline -p policies/strict --fail-on Warn clusters/
  helmgate check -p policies/baseline --exclude charts --exclude '**/*.enc.yaml' .
  helmgate check -p policies/baseline --now 2027-01-01T00:00:00Z app.yaml
  kustomize build . | helmgate check -p policies/baseline -o json -`,
    )
    .action(async (paths: readonly string[], flags: CheckFlags) => {
      context.setExitCode(await check(paths, flags, context, source));
    });
}

/** `-p`, which may be given several times. */
export function policiesOption(): Option {
  return new Option(
    '-p, --policies <path>',
    `policy file, or folder of them; may be repeated (default: ./${DEFAULT_POLICIES}, if it holds policy files)`,
  ).argParser(collect);
}

/** `--exclude`, which may be given several times. */
export function excludeOption(): Option {
  return new Option(
    '--exclude <glob>',
    'leave out files and folders of this name, or of this path from the working folder; may be repeated',
  ).argParser(collect);
}

function collect(word: string, others: readonly string[] | undefined): readonly string[] {
  return [...(others ?? []), word];
}

/** `--now`, as the text that facts hold. */
export function nowOption(): Option {
  return new Option('--now <time>', 'judge as at this time (RFC 3339) instead of now').argParser((text) => {
    const epochMs = /[Tt]/.test(text) ? parseInstant(text) : undefined;
    if (epochMs === undefined) throw new InvalidArgumentError('Not a time such as 2027-01-31T08:00:00Z.');
    return kubeTime(epochMs);
  });
}

async function check(
  paths: readonly string[],
  flags: CheckFlags,
  context: CliContext,
  source: PolicySource,
): Promise<number> {
  const { stdout, stderr, stdin, cwd, signal } = context;
  const folders = await policyFolders(flags.policies, context, 'check');
  if (folders === undefined) return EXIT_USAGE;
  const reading = gatherManifests(paths, { cwd, stdin, signal, exclude: flags.exclude });
  // Looked at below; until then a rejection is nobody's.
  reading.catch(() => {});
  const set = await readPolicies(folders, flags, context, source);
  if (set === undefined) return EXIT_POLICY;
  try {
    const { files, errors, passedOver } = await reading;
    const progress = progressOn(stderr);
    const now = flags.now ?? kubeTime(Date.now());
    const judged = checkManifests(set, files, flags.namespace, now, progress.tell);
    progress.end();
    const result = { ...judged, errors: [...errors, ...judged.errors], passedOver };
    stdout.write(print(result, flags));
    return exitCodeOf(result, flags.failOn);
  } catch (error) {
    if (!(error instanceof ManifestFilesError)) throw error;
    stderr.write(`helmgate check: ${error.message}\n`);
    return EXIT_USAGE;
  }
}

function print(result: CheckResult, { output, failOn }: CheckFlags): string {
  if (output === 'text') return printCheckText(result);
  return output === 'json' ? printCheckJson(result) : FORMATS[output](checkReport(result, failOn));
}

function exitCodeOf({ errors, checked }: CheckResult, failOn: FailOn): number {
  if (errors.length > 0) return EXIT_USAGE;
  const failed = checked.some(
    ({ decision }) => !decision.allowed || decision.findings.some((finding) => failsRun(finding, failOn)),
  );
  return failed ? EXIT_FAILED : EXIT_OK;
}

/** The paths named, or the usual folder where it is a policy set; undefined after the user was told that there is none. */
export async function policyFolders(
  named: readonly string[] | undefined,
  { cwd, stderr }: CliContext,
  command: string,
): Promise<readonly string[] | undefined> {
  if (named !== undefined) return named;
  const usual = await findUsualPolicies(cwd);
  if ('path' in usual) return [usual.path];
  stderr.write(`helmgate ${command}: no policies: name their folder with -p (${usual.why})\n`);
  return undefined;
}

/** The compiled set; undefined after the reason was printed, in the format asked for. */
async function readPolicies(
  folders: readonly string[],
  { output }: CheckFlags,
  { cwd, stdout, stderr }: CliContext,
  source: PolicySource,
): Promise<PolicySet | undefined> {
  const loaded = await loadPolicies(folders, cwd, source);
  for (const warning of loaded.warnings) stderr.write(`warning: ${formatLocatedError(warning)}\n`);
  if (loaded.ok) return loaded.set;
  for (const error of loaded.errors) stderr.write(`${formatLocatedError(error)}\n`);
  if (loaded.message !== undefined) stderr.write(`helmgate check: ${loaded.message}\n`);
  const { message } = loaded;
  const errors = message === undefined ? loaded.errors : [folderError(folders, message)];
  if (output === 'json') stdout.write(printPolicyErrorsJson(errors));
  else if (output !== 'text') stdout.write(FORMATS[output](policyReport(errors)));
  return undefined;
}

export const fromDisk: PolicySource = {
  async readPolicyFiles(folder) {
    const { readPolicyFiles } = await import('../io/policyfiles/read-policy-files.ts');
    return readPolicyFiles(folder);
  },
};
