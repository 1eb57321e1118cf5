import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';

/**
 * A child that cannot outlive this process, however this process ends, SIGKILL included.
 *
 * The child leads a process group of its own. A guard in the same group blocks reading a pipe whose other end only this
 * process holds (Node opens its pipes close-on-exec, so no other child inherits it). When this process is gone, by
 * whatever way, the kernel closes the pipe, the guard reads the end of file and kills *its own* group (`kill 0`). No pid is
 * remembered anywhere, so none can be reused by a stranger before the kill.
 */
export interface GuardedProcess {
  readonly name: string;
  /** Pid of the child, which is the id of its process group too. */
  readonly pid: number;
  /** Resolves when the child has ended, however it ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  hasEnded(): boolean;
  /** SIGTERM, then after `graceMs` SIGKILL to the whole group; resolves when the child has ended. */
  stop(graceMs: number): Promise<ProcessEnd>;
  /** SIGKILL to the whole group at once. */
  kill(): void;
  /** The last lines of stdout and stderr together, at most 40. */
  lastLines(): readonly string[];
}

export interface ProcessEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** Set when the program could not be started at all. */
  readonly startError: string | undefined;
}

export interface GuardedProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /**
   * File that gets stdout and stderr, written by the child itself, so that a busy event loop here never holds a server back.
   * Without it the last lines are kept in memory.
   */
  readonly logFile?: string;
}

/**
 * `$@` becomes the child by exec, so the pid that Node knows is the child's own. The guard is the background part; it closes
 * the standard streams, or whoever reads them would wait for the guard. fd 3 is closed in the child: it has no use for it.
 */
const guardScript =
  '( exec 0</dev/null 1>/dev/null 2>&1; read -r _ <&3; kill -s KILL 0 ) & exec 3<&-; exec "$@"';

/** Enough to hold a Go panic's head or a flag error; the whole log is in the file. */
const keptLines = 40;
/** Lines longer than this are cut: a log line of a server can hold a whole object. */
const maxLineLength = 2000;

/** Starts a guarded child. A program that is missing shows as `ended` with a code of 127 and the shell's message. */
export function spawnGuarded(options: GuardedProcessOptions): GuardedProcess {
  const logDescriptor = options.logFile === undefined ? undefined : openSync(options.logFile, 'a', 0o600);
  const output = logDescriptor ?? 'pipe';
  const child: ChildProcess = spawn(
    '/bin/sh',
    ['-c', guardScript, 'guard', options.command, ...options.args],
    {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', output, output, 'pipe'],
      detached: true,
    },
  );
  if (logDescriptor !== undefined) closeSync(logDescriptor);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) keepLines(stream, lines);
  }
  const guardPipe = child.stdio[3];
  guardPipe?.on('error', () => undefined);
  const releaseGuard = (): void => {
    guardPipe?.destroy();
  };

  let ended = false;
  const end = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => {
      ended = true;
      releaseGuard();
      resolve({ code: undefined, signal: undefined, startError: error.message });
    });
    child.once('exit', () => {
      ended = true;
      releaseGuard();
    });
    // After `exit`, when the output has been read to its end: the guard's kill has closed what descendants held open.
    child.once('close', (code, signal) => {
      resolve({ code: code ?? undefined, signal: signal ?? undefined, startError: undefined });
    });
  });

  return {
    name: options.name,
    pid: child.pid ?? -1,
    ended: end,
    hasEnded: () => ended,
    kill: releaseGuard,
    lastLines: () => (options.logFile === undefined ? [...lines] : readLastLines(options.logFile)),
    async stop(graceMs: number): Promise<ProcessEnd> {
      if (!ended) child.kill('SIGTERM');
      const timer = setTimeout(releaseGuard, graceMs);
      try {
        return await end;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function keepLines(stream: Readable, lines: string[]): void {
  let rest = '';
  const keep = (line: string): void => {
    if (line === '') return;
    lines.push(line.slice(0, maxLineLength));
    if (lines.length > keptLines) lines.shift();
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = (parts.pop() ?? '').slice(-maxLineLength);
    for (const part of parts) keep(part);
  });
  stream.on('end', () => keep(rest));
  stream.on('error', () => undefined);
}

/** Bytes of a log file that are looked at for its last lines: 40 lines of a klog are some 8 KiB. */
const tailBytes = 32_768;

function readLastLines(file: string): readonly string[] {
  let descriptor: number | undefined;
  try {
    const size = statSync(file).size;
    descriptor = openSync(file, 'r');
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    const read = readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    const all = buffer.toString('utf8', 0, read).split('\n');
    return all
      .filter((line) => line !== '')
      .slice(-keptLines)
      .map((line) => line.slice(0, maxLineLength));
  } catch {
    return [];
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
