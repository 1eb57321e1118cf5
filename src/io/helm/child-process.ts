import { type ChildProcess, spawn } from 'node:child_process';
import { createOutputTail } from './output-tail.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. */
  readonly input: string;
  /** After this long the child's process group is ended. */
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

export interface ChildResult {
  readonly exitCode: number | null;
  readonly killedBy?: 'timeout' | 'abort' | 'output';
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Output of one child in all; more is a child gone mad, and ends it. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** A grandchild may hold the pipes open after the child has gone. */
const PIPE_GRACE_MS = 1_000;

/**
 * Runs a program in a process group of its own, with bounded output and time. Resolves when it has ended, also when it
 * was killed; rejects when it could not be started.
 *
 * When this process is killed by SIGKILL the group lives on: for helm at most until its next request, which finds the
 * gate gone.
 */
export function runChild(options: ChildOptions, signal: AbortSignal): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      shell: false,
    });
    const stdout = createOutputTail();
    const stderr = createOutputTail();
    let killedBy: ChildResult['killedBy'];
    let killTimer: NodeJS.Timeout | undefined;
    let pipeTimer: NodeJS.Timeout | undefined;

    const end = (reason: 'timeout' | 'abort' | 'output'): void => {
      if (killedBy !== undefined || child.exitCode !== null || child.signalCode !== null) return;
      killedBy = reason;
      signalGroup(child, 'SIGTERM');
      killTimer = setTimeout(() => signalGroup(child, 'SIGKILL'), options.graceMs);
    };
    const onAbort = (): void => end('abort');
    const timeout = setTimeout(() => end('timeout'), options.timeoutMs);
    const release = (): void => {
      clearTimeout(timeout);
      clearTimeout(killTimer);
      clearTimeout(pipeTimer);
      signal.removeEventListener('abort', onAbort);
    };

    for (const [stream, tail] of [
      [child.stdout, stdout],
      [child.stderr, stderr],
    ] as const) {
      stream.on('data', (chunk: Buffer) => {
        tail.push(chunk);
        if (stdout.seenBytes + stderr.seenBytes > MAX_OUTPUT_BYTES) end('output');
      });
      stream.on('error', () => {});
    }
    // A child that ends before it has read its input closes the pipe: its exit code says why.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);

    child.once('error', (error) => {
      release();
      reject(error);
    });
    child.once('exit', () => {
      pipeTimer = setTimeout(() => {
        signalGroup(child, 'SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }, PIPE_GRACE_MS);
    });
    child.once('close', (exitCode) => {
      release();
      // Whatever the child started and left goes with it.
      if (killedBy !== undefined) signalGroup(child, 'SIGKILL');
      resolve({
        exitCode,
        ...(killedBy === undefined ? {} : { killedBy }),
        stdout: stdout.text(),
        stderr: stderr.text(),
        durationMs: Math.round(performance.now() - startedMs),
      });
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}
