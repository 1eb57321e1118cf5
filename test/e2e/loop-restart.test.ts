import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  configMap,
  eventually,
  LENIENT_POLICY,
  probeData,
  probeRelease,
  publishProbe,
  rewriteRecord,
  untilReady,
} from './loop-fixture.ts';
import { conditionOf, repositoryManifest, type Stage, startStage } from './stage.ts';

/** The time that a stop may take: what Kubernetes is asked to allow. */
const STOP_S = 45;

describe('a loop that is stopped and started', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies: () => ({ 'policy.yaml': LENIENT_POLICY }) });
    await publishProbe(stage, '1.0.0');
    await stage.serveReady();
    await stage.apply(repositoryManifest('charts', stage.shelf.url, { interval: '1h' }));
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function stopServe(): Promise<string> {
    process.kill(stage.serve.pid ?? 0, 'SIGTERM');
    return await stage.until('serve has ended', STOP_S, async () => {
      try {
        stage.serve.assertAlive();
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    });
  }

  it('stops in the middle of an upgrade with exit code 0, counts no failure, and makes the upgrade again', async () => {
    const valuesFrom = [{ kind: 'ConfigMap', name: 'switch' }];
    const turn = (neverReady: boolean): Promise<string> =>
      stage.apply(configMap('switch', { 'values.yaml': `workload: true\nneverReady: ${neverReady}\n` }));
    await turn(false);
    await stage.apply(probeRelease('stopped', { valuesFrom, timeout: '10m' }));
    await untilReady(stage, 'stopped');
    await turn(true);
    await eventually(
      stage,
      'the upgrade waits',
      ['deployment', 'stopped'],
      ({ spec }) => spec.template.metadata.annotations['sandbox.helmgate.dev/never-ready'] === 'true',
    );
    assert.match(await stopServe(), /exit 0/);
    const history = await stage.helmHistory('stopped');
    assert.equal(history.at(-1)?.status, 'failed');
    const { status } = await stage.get('helmrelease', 'stopped');
    assert.equal(status.history[0].version, 2);
    assert.equal(status.upgradeFailures, undefined);
    assert.match(
      status.conditions.find((entry: { type: string }) => entry.type === 'Released').message,
      /helm was stopped because Helmgate is stopping/,
    );

    await turn(false);
    stage.startServe();
    await stage.serveReady();
    const ready = await untilReady(
      stage,
      'stopped',
      'default',
      (object) => object.status.history[0].version === 3,
    );
    assert.equal(conditionOf(ready, 'Stalled'), undefined);
    assert.deepEqual(
      (await stage.helmHistory('stopped')).map((entry) => entry.status),
      ['superseded', 'failed', 'deployed'],
    );
  });

  it("heals what helm left in 'uninstalling' and in 'pending-install'", async () => {
    for (const name of ['leaving', 'coming']) {
      await stage.apply(probeRelease(name));
      await untilReady(stage, name);
    }
    assert.match(await stopServe(), /exit 0/);
    await rewriteRecord(stage, 'leaving', 'uninstalling');
    await stage.kubectl('delete', 'configmap', 'leaving-probe');
    await rewriteRecord(stage, 'coming', 'pending-install');
    stage.startServe();
    await stage.serveReady();

    for (const [name, verbs, statuses] of [
      ['leaving', ['Unlock', 'Uninstall', 'Install'], ['deployed']],
      ['coming', ['Unlock', 'Upgrade'], ['superseded', 'deployed']],
    ] as const) {
      await stage.until(`${name} is deployed`, STOP_S, async () => {
        const history = await stage.helmHistory(name);
        return history.at(-1)?.status === 'deployed' ? true : undefined;
      });
      await untilReady(stage, name, 'default', ({ status }) => status.history[0].status === 'deployed');
      assert.deepEqual(
        (await stage.helmHistory(name)).map((entry) => entry.status),
        statuses,
      );
      assert.deepEqual(await probeData(stage, name), { from: 'chart' });
      const rows = await stage.auditRows();
      const actions = rows.filter((row) => row.phase === 'action' && row.name === name);
      assert.deepEqual(
        actions.map((row) => row.action),
        ['Install', ...verbs],
      );
    }
  });

  it('does nothing at all for releases that were in sync when it starts again', async () => {
    const before = (await stage.auditRows()).length;
    const objects = (): Promise<string> =>
      stage.kubectl('get', 'helmreleases', '-o', 'jsonpath={.items[*].metadata.resourceVersion}');
    const versions = await objects();
    assert.match(await stopServe(), /exit 0/);
    stage.startServe();
    await stage.serveReady();
    await stage.apply(probeRelease('newcomer'));
    await untilReady(stage, 'newcomer');
    const rows = (await stage.auditRows()).slice(before);
    assert.deepEqual(
      rows.filter((row) => row.phase === 'action').map((row) => `${row.action} ${row.name}`),
      ['Install newcomer'],
    );
    await stage.kubectl('delete', 'helmrelease', 'newcomer');
    assert.equal(await objects(), versions);
  });
});
