import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { indexRepository, packageChart, serveChartRepository } from '../../src/sandbox/chart-repository.ts';
import { type ComponentExit, type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'helmgate-test-'));
/** Sandboxes of this file live below it, so that what they leave behind is told from what others run. */
const temporary = join(scratch, 't');
mkdirSync(temporary);
const env: Readonly<Record<string, string | undefined>> = {
  ...process.env,
  TMPDIR: temporary,
  XDG_STATE_HOME: join(scratch, 'state'),
};

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ env });
});
after(async () => {
  await sandbox.stop();
  assert.deepEqual(readdirSync(temporary), []);
  assert.deepEqual(processesOf(temporary), []);
  rmSync(scratch, { recursive: true, force: true });
});

/** Command lines that name the path, zombies left out: they have none. */
function processesOf(path: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(path));
}

async function untilGone(dir: string): Promise<void> {
  for (let waited = 0; (existsSync(dir) || processesOf(dir).length > 0) && waited < 10_000; waited += 50)
    await sleep(50);
  assert.deepEqual(processesOf(dir), []);
  assert.equal(existsSync(dir), false, `${dir} is still there`);
}

async function kubectl(...args: readonly string[]): Promise<string> {
  return (await run(sandbox.binaries.kubectl, [...args], { env: sandbox.env })).stdout;
}

function deployment(name: string, annotations: Readonly<Record<string, string>>): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: { containers: [{ name: 'c', image: 'example.invalid/c:1' }] },
      },
    },
  };
}

