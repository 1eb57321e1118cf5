import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type CompileResult, compilePolicySet, type PolicyFile } from '../core/policy/compile.ts';
import { formatLocatedError } from '../core/policy/located-error.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import { kubeTime } from '../runtime/clock.ts';
import { checkManifests } from './check/check-manifests.ts';
import { printCheckJson, printCheckText } from './check/print-check.ts';
import { ManifestFilesError, readManifestFiles } from './check/read-manifest-files.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_POLICY, EXIT_USAGE } from './exit-code.ts';

/** What the command needs from outside. */
export interface CheckDependencies {
  /** The policy files of a folder; rejects with an Error whose message says why not. */
  readPolicyFiles(
    folder: string,
  ): Promise<{ readonly files: readonly PolicyFile[]; readonly commit?: string }>;
}

interface CheckFlags {
  readonly policies: string;
  readonly namespace: string;
  readonly output: 'text' | 'json';
}

/** `helmgate check`: judges manifests offline, with the engine that the webhook runs. Exit codes: exit-code.ts. */
export function checkCommand(context: CliContext, dependencies: CheckDependencies = fromDisk): Command {
  return new Command('check')
    .description('judge manifests against a policy set, offline')
    .argument('<paths...>', 'files or folders with manifests, or - for the standard input')
    .requiredOption('-p, --policies <folder>', 'folder with the policy files')
    .option('-n, --namespace <name>', 'namespace of manifests that name none', 'default')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Sources and namespaces among the manifests are taken as they stand there; others count as not existing yet.
Exit codes: 0 nothing denied, 1 denied, 2 the manifests or the command line cannot be read, 3 the policies are invalid.

Examples:
  helmgate check --policies policies/baseline app.yaml
  kustomize build . | helmgate check -p policies/baseline -o json -`,
    )
    .action(async (paths: readonly string[], flags: CheckFlags) => {
      context.setExitCode(await check(paths, flags, context, dependencies));
    });
}

async function check(
  paths: readonly string[],
  flags: CheckFlags,
  context: CliContext,
  dependencies: CheckDependencies,
): Promise<number> {
  const { stdout, stderr, stdin, cwd } = context;
  const set = await loadPolicies(resolve(cwd, flags.policies), flags, context, dependencies);
  if (set === undefined) return EXIT_POLICY;
  try {
    const result = checkManifests(
      set,
      await readManifestFiles(paths, cwd, stdin),
      flags.namespace,
      kubeTime(Date.now()),
    );
    stdout.write(flags.output === 'json' ? printCheckJson(result) : printCheckText(result));
    if (result.errors.length > 0) return EXIT_USAGE;
    return result.checked.every(({ decision }) => decision.allowed) ? EXIT_OK : EXIT_FAILED;
  } catch (error) {
    if (!(error instanceof ManifestFilesError)) throw error;
    stderr.write(`helmgate check: ${error.message}\n`);
    return EXIT_USAGE;
  }
}

/** The compiled set; undefined after the reason was printed. A set without rules would pass everything, so it is an error too. */
async function loadPolicies(
  folder: string,
  flags: CheckFlags,
  { stderr }: CliContext,
  dependencies: CheckDependencies,
): Promise<PolicySet | undefined> {
  let compiled: CompileResult;
  try {
    const { files, commit } = await dependencies.readPolicyFiles(folder);
    compiled = compilePolicySet(files, commit === undefined ? {} : { commit });
  } catch (error) {
    stderr.write(
      `helmgate check: ${flags.policies}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return undefined;
  }
  for (const warning of compiled.warnings) stderr.write(`warning: ${formatLocatedError(warning)}\n`);
  if (!compiled.ok) {
    for (const error of compiled.errors) stderr.write(`${formatLocatedError(error)}\n`);
    return undefined;
  }
  if (compiled.set.ruleCount > 0) return compiled.set;
  stderr.write(`helmgate check: ${flags.policies} holds no rules\n`);
  return undefined;
}

const fromDisk: CheckDependencies = {
  async readPolicyFiles(folder) {
    const { readPolicyFiles } = await import('../io/policyfiles/read-policy-files.ts');
    return readPolicyFiles(folder);
  },
};
