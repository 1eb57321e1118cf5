/**
 * The composition root: the only file that ends the process, listens to signals or hands out `process.env`.
 */
import { runCommand } from './cli/commands.ts';
import type { CliContext } from './cli/context.ts';
import { EXIT_OK, EXIT_USAGE } from './cli/exit-code.ts';
import { parentToWatch } from './config/parent.ts';

/** How often the process looks whether the one that started it is still there. */
const PARENT_CHECK_MS = 250;

/** Exit code of a process that a signal ended, by the shells' convention (128 + number). */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** The same for a writer whose reader is gone. Node ignores SIGPIPE and reports EPIPE instead. */
const SIGPIPE_CODE = 141;
/** Ctrl-C reaches the whole process group, and npm passes it on once more: that is one wish, not two. */
const SAME_WISH_MS = 500;

/**
 * Runs one command line (without `node` and the script) and ends the process with the command's exit code.
 *
 * The first signal asks the command to stop by its AbortSignal; a second one ends the process at once. A command that
 * throws after that was cut off and ends with the signal's code; one that returns was meant to run until it is told to stop,
 * and ends with its own. Under `npm run` and `npx` the death of the parent counts as a signal, because they don't always
 * pass one on.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  let exitCode = 0;
  let cutOff: { readonly code: number; readonly atMs: number } | undefined;
  const ask = (code: number): void => {
    cutOff ??= { code, atMs: performance.now() };
    controller.abort(new Error('interrupted'));
  };
  for (const [signal, code] of Object.entries(SIGNAL_CODES)) {
    process.on(signal, () => {
      if (cutOff !== undefined && performance.now() - cutOff.atMs > SAME_WISH_MS) process.exit(code);
      ask(code);
    });
  }
  const watch = watchParent(() => ask(SIGNAL_CODES.SIGHUP));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe went away (`helmgate ... | head`): nothing more to say, but all of it still to be taken down.
    if (error.code === 'EPIPE') ask(SIGPIPE_CODE);
    else endWithoutOutput(error);
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody reads complaints any more: no reason to stop what is being done.
    if (error.code !== 'EPIPE') throw error;
  });

  const context: CliContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
    setExitCode: (code) => {
      exitCode = Math.max(exitCode, code);
    },
  };
  try {
    controller.signal.throwIfAborted();
    await runCommand(context, argv);
  } catch (error) {
    if (cutOff !== undefined) {
      exitCode = cutOff.code;
    } else {
      process.stderr.write(`helmgate: ${error instanceof Error ? error.message : String(error)}\n`);
      if (context.env['HELMGATE_DEBUG'] !== undefined && error instanceof Error) {
        process.stderr.write(`${error.stack ?? ''}\n`);
      }
      if (exitCode === EXIT_OK) exitCode = EXIT_USAGE;
    }
  }
  clearInterval(watch);
  process.exitCode = exitCode;
  await flushed(process.stdout);
  await flushed(process.stderr);
  const { errored } = process.stdout;
  if (errored !== null && !('code' in errored && errored.code === 'EPIPE')) endWithoutOutput(errored);
  process.exit(exitCode);
}

/** What was found cannot be told: no code that is an answer may stand for it. */
function endWithoutOutput(error: Error): never {
  process.stderr.write(`helmgate: the output cannot be written: ${error.message}\n`);
  process.exit(EXIT_USAGE);
}

/** Calls back once when the process that this one must not outlive is gone. */
function watchParent(gone: () => void): NodeJS.Timeout | undefined {
  const parent = parentToWatch(process.env, process.ppid);
  // Not for what this process starts in its turn.
  delete process.env['HELMGATE_PARENT'];
  if (parent === undefined) return undefined;
  if (process.ppid !== parent) {
    gone();
    return undefined;
  }
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, PARENT_CHECK_MS);
  timer.unref();
  return timer;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
