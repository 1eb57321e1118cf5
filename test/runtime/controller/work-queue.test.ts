import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type PassResult, WorkQueue } from '../../../src/runtime/controller/work-queue.ts';

/** Lets every promise that can settle do so, without letting time pass. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

interface Running {
  readonly key: string;
  readonly finish: (result: PassResult) => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

function openQueue(
  t: TestContext,
  concurrency: number,
): { queue: WorkQueue; started: string[]; running: Running[]; errors: string[] } {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const started: string[] = [];
  const running: Running[] = [];
  const errors: string[] = [];
  const queue = new WorkQueue({
    concurrency,
    minBackoffMs: 750,
    maxBackoffMs: 10_000,
    random: () => 0,
    onError: (key) => errors.push(key),
    handle: (key) =>
      new Promise((resolve, reject) => {
        started.push(key);
        const entry: Running = {
          key,
          finish: async (result) => {
            running.splice(running.indexOf(entry), 1);
            resolve(result);
            await settle();
          },
          fail: async (error) => {
            running.splice(running.indexOf(entry), 1);
            reject(error);
            await settle();
          },
        };
        running.push(entry);
      }),
  });
  return { queue, started, running, errors };
}

const WAIT: PassResult = { next: 'wait' };

describe('the work queue', () => {
  it('handles a key that is asked for many times before its turn only once', async (t) => {
    const { queue, started, running } = openQueue(t, 1);
    queue.add('a/blocker');
    for (let i = 0; i < 10; i += 1) queue.add('a/x');
    await running[0]?.finish(WAIT);
    await running[0]?.finish(WAIT);
    assert.deepEqual(started, ['a/blocker', 'a/x']);
  });

  it('handles a key once more when it is asked for while it runs, and never twice at the same time', async (t) => {
    const { queue, started, running } = openQueue(t, 4);
    queue.add('a/x');
    queue.add('a/x');
    queue.add('a/x');
    assert.deepEqual(started, ['a/x']);
    await running[0]?.finish(WAIT);
    assert.deepEqual(started, ['a/x', 'a/x']);
    await running[0]?.finish(WAIT);
    assert.deepEqual(started, ['a/x', 'a/x']);
  });

  it('never runs more keys at once than it has workers', (t) => {
    const { queue, started } = openQueue(t, 3);
    for (let i = 0; i < 10; i += 1) queue.add(`a/${i}`);
    assert.equal(started.length, 3);
    assert.equal(queue.depth, 7);
  });

  it('lets namespaces take turns, so that a full one starves none', async (t) => {
    const { queue, started, running } = openQueue(t, 1);
    for (let i = 0; i < 5; i += 1) queue.add(`full/${i}`);
    queue.add('small/1');
    while (running[0] !== undefined) await running[0].finish(WAIT);
    assert.ok(started.indexOf('small/1') <= 2, started.join(' '));
    assert.equal(started.length, 6);
  });

  it('doubles the wait after each failure in a row, up to the longest, and starts over after a success', async (t) => {
    const { queue, started, running, errors } = openQueue(t, 1);
    queue.add('a/x');
    for (const waitMs of [750, 1_500, 3_000, 6_000, 10_000, 10_000]) {
      await running[0]?.fail(new Error('no'));
      const before = started.length;
      t.mock.timers.tick(waitMs - 1);
      assert.equal(started.length, before, `started before ${waitMs} ms`);
      t.mock.timers.tick(1);
      assert.equal(started.length, before + 1, `not started after ${waitMs} ms`);
    }
    assert.equal(errors.length, 6);
    await running[0]?.finish({ next: 'after', delayMs: 5 });
    t.mock.timers.tick(5);
    await running[0]?.finish({ next: 'backoff' });
    t.mock.timers.tick(750);
    assert.equal(running.length, 1);
  });

  it('runs a waiting key at once when something changes, and does not run it again for the old wait', async (t) => {
    const { queue, started, running } = openQueue(t, 1);
    queue.add('a/x');
    await running[0]?.finish({ next: 'after', delayMs: 60_000 });
    queue.add('a/x');
    assert.equal(started.length, 2);
    await running[0]?.finish(WAIT);
    t.mock.timers.tick(120_000);
    assert.equal(started.length, 2);
  });

  it('starts nothing after it is closed and waits for what runs', async (t) => {
    const { queue, started, running } = openQueue(t, 1);
    queue.add('a/x');
    queue.add('a/y');
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await settle();
    assert.equal(closed, false);
    await running[0]?.finish({ next: 'backoff' });
    await closing;
    queue.add('a/z');
    t.mock.timers.tick(120_000);
    assert.deepEqual(started, ['a/x']);
  });
});
