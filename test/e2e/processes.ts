/** Which processes belong to a run, told by what they carry and not by their names: other runs go on beside it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Processes whose environment, command line or working folder names `mark` (a temporary folder of the run's own), as `pid: command
 * line`. This process, its ancestors' tooling aside, must not carry the mark. Zombies are left out: they have ended.
 */
export function processesOf(mark: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`);
      const carries = [command, read(`/proc/${pid}/environ`), workingFolder(pid)].some((text) =>
        text.includes(mark),
      );
      return carries && command !== '' ? [`${pid}: ${command.replaceAll('\0', ' ').trim()}`] : [];
    });
}

/** Ports of 127.0.0.1 that processes with the mark listen on. */
export function portsOf(mark: string): readonly number[] {
  const inodes = new Set(
    processesOf(mark).flatMap((line) => {
      const pid = line.slice(0, line.indexOf(':'));
      return descriptors(pid).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
    }),
  );
  return read('/proc/net/tcp')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9] ?? ''))
    .map((fields) => Number.parseInt((fields[1] ?? '').split(':')[1] ?? '', 16));
}

/** State of a listening socket in /proc/net/tcp (proc_pid_net(5)). */
const LISTEN = '0A';

function descriptors(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}

function workingFolder(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
