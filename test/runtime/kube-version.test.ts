import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Json } from '../../src/core/json/json.ts';
import { createKubeVersion } from '../../src/runtime/kube-version.ts';

const signal = new AbortController().signal;

function server(answers: readonly (Json | Error)[]) {
  const asked: string[] = [];
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const request = (method: string, path: string): Promise<Json> => {
    asked.push(`${method} ${path}`);
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? null;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { asked, clock, version: createKubeVersion({ request }, clock) };
}

describe('the version of the API server', () => {
  it('is asked for once, and again when it is old', async () => {
    const { asked, clock, version } = server([{ gitVersion: 'v1.36.3' }, { gitVersion: 'v1.37.0' }]);
    assert.deepEqual(await Promise.all([version.get(signal), version.get(signal)]), ['v1.36.3', 'v1.36.3']);
    assert.equal(await version.get(signal), 'v1.36.3');
    assert.deepEqual(asked, ['GET /version']);
    clock.nowMs = 6 * 60_000;
    assert.equal(await version.get(signal), 'v1.37.0');
  });

  it('is not known before it was heard, and the last one heard while another is on its way', async () => {
    const { asked, clock, version } = server([{ gitVersion: 'v1.36.3' }, { gitVersion: 'v1.37.0' }]);
    assert.equal(version.latest(), undefined);
    await version.get(signal);
    assert.equal(version.latest(), 'v1.36.3');
    clock.nowMs = 6 * 60_000;
    assert.equal(version.latest(), 'v1.36.3');
    await version.get(signal);
    assert.equal(version.latest(), 'v1.37.0');
    assert.equal(asked.length, 2);
  });

  it('is no guess: an answer without it, and none, reject', async () => {
    await assert.rejects(server([{ major: '1' }]).version.get(signal), /does not say its version/);
    const { version } = server([new Error('refused'), { gitVersion: 'v1.36.3' }]);
    await assert.rejects(version.get(signal), /refused/);
    assert.equal(await version.get(signal), 'v1.36.3');
    await assert.rejects(version.get(AbortSignal.abort(new Error('due'))), /due/);
  });
});
