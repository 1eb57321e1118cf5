import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A temporary folder (0700) that goes away with this process, even when this process is killed. */
export interface SandboxFolder {
  readonly dir: string;
  /** Removes it now; resolves when it is gone. */
  remove(): Promise<void>;
}

/**
 * The longest path of a Unix socket is 103 bytes on macOS and 107 on Linux (`sun_path`); the longest name that is put into
 * the folder for one is `peer.sock`.
 */
const maxSocketPath = 100;

/**
 * Waits for the end of the pipe that only this process holds, then removes the folder again and again for 5 s: servers that are
 * being killed at the same moment may still write, and a child that was just starting may make its folders anew before it
 * notices that it is alone.
 */
const sweepScript =
  'read -r _ <&3; n=0; while [ $n -lt 50 ]; do rm -rf -- "$1" 2>/dev/null; sleep 0.1; n=$((n+1)); done';

/** Makes the folder below `parent`, or below /tmp when a socket's path would become too long there. */
export function createSandboxFolder(parent: string): SandboxFolder {
  const prefix = 'helmgate-sandbox-';
  const fits = join(parent, `${prefix}XXXXXX`, 'peer.sock').length <= maxSocketPath;
  const dir = mkdtempSync(join(fits ? parent : '/tmp', prefix));
  const sweeper = spawn('/bin/sh', ['-c', sweepScript, 'sweeper', dir], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const swept = new Promise<void>((resolve) => {
    sweeper.once('exit', () => resolve());
    sweeper.once('error', () => resolve());
  });
  sweeper.stdio[3]?.on('error', () => undefined);
  return {
    dir,
    async remove(): Promise<void> {
      await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
      sweeper.kill('SIGKILL');
      sweeper.stdio[3]?.destroy();
      await swept;
    },
  };
}
