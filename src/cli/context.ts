import type { Readable, Writable } from 'node:stream';

/**
 * What a command may touch of the process. `main.ts` builds it once; tests build their own.
 *
 * A command reports its exit code through {@link CliContext.setExitCode} (the codes are listed in `exit-code.ts`)
 * and never ends the process itself.
 */
export interface CliContext {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The environment, read once; only `src/config` gives names in it a meaning. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborts on SIGINT, SIGTERM, SIGHUP and when the parent process is gone. */
  readonly signal: AbortSignal;
  /** Records the exit code; the highest one said wins. */
  setExitCode(code: number): void;
}
