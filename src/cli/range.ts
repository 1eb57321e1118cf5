import type { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import { type ConstraintError, check, parseConstraint, validate } from '../core/version/constraint.ts';
import { describePrereleases, describeReleases } from '../core/version/describe-range.ts';
import { type NarrowResult, narrow } from '../core/version/narrow.ts';
import { type PrintResult, printRange } from '../core/version/print-range.ts';
import { type Range, toRange } from '../core/version/range.ts';
import { formatVersion, parseVersion } from '../core/version/version.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from './exit-code.ts';

interface RangeFlags {
  readonly within?: string;
  readonly stdin?: boolean;
  readonly output: string;
}

interface VersionVerdict {
  readonly version: string;
  readonly matches: boolean;
  readonly reason?: string;
}

/**
 * In characters: the longest constraint (512) and version (256) that are read, each character of them as a `\uXXXX`
 * escape (6), and the brackets, with room to spare.
 */
const MAX_LINE_LENGTH = 8192;

const EXAMPLES = `
Examples:
  helmgate range '>=1.28.0 <2.0.0'                      the intervals in words
  helmgate range '~1.28' 1.28.3 1.29.0                  and whether each version matches
  helmgate range '*' --within '>=1.28.0 <2.0.0'         inside, or what it narrows to
  helmgate range '^1.2' 1.4.0 -o json                   for programs
  printf '["^1.2","1.4.0"]\\n' | helmgate range --stdin  one verdict a line: true, false,
                                                        invalid-constraint or invalid-version

Exit codes: 0 all match and lie within; 1 a version does not match, or the range reaches outside --within;
2 an invalid constraint or version, or a wrong command line. With --stdin verdicts do not change the exit code,
lines that cannot be read do (2).`;

/** `helmgate range`: what a version constraint means, by the grammar that Helm and Flux use. */
export function rangeCommand(context: CliContext): Command {
  return new Command('range')
    .description('show which versions a constraint admits, and judge versions by it')
    .argument('[constraint]', "version constraint, such as '>=1.28.0 <2.0.0'")
    .argument('[versions...]', 'versions to judge')
    .option('--within <constraint>', 'compare with this constraint: inside, narrowed, or a counter-example')
    .option('--stdin', 'read JSON Lines ["constraint", "version"] and write one verdict a line')
    .option('-o, --output <format>', 'text or json', 'text')
    .addHelpText('after', EXAMPLES)
    .action(async (constraint: string | undefined, versions: readonly string[], flags: RangeFlags) => {
      context.setExitCode(await run(context, constraint, versions, flags));
    });
}

async function run(
  context: CliContext,
  text: string | undefined,
  versions: readonly string[],
  flags: RangeFlags,
): Promise<number> {
  if (flags.output !== 'text' && flags.output !== 'json') {
    return usage(context, `unknown output ${JSON.stringify(flags.output)}: text or json`);
  }
  if (flags.stdin === true) {
    if (text !== undefined || flags.within !== undefined || flags.output === 'json') {
      return usage(
        context,
        '--stdin takes no constraint, no --within and no -o json: each line brings its own',
      );
    }
    return judgeLines(context);
  }
  if (text === undefined)
    return usage(context, 'a constraint is missing, such as: helmgate range ">=1.28.0 <2.0.0"');
  return show(context, text, versions, flags);
}

function show(context: CliContext, text: string, versions: readonly string[], flags: RangeFlags): number {
  const parsed = parseConstraint(text);
  if (!parsed.ok) return usage(context, frame('constraint', text, parsed.error));
  const within = flags.within === undefined ? undefined : parseConstraint(flags.within);
  if (within?.ok === false) return usage(context, frame('--within', flags.within ?? '', within.error));
  const verdicts: VersionVerdict[] = [];
  for (const version of versions) {
    const read = parseVersion(version);
    if (!read.ok) return usage(context, `invalid version ${JSON.stringify(version)}: ${read.error.message}`);
    const reason = validate(parsed.constraint, read.version);
    verdicts.push(reason === undefined ? { version, matches: true } : { version, matches: false, reason });
  }
  const report: Report = {
    text,
    range: toRange(parsed.constraint),
    verdicts,
    ...(within === undefined
      ? {}
      : { within: { text: flags.within ?? '', result: narrow(text, toRange(within.constraint)) } }),
  };
  context.stdout.write(flags.output === 'json' ? toJson(report) : toText(report));
  const isOutside = report.within !== undefined && report.within.result.kind !== 'inside';
  return isOutside || verdicts.some((verdict) => !verdict.matches) ? EXIT_FAILED : EXIT_OK;
}

interface Report {
  readonly text: string;
  readonly range: Range;
  readonly verdicts: readonly VersionVerdict[];
  readonly within?: { readonly text: string; readonly result: NarrowResult };
}

function toText({ text, range, verdicts, within }: Report): string {
  const printed = printRange(range);
  const lines = [
    `constraint:  ${text}`,
    `means:       ${printed.ok ? printed.text : `(${printed.error.message})`}`,
    `releases:    ${describeReleases(range)}`,
    `prereleases: ${describePrereleases(range)}`,
  ];
  if (within !== undefined) lines.push(`within:      ${withinText(within.text, within.result)}`);
  for (const { version, matches, reason } of verdicts) {
    lines.push(matches ? `${version}: matches` : `${version}: does not match: ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}

function withinText(within: string, result: NarrowResult): string {
  const quoted = JSON.stringify(within);
  if (result.kind === 'inside') return `inside ${quoted}`;
  if (result.kind === 'invalid') return `not comparable: ${result.error.message}`;
  const example = formatVersion(result.counterExample);
  if (result.kind === 'narrowed')
    return `reaches outside ${quoted}, as ${example} shows; narrowed: ${result.text}`;
  if (result.kind === 'disjoint') return `nothing in common with ${quoted}; ${example} is outside`;
  return `reaches outside ${quoted}, as ${example} shows; ${result.error.message}`;
}

function toJson({ text, range, verdicts, within }: Report): string {
  const document = {
    constraint: text,
    means: normalised(printRange(range)),
    releases: describeReleases(range),
    prereleases: describePrereleases(range),
    versions: verdicts,
    ...(within === undefined ? {} : { within: withinJson(within.text, within.result) }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function normalised(printed: PrintResult): string | null {
  return printed.ok ? printed.text : null;
}

function withinJson(constraint: string, result: NarrowResult): Readonly<Record<string, string>> {
  const example = 'counterExample' in result ? { counterExample: formatVersion(result.counterExample) } : {};
  const text = result.kind === 'narrowed' ? { narrowed: result.text } : {};
  const error = 'error' in result ? { error: result.error.message } : {};
  return { constraint, verdict: result.kind, ...example, ...text, ...error };
}

/** The error with the text and a caret under the place. */
function frame(name: string, text: string, error: ConstraintError): string {
  const isPlain = /^[\x20-\x7e]{0,200}$/.test(text);
  const place = isPlain
    ? `\n  ${text}\n  ${' '.repeat(error.position)}^`
    : ` (character ${error.position + 1})`;
  return `invalid ${name}: ${error.message}${place}`;
}

function usage({ stderr }: CliContext, message: string): number {
  stderr.write(`helmgate range: ${message}\n`);
  return EXIT_USAGE;
}

async function judgeLines({ stdin, stdout, stderr, signal }: CliContext): Promise<number> {
  let code = EXIT_OK;
  let number = 0;
  for await (const line of readLines(stdin)) {
    if (signal.aborted) return EXIT_FAILED;
    number += 1;
    const row = line === undefined ? undefined : readRow(line);
    if (row === undefined) {
      const problem =
        line === undefined ? `longer than ${MAX_LINE_LENGTH} characters` : 'not ["constraint", "version"]';
      stderr.write(`helmgate range: line ${number}: ${problem}\n`);
      code = EXIT_USAGE;
    } else await write(stdout, `${judge(row.constraint, row.version)}\n`);
  }
  return code;
}

/** One of the four words in which the reference table answers. */
function judge(constraint: string, version: string): string {
  const parsed = parseConstraint(constraint);
  if (!parsed.ok) return 'invalid-constraint';
  const read = parseVersion(version);
  return read.ok ? String(check(parsed.constraint, read.version)) : 'invalid-version';
}

function readRow(line: string): { readonly constraint: string; readonly version: string } | undefined {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(row) || row.length !== 2) return undefined;
  const [constraint, version]: readonly unknown[] = row;
  return typeof constraint === 'string' && typeof version === 'string' ? { constraint, version } : undefined;
}

/** The lines of a stream; undefined for one over the limit, of which no more than the limit is held. */
async function* readLines(stream: Readable): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder();
  let held = '';
  let isOver = false;
  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk as Uint8Array, { stream: true });
    const pieces = text.split('\n');
    for (const [index, piece] of pieces.entries()) {
      isOver ||= held.length + piece.length > MAX_LINE_LENGTH;
      held = isOver ? '' : held + piece;
      if (index === pieces.length - 1) continue;
      yield isOver ? undefined : held;
      held = '';
      isOver = false;
    }
  }
  if (held !== '' || isOver) yield isOver ? undefined : held;
}

async function write(stream: Writable, text: string): Promise<void> {
  if (stream.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.once(event, done);
  });
}
