import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  conditionOf,
  openPolicy,
  releaseManifest,
  repositoryManifest,
  type Stage,
  startStage,
} from './stage.ts';

describe('a loop that is killed', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies: (url) => ({ 'policy.yaml': openPolicy(url) }) });
    await stage.serveReady();
    await stage.shelf.publish('1.0.0');
    await stage.apply(repositoryManifest('flagger', stage.shelf.url));
    await stage.apply(releaseManifest('victim', '>=1.0.0', { interval: '2s', timeout: '120s' }));
    await readyAt('1.0.0');
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function readyAt(version: string): Promise<void> {
    await stage.until(`victim is Ready at ${version}`, 60, async () => {
      const release = await stage.get('helmrelease', 'victim');
      const ready = conditionOf(release, 'Ready')?.status === 'True';
      return ready && release.status.history[0].chartVersion === version ? release : undefined;
    });
  }

  it('leaves a pending record that the next start unlocks and upgrades, by itself', async () => {
    // The pods of 1.1.0 never become ready, so that its upgrade is in flight for the whole timeout of the release.
    await stage.shelf.publish('1.1.0', { broken: true });
    await stage.until('the upgrade to 1.1.0 is in flight', 60, async () => {
      const history = await stage.helmHistory('victim');
      return history.at(-1)?.status === 'pending-upgrade' ? history : undefined;
    });
    stage.serve.kill();
    const history = await stage.helmHistory('victim');
    assert.equal(history.at(-1)?.status, 'pending-upgrade', JSON.stringify(history));
    const interrupted = history.at(-1)?.revision;

    await stage.shelf.publish('1.2.0');
    stage.startServe();
    await stage.serveReady();
    await readyAt('1.2.0');
    const healed = await stage.helmHistory('victim');
    assert.equal(healed.at(-1)?.status, 'deployed');
    const unlocked = healed.find((entry) => entry.revision === interrupted);
    assert.equal(unlocked?.status, 'failed');
    assert.match(unlocked?.description, /unlocked from stale 'pending-upgrade' state/);
    assert.deepEqual(
      healed.map((entry) => entry.revision),
      healed.map((_, index) => healed[0].revision + index),
      'no revision is lost or doubled',
    );
  });

  it('leaves an audit log whose chain still verifies', async () => {
    const { exitCode, stdout, stderr } = await stage.helmgate('audit', 'verify', '--file', stage.auditLog);
    assert.equal(exitCode, 0, stdout + stderr);
  });
});
