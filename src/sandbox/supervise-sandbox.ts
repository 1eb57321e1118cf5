import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimSandboxState, findSandboxState, type SandboxState } from './sandbox-state.ts';
import { type ComponentExit, describeExit, type SandboxOptions, startSandbox } from './start-sandbox.ts';

export interface SuperviseOptions extends SandboxOptions {
  readonly name: string;
  readonly stateFile: string;
  /** Called once, when the state file is there. */
  readonly onUp?: () => void;
}

/** How often the state file is looked at: a removal is noticed within this time. */
const lookMs = 200;

/**
 * Runs a named sandbox until its state file is removed (or is another's), a component ends, or the signal aborts; everything
 * is gone when this resolves.
 *
 * @throws when the sandbox cannot start, when the name is taken, or when a component ended.
 */
export async function superviseSandbox(options: SuperviseOptions): Promise<void> {
  const { signal } = options;
  await using sandbox = await startSandbox(options);
  let ended: ComponentExit | undefined;
  sandbox.onExit((exit) => {
    ended = exit;
  });
  const state: SandboxState = {
    name: options.name,
    token: randomBytes(16).toString('hex'),
    url: sandbox.url,
    dir: sandbox.dir,
    kubeconfig: sandbox.kubeconfig,
    socket: join(sandbox.dir, 'up.sock'),
    supervisorPid: process.pid,
    pids: sandbox.pids,
    binaries: { helm: sandbox.binaries.helm, kubectl: sandbox.binaries.kubectl },
    startedAt: new Date().toISOString(),
    readyMs: Math.round(sandbox.readyMs),
  };
  const sockets = new Set<Socket>();
  const server = await listen(state, sockets);
  const ownsState = async (): Promise<boolean> =>
    (await findSandboxState(options.stateFile))?.token === state.token;
  try {
    if (!(await claimSandboxState(options.stateFile, state))) {
      throw new Error(`a sandbox called ${options.name} was started meanwhile (${options.stateFile} exists)`);
    }
    options.onUp?.();
    const goesOn = async (): Promise<boolean> =>
      ended === undefined && signal?.aborted !== true && (await ownsState());
    while (await goesOn()) await sleep(lookMs);
    if (ended !== undefined) throw new Error(describeExit(ended));
  } finally {
    if (await ownsState()) await rm(options.stateFile, { force: true });
    await sandbox.stop();
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

/** Greets with the token and keeps the connection, so that its end tells of the end of the sandbox. */
async function listen(state: SandboxState, sockets: Set<Socket>): Promise<Server> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.write(`${state.token}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(state.socket, resolve);
  });
  return server;
}
