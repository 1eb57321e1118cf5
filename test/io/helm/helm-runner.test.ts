import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HelmInstall, HelmRunner } from '../../../src/io/contract.ts';
import { createHelmRunner } from '../../../src/io/helm/helm-runner.ts';

/** Programs stand in for helm here: what is asked is how a child is started, bounded and ended. */
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const server = 'http://127.0.0.1:1/tokentokentoken';
const install: HelmInstall = {
  verb: 'install',
  releaseName: 'web',
  releaseNamespace: 'apps',
  timeoutMs: 60_000,
  wait: 'watcher',
  waitForJobs: false,
  disableHooks: false,
  chartPath: '/chart.tgz',
  values: { password: 'hunter2hunter2' },
  createNamespace: false,
  replace: false,
  takeOwnership: true,
  skipCrds: true,
  disableOpenApiValidation: false,
  disableSchemaValidation: false,
  serverSide: true,
};

async function runnerOf(script: string, graceMs = 300): Promise<{ runner: HelmRunner; workDir: string }> {
  const helmPath = join(folder, `helm-${Math.random()}`);
  await writeFile(helmPath, `#!/bin/sh\n${script}\n`);
  await chmod(helmPath, 0o755);
  const workDir = join(folder, `work-${Math.random()}`);
  return { runner: createHelmRunner({ helmPath, workDir, graceMs }), workDir };
}

test('builds the environment from nothing and leaves nothing behind', async () => {
  const { runner, workDir } = await runnerOf(
    'env; echo; cat "$KUBECONFIG"; echo; stat -c "%a %n" . kubeconfig',
  );
  process.env['HELM_CANARY'] = 'x';
  process.env['HTTPS_PROXY'] = 'http://proxy';
  const result = await runner.run(install, { server }, AbortSignal.timeout(10_000)).finally(() => {
    delete process.env['HELM_CANARY'];
    delete process.env['HTTPS_PROXY'];
  });
  const names = result.stdout
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.split('=')[0] ?? '')
    // Set by the shell itself.
    .filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name));
  assert.deepEqual(names?.sort(), [
    'GOGC',
    'GOMEMLIMIT',
    'HELM_CACHE_HOME',
    'HELM_CONFIG_HOME',
    'HELM_DATA_HOME',
    'HELM_DRIVER',
    'HELM_PLUGINS',
    'HOME',
    'KUBECACHEDIR',
    'KUBECONFIG',
    'PATH',
    'TMPDIR',
    'XDG_CACHE_HOME',
    'XDG_CONFIG_HOME',
    'XDG_DATA_HOME',
  ]);
  assert.match(result.stdout, /"server":"\*\*\*"/);
  assert.match(result.stdout, /700 \.\n600 kubeconfig/);
  assert.deepEqual(await readdir(workDir), []);
});

test('gives the values on standard input only', async () => {
  const { runner } = await runnerOf(
    'echo "args: $*"; wc -c; grep -rl hunter2 . /proc/$$/cmdline /proc/$$/environ; true',
  );
  const result = await runner.run(install, { server }, AbortSignal.timeout(10_000));
  const [args, count, ...found] = result.stdout.trim().split('\n');
  assert.match(args ?? '', /^args: install web \/chart\.tgz .*--values=-/);
  assert.equal(Number(count), JSON.stringify(install.values).length);
  assert.deepEqual(found, []);
  assert.ok(!result.commandLine.includes('hunter2'));
});

test("masks the gate's address, its token and the secrets it was told of", async () => {
  const { runner } = await runnerOf(`echo 'dial ${server}/api: tokentokentoken hunter2hunter2' >&2; exit 1`);
  const access = { server, secrets: ['hunter2hunter2'] };
  const result = await runner.run(install, access, AbortSignal.timeout(10_000));
  assert.equal(result.stderr, 'dial ***/api: *** ***\n');
  assert.equal(result.exitCode, 1);
});

