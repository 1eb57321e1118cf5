import { Readable, Writable } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { auditCommand } from '../../src/cli/audit.ts';
import { certsCommand } from '../../src/cli/certs.ts';
import { checkCommand } from '../../src/cli/check.ts';
import { completionCommand } from '../../src/cli/completion.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { createCommand } from '../../src/cli/create.ts';
import { demoCommand } from '../../src/cli/demo.ts';
import { explainCommand } from '../../src/cli/explain.ts';
import { fixCommand } from '../../src/cli/fix.ts';
import { lintCommand } from '../../src/cli/lint.ts';
import { rangeCommand } from '../../src/cli/range.ts';
import { replayCommand } from '../../src/cli/replay.ts';
import { sandboxCommand } from '../../src/cli/sandbox.ts';
import { schemaCommand } from '../../src/cli/schema.ts';
import { serveCommand } from '../../src/cli/serve.ts';
import { testCommand } from '../../src/cli/test.ts';
import { whyCommand } from '../../src/cli/why.ts';

const context: CliContext = {
  stdin: Readable.from([]),
  stdout: new Writable({ write: (_chunk, _encoding, done) => done() }),
  stderr: new Writable({ write: (_chunk, _encoding, done) => done() }),
  env: {},
  cwd: '/',
  signal: new AbortController().signal,
  setExitCode: () => {},
};

/** Every command as it is, with actions that do nothing. Made anew for each parse: commander keeps what it has parsed. */
export function buildTree(): Command {
  const tree = new Command('helmgate').option('-V, --version').helpOption('-h, --help');
  for (const command of [
    serveCommand(context),
    checkCommand(context),
    fixCommand(context),
    testCommand(context),
    lintCommand(context),
    explainCommand(context),
    schemaCommand(context),
    rangeCommand(context),
    createCommand(context),
    whyCommand(context),
    replayCommand(context),
    auditCommand(context),
    certsCommand(context),
    sandboxCommand(context),
    demoCommand(context),
    completionCommand(context, []),
  ]) {
    tree.addCommand(command);
  }
  for (const command of walk(tree)) {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
    if (command.commands.length === 0) command.action(() => {});
  }
  return tree;
}

/** A command and all below it. */
export function walk(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(walk)];
}

/** Why a command line of helmgate cannot be parsed (unknown command or flag, bad value, missing argument); undefined when it can. */
export async function parseProblem(argv: readonly string[]): Promise<string | undefined> {
  try {
    await buildTree().parseAsync([...argv], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : error.message;
  }
}

/** The whole help text of a command, what was added after it included. */
export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
  });
  command.outputHelp();
  return text;
}

/** The example lines of a help text, without the explanations to their right. */
export function helpExamples(help: string): readonly string[] {
  const [, after = ''] = help.split(/^Examples:$/m);
  return after
    .split('\n')
    .filter((line) => /^ {2}\S/.test(line) && line.includes('helmgate '))
    .map((line) => line.trim().split(/ {2,}/)[0] ?? '');
}
