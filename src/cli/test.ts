import { Command, InvalidArgumentError, Option } from 'commander';
import type { LocatedError } from '../core/policy/located-error.ts';
import { ManifestFilesError } from './check/manifest-files-error.ts';
import { excludeOption } from './check.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_POLICY, EXIT_USAGE } from './exit-code.ts';
import { counted } from './output/counted.ts';
import { formatGithub } from './output/github.ts';
import { formatJunit } from './output/junit.ts';
import { mutantsReport } from './test/mutants-report.ts';
import { printMutantsJson, printMutantsText } from './test/print-mutants.ts';
import { printTestsJson, printTestsText } from './test/print-tests.ts';
import { type LoadedTest, readPolicyTests } from './test/read-policy-tests.ts';
import { type RanTest, runTest } from './test/run-tests.ts';
import { testReport } from './test/test-report.ts';
import { MAX_MUTANTS, type TriedMutants, tryMutants } from './test/try-mutants.ts';

interface TestFlags {
  readonly filter: string;
  readonly verbose?: boolean;
  readonly mutants?: boolean;
  readonly maxMutants: number;
  readonly output: 'text' | 'json' | 'junit' | 'github';
  readonly exclude?: readonly string[];
}

/** `helmgate test`: runs PolicyTest documents against the policies that they name. Exit codes: exit-code.ts. */
export function testCommand(context: CliContext): Command {
  return new Command('test')
    .description('run the tests of policies')
    .argument('<paths...>', 'files or folders with PolicyTest documents, or - for the standard input')
    .addOption(excludeOption())
    .option('-f, --filter <text>', 'run only cases whose names hold this text', '')
    .option('-v, --verbose', 'list the cases that hold as well')
    .option('--mutants', 'change the policies in small ways and report the changes that no test notices')
    .option('--max-mutants <count>', 'mutants to try, evenly spread', readCount, MAX_MUTANTS)
    .addOption(
      new Option('-o, --output <format>', 'how to print')
        .choices(['text', 'json', 'junit', 'github'])
        .default('text'),
    )
    .addHelpText(
      'after',
      `
A mutant is a policy without one of its rules, with another enforcement, or with one option changed: an entry less, a bound moved by one, a
boolean or a word turned into another. With --mutants all cases must hold first; then the mutants that survive are listed.
There is no SARIF: a case that fails is no finding about a file that somebody deploys.
Exit codes: 0 all cases hold, 1 some do not or a mutant survived, 2 the tests or the command line cannot be read, or there are no cases,
3 the policies are invalid.

Examples:
  helmgate test policies
  helmgate test --mutants policies
  helmgate test --filter 'next major' policies/tests/versions.yaml`,
    )
    .action(async (paths: readonly string[], flags: TestFlags) => {
      context.setExitCode(await test(paths, flags, context));
    });
}

async function test(paths: readonly string[], flags: TestFlags, context: CliContext): Promise<number> {
  const { stdout, stderr, stdin, cwd } = context;
  try {
    const { tests, errors } = await readPolicyTests(paths, cwd, stdin, flags.exclude);
    const ran = tests.map((loaded) => runTest(loaded, flags.filter));
    const code = exitCodeOf(ran, errors);
    if (flags.mutants === true && code === EXIT_OK && ran.some(({ cases }) => cases.length > 0)) {
      return await mutate(tests, flags, context);
    }
    stdout.write(print(ran, errors, flags));
    if (code !== EXIT_OK || ran.some(({ cases }) => cases.length > 0)) return code;
    const all = tests.reduce((sum, { test: { cases } }) => sum + cases.length, 0);
    const where = paths.join(', ');
    const none =
      all > 0
        ? `none of the ${counted(all, 'case')} in ${where} has ${JSON.stringify(flags.filter)} in its name`
        : `no case of a PolicyTest was found in ${where}`;
    stderr.write(`helmgate test: ${none}\n`);
    return EXIT_USAGE;
  } catch (error) {
    if (!(error instanceof ManifestFilesError)) throw error;
    stderr.write(`helmgate test: ${error.message}\n`);
    return EXIT_USAGE;
  }
}

function exitCodeOf(ran: readonly RanTest[], errors: readonly LocatedError[]): number {
  if (errors.length > 0) return EXIT_USAGE;
  if (ran.some(({ policyErrors }) => policyErrors.length > 0)) return EXIT_POLICY;
  const holds = ran.every(({ cases }) => cases.every(({ mismatches }) => mismatches.length === 0));
  return holds ? EXIT_OK : EXIT_FAILED;
}

function print(
  ran: readonly RanTest[],
  errors: readonly LocatedError[],
  { output, verbose }: TestFlags,
): string {
  switch (output) {
    case 'json':
      return printTestsJson(ran, errors);
    case 'junit':
      return formatJunit(testReport(ran, errors));
    case 'github':
      return formatGithub(testReport(ran, errors));
    default:
      return printTestsText(ran, errors, verbose === true);
  }
}

/** Runs all cases of the tests, whatever the filter, against each mutant. */
async function mutate(tests: readonly LoadedTest[], flags: TestFlags, context: CliContext): Promise<number> {
  const tried = await tryMutants(tests, flags.maxMutants, context);
  context.stdout.write(printMutants(tried, flags));
  return tried.survivors.length === 0 ? EXIT_OK : EXIT_FAILED;
}

function printMutants(tried: TriedMutants, { output }: TestFlags): string {
  switch (output) {
    case 'json':
      return printMutantsJson(tried);
    case 'junit':
      return formatJunit(mutantsReport(tried));
    case 'github':
      return formatGithub(mutantsReport(tried));
    default:
      return printMutantsText(tried);
  }
}

function readCount(text: string): number {
  const count = Number(text);
  if (/^[1-9][0-9]{0,5}$/.test(text)) return count;
  throw new InvalidArgumentError('a whole number from 1 to 999999 is needed');
}