test('ends a child that ignores SIGTERM, and the children it started, when it is aborted', async () => {
  const { runner } = await runnerOf('trap "" TERM; echo $$; sleep 60 & echo $!; wait; wait; sleep 60');
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 200);
  const result = await runner.run(install, { server }, abort.signal);
  assert.equal(result.killedBy, 'abort');
  assert.equal(result.exitCode, null);
  assert.ok(result.durationMs >= 450 && result.durationMs < 5_000, `${result.durationMs} ms`);
  const pids = result.stdout.trim().split('\n').map(Number);
  assert.equal(pids.length, 2);
  await sleep(50);
  // A dead process may stay listed until its new parent asks for it.
  for (const pid of pids)
    assert.match(spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`]).stdout.toString(), /^(?:Z.*)?\n?$/);
});

test('lets a child clean up after SIGTERM and keeps what it says then', async () => {
  const { runner } = await runnerOf('trap "echo recorded; exit 7" TERM; sleep 60 & wait', 5_000);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 200);
  const result = await runner.run(install, { server }, abort.signal);
  assert.deepEqual([result.killedBy, result.exitCode, result.stdout], ['abort', 7, 'recorded\n']);
  assert.ok(result.durationMs < 3_000);
});

test('ends a child that prints without end, in bounded memory', async () => {
  const { runner } = await runnerOf('yes "line of output"');
  const result = await runner.run(install, { server }, AbortSignal.timeout(20_000));
  assert.equal(result.killedBy, 'output');
  assert.ok(result.stdout.length < 66_000);
});

test('does not wait for a grandchild that holds the output open', async () => {
  const { runner } = await runnerOf('sleep 30 & echo done');
  const result = await runner.run(install, { server }, AbortSignal.timeout(20_000));
  assert.deepEqual([result.exitCode, result.stdout], [0, 'done\n']);
  assert.ok(result.durationMs < 5_000);
});

test('copes with a child that never reads its input', async () => {
  const { runner } = await runnerOf('exit 3');
  const values = { big: 'x'.repeat(1_000_000) };
  const result = await runner.run({ ...install, values }, { server }, AbortSignal.timeout(10_000));
  assert.equal(result.exitCode, 3);
});

test('starts nothing when it is aborted already or the action is impossible', async () => {
  const { runner, workDir } = await runnerOf('exit 0');
  const reason = new Error('over');
  await assert.rejects(runner.run(install, { server }, AbortSignal.abort(reason)), reason);
  const bad = { ...install, releaseName: '--kube-apiserver=evil' };
  await assert.rejects(runner.run(bad, { server }, AbortSignal.timeout(1_000)), { name: 'HelmActionError' });
  await assert.rejects(readdir(workDir), { code: 'ENOENT' });
});

test('removes folders of processes that are gone, and no others', async () => {
  const { runner, workDir } = await runnerOf('exit 0');
  for (const name of ['child-2147483646-x', `child-${process.pid}-y`, 'notes']) {
    await mkdir(join(workDir, name), { recursive: true });
  }
  await runner.run(install, { server }, AbortSignal.timeout(10_000));
  assert.deepEqual((await readdir(workDir)).sort(), [`child-${process.pid}-y`, 'notes']);
});

test('says what is wrong with a helm that is missing or not helm', async () => {
  const missing = createHelmRunner({ helmPath: join(folder, 'none'), workDir: folder });
  const signal = AbortSignal.timeout(10_000);
  await assert.rejects(missing.version(signal), /none is not there; install helm 4/);
  await assert.rejects(missing.run(install, { server }, signal), { name: 'HelmMissingError' });
  const { runner: other } = await runnerOf('echo hello');
  await assert.rejects(other.version(signal), /does not say its version/);
  const { runner: good } = await runnerOf('echo v4.3.1');
  assert.equal(await good.version(signal), 'v4.3.1');
});
