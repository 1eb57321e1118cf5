import { spawn } from 'node:child_process';

/** What every git call starts with: nothing that a repository's own configuration names is ever run. */
const FIXED_ARGUMENTS: readonly string[] = [
  '--no-pager',
  '--no-optional-locks',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'submodule.recurse=false',
  '-c',
  'gc.auto=0',
  '-c',
  'maintenance.auto=false',
  // Mounted and checked-out folders often belong to another user. The commands used here read objects and run nothing.
  '-c',
  'safe.directory=*',
];

/** No configuration of the machine or the user, no lazy fetches, no prompts. */
const FIXED_ENVIRONMENT: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  SSH_ASKPASS: '/bin/false',
  HOME: '/nonexistent',
  LC_ALL: 'C',
};

/** 10,000 entries (walk-folder.ts) of a path of 800 bytes; the files themselves have 16 MiB and are read apart. */
const MAX_OUTPUT_BYTES: number = 24 * 1024 * 1024;
/** What git says about a failure; the rest is progress. */
const MAX_ERROR_BYTES = 4_096;

export interface GitCall {
  /** Where git runs: the folder looked at, or the bare repository. */
  readonly folder: string;
  /** Where git is looked for, as PATH has it. */
  readonly searchPath: string;
  readonly args: readonly string[];
  /** `gpg` reads the keys that git is to believe. */
  readonly program?: 'git' | 'gpg';
  readonly timeoutMs: number;
  /** Protocols that git may speak; none when absent. */
  readonly protocol?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** How a call ended that could be started. */
export interface GitResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  /** At most 4 KiB of what it said. */
  readonly stderr: string;
}

/**
 * Runs git with fixed arguments and environment, as a group of its own, which is killed when it takes too long or says too much: its
 * exit code is null then. Rejects only when git cannot be started.
 */
export function runGit(call: GitCall): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const { program = 'git' } = call;
    const child = spawn(program, [...(program === 'git' ? FIXED_ARGUMENTS : []), ...call.args], {
      cwd: call.folder,
      env: {
        ...FIXED_ENVIRONMENT,
        ...call.env,
        PATH: call.searchPath,
        GIT_ALLOW_PROTOCOL: call.protocol ?? 'none',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const stdout: Buffer[] = [];
    let length = 0;
    let stderr = '';
    let killed = false;
    const kill = (): void => {
      killed = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(kill, call.timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_OUTPUT_BYTES) kill();
      else stdout.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_ERROR_BYTES);
    });
    // A git that ends before it has read everything closes the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(call.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode: killed ? null : exitCode, stdout: Buffer.concat(stdout), stderr });
    });
  });
}