function write(name: string, content: object): string {
  const file = join(scratch, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test('is up, in a folder that only its owner can enter, on loopback, and says how long it took', async (t) => {
  // Shown, not judged: what else the machine does adds to it.
  t.diagnostic(`ready in ${Math.round(sandbox.readyMs)} ms`);
  assert.ok(sandbox.readyMs > 0);
  assert.equal(statSync(sandbox.dir).mode & 0o777, 0o700);
  for (const name of readdirSync(sandbox.dir).filter((each) => /key|kubeconfig/.test(each))) {
    assert.equal(statSync(join(sandbox.dir, name)).mode & 0o077, 0, `${name} is open to others`);
  }
  assert.match(sandbox.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const nodes = await kubectl('get', 'nodes', '--no-headers');
  assert.match(nodes, /^sandbox-node +Ready /);
  assert.equal((await kubectl('get', '--raw', '/version')).includes('"gitVersion": "v1.36.3"'), true);
});

test('nothing of it listens outside of loopback', () => {
  const inodes = new Set<string>();
  for (const pid of Object.values(sandbox.pids)) {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const link = (() => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`);
        } catch {
          return '';
        }
      })();
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  const listening = ['/proc/net/tcp', '/proc/net/tcp6']
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
    .map((fields) => fields[1] ?? '');
  assert.ok(listening.length > 0, 'the API server listens');
  // 127.0.0.1 in the kernel's little-endian hexadecimal.
  for (const address of listening) assert.match(address, /^0100007F:/);
});

test('a Deployment becomes Available, one with the annotation runs but does not, and a Job completes', async () => {
  await kubectl('apply', '-f', write('good.json', deployment('good', {})));
  await kubectl(
    'apply',
    '-f',
    write('bad.json', deployment('bad', { 'sandbox.helmgate.dev/never-ready': 'true' })),
  );
  const container = { name: 'c', image: 'example.invalid/c:1' };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' } };
  const template = { spec: { restartPolicy: 'Never', containers: [container] } };
  await kubectl('apply', '-f', write('job.json', { ...job, spec: { template } }));
  await kubectl('wait', '--for=condition=Available', 'deployment/good', '--timeout=20s');
  await kubectl('wait', '--for=condition=Complete', 'job/job', '--timeout=20s');
  await kubectl('wait', '--for=jsonpath={.status.phase}=Running', 'pod', '-l', 'app=bad', '--timeout=20s');
  await assert.rejects(
    kubectl('wait', '--for=condition=Available', 'deployment/bad', '--timeout=1s'),
    /timed out waiting for the condition/,
  );
});

test('plain helm installs from a served repository and waits until the pods are ready', async () => {
  const chart = join(scratch, 'tiny');
  mkdirSync(join(chart, 'templates'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: tiny\nversion: 0.0.0\n');
  writeFileSync(join(chart, 'templates', 'deployment.yaml'), JSON.stringify(deployment('tiny', {})));
  const { helm } = sandbox.binaries;
  const dir = join(scratch, 'repository');
  await packageChart({ helm, chartDir: chart, version: '1.2.3', outDir: dir });
  await using repository = await serveChartRepository({ dir });
  await indexRepository(helm, dir, repository.url);
  const install = ['install', 'tiny', 'tiny', `--repo=${repository.url}`, '--wait=watcher', '--timeout=20s'];
  const { stdout } = await run(helm, install, { env: sandbox.env });
  assert.match(stdout, /STATUS: deployed/);
  assert.match(
    (await run(helm, ['list'], { env: sandbox.env })).stdout,
    /tiny\s+default\s+1\s.*deployed\s+tiny-1\.2\.3/,
  );
  assert.equal(repository.requestCount('/tiny-1.2.3.tgz'), 1);
  assert.equal(
    (await kubectl('get', 'deployment', 'tiny', '-o', 'jsonpath={.status.availableReplicas}')).trim(),
    '1',
  );
});

test('a second sandbox runs beside the first, apart from it, and an unasked end of a component ends it all', async () => {
  const second = await startSandbox({ env, name: 'second' });
  try {
    assert.notEqual(second.url, sandbox.url);
    await kubectl('create', 'namespace', 'only-in-the-first');
    const names = (
      await run(second.binaries.kubectl, ['get', 'namespaces', '-o', 'name'], { env: second.env })
    ).stdout;
    assert.equal(names.includes('only-in-the-first'), false);
    const exit = new Promise<ComponentExit>((resolve) => void second.onExit(resolve));
    process.kill(second.pids['kube-scheduler'], 'SIGKILL');
    const { component, end } = await exit;
    assert.deepEqual([component, end.signal], ['kube-scheduler', 'SIGKILL']);
    await untilGone(second.dir);
  } finally {
    await second.stop();
  }
});

test('a component that ends at the start is named with its last words, and nothing is left', async () => {
  await assert.rejects(
    startSandbox({ env, extraApiServerArguments: ['--no-such-flag'] }),
    /kube-apiserver ended with code 1\. It said last:[^]*unknown flag: --no-such-flag/,
  );
  assert.deepEqual(readdirSync(temporary).length, 1);
});

test('an abort during the start leaves nothing', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 1_000);
  await assert.rejects(startSandbox({ env, signal: controller.signal }), /enough/);
  assert.deepEqual(readdirSync(temporary).length, 1);
});

const module = fileURLToPath(new URL('../../src/sandbox/start-sandbox.ts', import.meta.url));

/** A process that holds a sandbox, without any signal handler; `untilUp` says when it is there, else it is just starting. */
async function startHolder(
  untilUp: boolean,
): Promise<{ readonly holder: ChildProcess; readonly dir: string }> {
  const script = `
    const { startSandbox } = await import(${JSON.stringify(module)});
    const sandbox = await startSandbox({ env: process.env });
    console.log('up');
    setInterval(() => undefined, 1000);`;
  const known = new Set(readdirSync(temporary));
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (untilUp) await new Promise((resolve) => holder.stdout?.once('data', resolve));
  for (let waited = 0; waited < 20_000; waited += 20) {
    const name = readdirSync(temporary).find((each) => !known.has(each));
    if (name !== undefined) {
      const dir = join(temporary, name);
      if (!untilUp) await sleep(1_500);
      assert.ok(processesOf(dir).length > 0, 'it runs');
      return { holder, dir };
    }
    await sleep(20);
  }
  throw new Error('the sandbox did not start');
}

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`a holder without handlers that gets ${signal} leaves no process and no folder`, async () => {
    const { holder, dir } = await startHolder(true);
    holder.kill(signal);
    await untilGone(dir);
  });
}

test('a holder that is killed while the sandbox starts leaves no process and no folder', async () => {
  const { holder, dir } = await startHolder(false);
  holder.kill('SIGKILL');
  await untilGone(dir);
});

const bin = fileURLToPath(new URL('../../bin/helmgate.js', import.meta.url));

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function helmgate(...args: readonly string[]): Promise<Answer> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [bin, 'sandbox', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function upNamed(
  name: string,
): Promise<{ readonly dir: string; readonly supervisorPid: number; readonly pids: Record<string, number> }> {
  const answer = await helmgate('up', '--name', name);
  assert.equal(answer.code, 0, answer.stderr);
  const status = await helmgate('status', '--name', name, '-o', 'json');
  assert.equal(status.code, 0);
  return JSON.parse(status.stdout);
}

test('up, status, env and down: a shell uses it, and down leaves nothing', async () => {
  const { dir } = await upNamed('shell');
  assert.match((await helmgate('up', '--name', 'shell')).stdout, /already up/);
  const lines = (await helmgate('env', '--name', 'shell')).stdout;
  const script = `${lines}\nkubectl get nodes -o name && helm version --short`;
  const { stdout } = await run('/bin/sh', ['-c', script], { env: { PATH: '/usr/bin:/bin' } });
  assert.equal(stdout, 'node/sandbox-node\nv4.3.1\n');
  assert.match((await helmgate('down', '--name', 'shell')).stdout, /is down/);
  await untilGone(dir);
  const after = await helmgate('status', '--name', 'shell', '-o', 'json');
  assert.equal(after.code, 1);
  assert.deepEqual(JSON.parse(after.stdout), { name: 'shell', state: 'down' });
  assert.equal((await helmgate('env', '--name', 'shell')).code, 1);
});

test('a supervisor that is killed by SIGKILL leaves no process and no folder, and up works again', async () => {
  const { dir, supervisorPid } = await upNamed('crash');
  process.kill(supervisorPid, 'SIGKILL');
  await untilGone(dir);
  assert.equal((await helmgate('status', '--name', 'crash')).code, 1);
  const again = await upNamed('crash');
  rmSync(join(scratch, 'state', 'helmgate', 'sandboxes', 'crash.json'));
  await untilGone(again.dir);
});

test('a name that could be a path is refused with code 2', async () => {
  assert.equal((await helmgate('up', '--name', '../x')).code, 2);
});
