import { Command, Option } from 'commander';
import { type LintResult, lintPolicies } from '../core/policylint/lint.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_POLICY, EXIT_USAGE } from './exit-code.ts';
import { failsRun, lintReport } from './lint/lint-report.ts';
import { printLintJson, printLintText } from './lint/print-lint.ts';
import { PolicySourcesError, readPolicySources } from './lint/read-policy-sources.ts';
import { formatGithub } from './output/github.ts';
import { formatJunit } from './output/junit.ts';
import { formatSarif } from './output/sarif.ts';

interface LintFlags {
  readonly failOn: 'warning' | 'error';
  readonly output: 'text' | 'json' | 'sarif' | 'junit' | 'github';
}

/** `helmgate lint`: what is wrong or odd about policy files. `now` is the moment that expiry is held against, in milliseconds since 1970. */
export function lintCommand(context: CliContext, now: () => number = Date.now): Command {
  return new Command('lint')
    .description('find mistakes in policies')
    .argument('<policies...>', 'policy folders or files; all of them together are one set')
    .addOption(
      new Option('--fail-on <level>', 'from which level on to end with 1')
        .choices(['warning', 'error'])
        .default('warning'),
    )
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['text', 'json', 'sarif', 'junit', 'github'])
        .default('text'),
    )
    .addHelpText(
      'after',
      `
Errors are what keeps the set from loading, and ranges without any version. Warnings: rules that can match nothing or contradict one
another, defaults that are overridden, duplicates, numbers such as 1.10 that were meant as texts, facts that nobody gathers yet, exceptions
that have ended or end within seven days.
Exit codes: 0 no errors and no warnings, 1 warnings, 2 the command line or a file cannot be read, or there are no policies, 3 errors.

Examples:
  helmgate lint policies/baseline
  helmgate lint -o github --fail-on error policies/baseline`,
    )
    .action(async (paths: readonly string[], flags: LintFlags) => {
      context.setExitCode(await lint(paths, flags, context, now()));
    });
}

async function lint(
  paths: readonly string[],
  flags: LintFlags,
  { stdout, stderr, cwd }: CliContext,
  nowMs: number,
): Promise<number> {
  try {
    const sources = await readPolicySources(paths, cwd);
    const result = lintPolicies(sources, nowMs);
    const files = sources.map(({ file }) => file);
    stdout.write(print(result, files, flags));
    if (result.findings.some(({ level }) => level === 'error')) return EXIT_POLICY;
    if (result.policies === 0) {
      stderr.write(`helmgate lint: no policy was found in ${paths.join(', ')}\n`);
      return EXIT_USAGE;
    }
    return result.findings.some(({ level }) => failsRun(level, flags.failOn)) ? EXIT_FAILED : EXIT_OK;
  } catch (error) {
    if (!(error instanceof PolicySourcesError)) throw error;
    stderr.write(`helmgate lint: ${error.message}\n`);
    return EXIT_USAGE;
  }
}

function print(result: LintResult, files: readonly string[], { output, failOn }: LintFlags): string {
  switch (output) {
    case 'json':
      return printLintJson(result);
    case 'sarif':
      return formatSarif(lintReport(files, result.findings, failOn));
    case 'junit':
      return formatJunit(lintReport(files, result.findings, failOn));
    case 'github':
      return formatGithub(lintReport(files, result.findings, failOn));
    default:
      return printLintText(result);
  }
}
