/**
 * The composition root: the only file that ends the process, listens to signals or hands out `process.env`.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { runCommand } from './cli/commands.ts';
import type { CliContext } from './cli/context.ts';
import { EXIT_FAILED } from './cli/exit-code.ts';
import { cacheFolder } from './config/folders.ts';

/** How often the process looks whether the one that started it is still there. */
const PARENT_CHECK_MS = 500;

/** Exit code of a process that a signal ended, by the shells' convention (128 + number). */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs one command line (without `node` and the script) and ends the process with the command's exit code.
 *
 * The first signal asks the command to stop by its AbortSignal; a second one ends the process at once. Under `npm run`
 * and `npx` the death of the parent counts as a signal, because they don't always pass one on.
 */
export async function main(argv: readonly string[]): Promise<void> {
  enableCompileCache(join(cacheFolder(process.env), 'compile'));
  const controller = new AbortController();
  let exitCode = 0;
  const stop = (code: number): void => {
    if (controller.signal.aborted) process.exit(code);
    exitCode = Math.max(exitCode, code);
    controller.abort(new Error('interrupted'));
  };
  for (const [signal, code] of Object.entries(SIGNAL_CODES)) process.on(signal, () => stop(code));
  const watch = watchParent(() => stop(SIGNAL_CODES.SIGHUP));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe went away (`helmgate ... | head`): nothing more to say.
    if (error.code === 'EPIPE') stop(0);
    else throw error;
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
    await runCommand(context, argv);
  } catch (error) {
    if (!controller.signal.aborted || exitCode === 0) {
      process.stderr.write(`helmgate: ${error instanceof Error ? error.message : String(error)}\n`);
      if (context.env['HELMGATE_DEBUG'] !== undefined && error instanceof Error) {
        process.stderr.write(`${error.stack ?? ''}\n`);
      }
      exitCode = Math.max(exitCode, EXIT_FAILED);
    }
  }
  clearInterval(watch);
  process.exitCode = exitCode;
  await flushed(process.stdout);
  await flushed(process.stderr);
  process.exit(exitCode);
}

/** Calls back once when the parent process is gone; only under npm, elsewhere a process may outlive its shell. */
function watchParent(gone: () => void): NodeJS.Timeout | undefined {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined;
  const parent = process.ppid;
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
