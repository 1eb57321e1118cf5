import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { portsOf, processesOf } from './processes.ts';
import { root } from './stage.ts';

/** Until a moment of the demo comes: half a minute into it at most, four times that on a busy machine. */
const MOMENT_SECONDS = 120;
/** Until all of it is gone: two or three seconds; a helm child without its gate gives up after 5 s of its own. */
const GONE_SECONDS = 45;
const POLL_MS = 50;

/** A demo that a test is about to cut off. All that it starts and writes carries or lies in its temporary folder. */
interface Running {
  readonly npm: ChildProcess;
  readonly temporary: string;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
}

/** A child of helm's own that serve has started. */
const IN_HELM = (demo: Running): boolean =>
  demo.output().includes('which is broken') && pidOf(demo, /\/helm (?:install|upgrade) /) !== undefined;

const MOMENTS: Readonly<Record<string, (demo: Running) => boolean>> = {
  'while the control plane starts': (demo) => pidOf(demo, /\/kube-apiserver /) !== undefined,
  'while serve starts': (demo) => pidOf(demo, /bin\/helmgate\.js serve/) !== undefined,
  'in the middle of helm': IN_HELM,
};

describe('a demo that is cut off', () => {
  let scratch: string;
  let running: Running | undefined;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'hgl-'));
  });
  after(async () => {
    // Only after a failed test is there anything to end.
    if (running !== undefined) for (const pid of pidsOf(running)) kill(pid, 'SIGKILL');
    await rm(scratch, { recursive: true, force: true });
  });

  /** Starts a command line in a process group of its own, as a shell does. */
  async function start(command: readonly [string, ...string[]]): Promise<Running> {
    const temporary = await mkdtemp(join(scratch, 't'));
    const [file, ...args] = command;
    const npm = spawn(file, args, {
      cwd: root,
      // npm itself caches its compiled code in the temporary folder where nothing else is said.
      env: { ...process.env, TMPDIR: temporary, NODE_COMPILE_CACHE: join(scratch, 'compiled') },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    for (const stream of [npm.stdout, npm.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const exited = new Promise<number | null>((resolve) => npm.once('exit', (code) => resolve(code)));
    running = { npm, temporary, output: () => output, exited };
    return running;
  }

  for (const { how, cut } of [
    { how: 'SIGTERM to npm', cut: ({ npm }: Running) => kill(npm.pid, 'SIGTERM') },
    {
      how: 'Ctrl-C, SIGINT to the process group',
      cut: ({ npm }: Running) => kill(-(npm.pid ?? 0), 'SIGINT'),
    },
    { how: 'SIGKILL to npm', cut: ({ npm }: Running) => kill(npm.pid, 'SIGKILL') },
    {
      how: 'SIGKILL to the demo, the parent of serve',
      cut: (demo: Running) => kill(pidOf(demo, /bin\/helmgate\.js demo/), 'SIGKILL'),
    },
  ]) {
    for (const [moment, comes] of Object.entries(MOMENTS)) {
      it(`leaves no process, port, folder or key after ${how} ${moment}`, async () => {
        const demo = await start(['npm', 'run', 'demo']);
        await until(`the moment ${moment}`, MOMENT_SECONDS, demo, () => comes(demo));
        const ports = portsOf(demo.temporary);
        assert.ok(processesOf(demo.temporary).length > 3, 'something is there to be left behind');
        cut(demo);
        assert.notEqual(await demo.exited, 0, 'a demo that was cut off has shown nothing');
        await nothingIsLeft(demo, ports);
      });
    }
  }

  it('ends 1 and leaves nothing when serve is killed in the middle of helm', async () => {
    const demo = await start(['npm', 'run', 'demo']);
    await until('helm runs', MOMENT_SECONDS, demo, () => IN_HELM(demo));
    const ports = portsOf(demo.temporary);
    kill(pidOf(demo, /bin\/helmgate\.js serve/), 'SIGKILL');
    assert.equal(await demo.exited, 1, demo.output());
    assert.match(demo.output(), /^helmgate: helmgate serve was ended by SIGKILL/m);
    await nothingIsLeft(demo, ports);
  });

  it('leaves nothing when the reader of its output goes away', async () => {
    const demo = await start(['/bin/sh', '-c', 'npm run demo | head -n 8']);
    await demo.exited;
    assert.match(demo.output(), /Helmgate demo: /);
    await nothingIsLeft(demo, []);
  });

  it('stands after its end with --keep, and ends 0 with Ctrl-C', async () => {
    const demo = await start(['npm', 'run', 'demo', '--', '--keep', '--until', '1']);
    await until('it stands', MOMENT_SECONDS, demo, () => demo.output().includes('until Ctrl-C'));
    const ports = portsOf(demo.temporary);
    assert.ok(ports.length > 3, 'the control plane listens');
    await sleep(1_000);
    assert.deepEqual(portsOf(demo.temporary), ports);
    kill(-(demo.npm.pid ?? 0), 'SIGINT');
    assert.equal(await demo.exited, 0, demo.output());
    await nothingIsLeft(demo, ports);
  });
});

async function nothingIsLeft(demo: Running, ports: readonly number[]): Promise<void> {
  await until('everything is gone', GONE_SECONDS, demo, async () => {
    const left = processesOf(demo.temporary).length + (await readdir(demo.temporary)).length;
    return left === 0;
  });
  // Twice: what is slow to end may still write into a folder that was removed.
  await sleep(1_000);
  assert.deepEqual(processesOf(demo.temporary), []);
  assert.deepEqual(await readdir(demo.temporary), []);
  for (const port of ports) assert.equal(await answers(port), false, `port ${port} is still open`);
}

async function until(
  what: string,
  seconds: number,
  demo: Running,
  reached: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await reached())) {
    const left = [...processesOf(demo.temporary), ...(await readdir(demo.temporary))].join('\n');
    assert.ok(
      Date.now() < deadline,
      `waited ${seconds} s in vain until ${what}; there is:\n${left}\n${demo.output()}`,
    );
    await sleep(POLL_MS);
  }
}

function pidsOf({ temporary }: Running): readonly number[] {
  return processesOf(temporary).map((line) => Number.parseInt(line, 10));
}

function pidOf({ temporary }: Running, command: RegExp): number | undefined {
  const line = processesOf(temporary).find(
    (each) => command.test(each) && !/^\d+: (?:\/bin\/sh|npm) /.test(each),
  );
  return line === undefined ? undefined : Number.parseInt(line, 10);
}

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  assert.ok(pid !== undefined && pid !== 0 && Math.abs(pid) > 1, 'there is such a process');
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
