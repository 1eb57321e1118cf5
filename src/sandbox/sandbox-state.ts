import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { ComponentName } from './component-arguments.ts';

/** What a running, named sandbox says about itself in its state file. Paths only: keys stay in `dir`. */
export interface SandboxState {
  readonly name: string;
  /** Unguessable; what answers on `socket` must say the same, or it is another sandbox. */
  readonly token: string;
  readonly url: string;
  readonly dir: string;
  readonly kubeconfig: string;
  /** Unix socket of the supervisor: whoever accepts there lives. A pid would not tell, since pids are reused. */
  readonly socket: string;
  readonly supervisorPid: number;
  readonly pids: Readonly<Record<ComponentName, number>>;
  readonly binaries: { readonly helm: string; readonly kubectl: string };
  /** RFC 3339 */
  readonly startedAt: string;
  readonly readyMs: number;
}

/** The longest that a live supervisor may take to accept and greet. */
const greetingMs = 3_000;

export function sandboxStateFile(stateFolder: string, name: string): string {
  return join(stateFolder, 'sandboxes', `${name}.json`);
}

/** The state in a file; undefined when there is no file, or none that we wrote. */
export async function findSandboxState(file: string): Promise<SandboxState | undefined> {
  try {
    const state = JSON.parse(await readFile(file, 'utf8')) as Partial<SandboxState> | null;
    const whole =
      typeof state?.token === 'string' && typeof state.socket === 'string' && typeof state.dir === 'string';
    return whole ? (state as SandboxState) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the file whole, and only when there is none: false when another sandbox of this name was faster. */
export async function claimSandboxState(file: string, state: SandboxState): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${state.token}`;
  await writeFile(draft, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** A connection to the supervisor of exactly this sandbox, open as long as that lives; undefined when it is gone. */
export async function connectSupervisor(state: SandboxState): Promise<Socket | undefined> {
  const socket = connect(state.socket);
  return await new Promise((resolve) => {
    let said = '';
    const finish = (greeted: boolean): void => {
      clearTimeout(timer);
      if (!greeted) socket.destroy();
      resolve(greeted ? socket : undefined);
    };
    const timer = setTimeout(() => finish(false), greetingMs);
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) finish(said === `${state.token}\n`);
    });
  });
}
