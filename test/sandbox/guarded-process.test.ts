import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../src/sandbox/guarded-process.ts';

const dir = mkdtempSync(join(tmpdir(), 'helmgate-test-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const env = { PATH: '/usr/bin:/bin' };

function sh(script: string, logFile?: string): ReturnType<typeof spawnGuarded> {
  return spawnGuarded({
    name: 'sh',
    command: '/bin/sh',
    args: ['-c', script],
    env,
    cwd: dir,
    ...(logFile === undefined ? {} : { logFile }),
  });
}

/** Whether the group has a member; `kill(2)` with signal 0 asks only. */
function groupLives(pgid: number): boolean {
  try {
    process.kill(-pgid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pgid: number): Promise<void> {
  for (let waited = 0; groupLives(pgid) && waited < 5_000; waited += 20) await sleep(20);
  assert.equal(groupLives(pgid), false, `process group ${pgid} is still there`);
}

test('tells the exit code and the last lines of a child, and leaves no guard', async () => {
  const child = sh('echo one; echo two >&2; exit 3');
  assert.deepEqual(await child.ended, { code: 3, signal: undefined, startError: undefined });
  assert.deepEqual([...child.lastLines()].sort(), ['one', 'two']);
  await untilGone(child.pid);
});

test('keeps the last 40 lines, from a log file too', async () => {
  for (const log of [undefined, join(dir, 'child.log')]) {
    const child = sh('i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; done', log);
    await child.ended;
    assert.equal(child.lastLines().length, 40);
    assert.equal(child.lastLines().at(-1), 'line 100');
  }
});

test('a missing program ends with 127 and says so', async () => {
  const child = spawnGuarded({ name: 'x', command: 'no-such-program', args: [], env, cwd: dir });
  assert.equal((await child.ended).code, 127);
  assert.match(child.lastLines().join(), /no-such-program/);
});

test('stop ends a child by SIGTERM, and by SIGKILL one that ignores it, descendants included', async () => {
  const polite = sh('sleep 600');
  assert.equal((await polite.stop(2_000)).signal, 'SIGTERM');
  const stubborn = sh('trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & while :; do sleep 1; done');
  await sleep(100);
  assert.equal((await stubborn.stop(100)).signal, 'SIGKILL');
  await untilGone(polite.pid);
  await untilGone(stubborn.pid);
});

test('a child and its descendants die with a parent that is killed by SIGKILL', async () => {
  const module = fileURLToPath(new URL('../../src/sandbox/guarded-process.ts', import.meta.url));
  const script = `
    const { spawnGuarded } = await import(${JSON.stringify(module)});
    const child = spawnGuarded({ name: 'x', command: '/bin/sh', args: ['-c', 'trap "" TERM HUP; sleep 600 & wait'], env: {}, cwd: '/' });
    console.log(child.pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) => {
    parent.stdout.once('data', (text: Buffer) => resolve(Number(String(text))));
  });
  await sleep(50);
  assert.equal(groupLives(pid), true);
  parent.kill('SIGKILL');
  await untilGone(pid);
});
