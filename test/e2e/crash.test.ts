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

/** How often an upgrade may end before the kill lands in the middle of it. */
const ATTEMPTS = 6;

describe('a loop that is killed', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies: (url) => ({ 'policy.yaml': openPolicy(url) }) });
    await stage.serveReady();
    await stage.shelf.publish('1.0.0');
    await stage.apply(repositoryManifest('flagger', stage.shelf.url));
    await stage.apply(releaseManifest('victim', '>=1.0.0', { interval: '2s', timeout: '30s' }));
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

  /** Publishes new versions until one is killed after its pending record was stored; answers that version. */
  async function killInUpgrade(): Promise<string> {
    for (let minor = 1; minor <= ATTEMPTS; minor += 1) {
      const version = `1.${minor}.0`;
      await stage.shelf.publish(version);
      const status = await stage.until(`an upgrade to ${version} is stored`, 30, async () => {
        const selector = 'owner=helm,name=victim,status in (pending-upgrade)';
        const pending = await stage.kubectl('get', 'secrets', '-l', selector, '-o', 'name');
        if (pending.trim() !== '') {
          stage.serve.kill();
          return 'pending';
        }
        const history = await stage.helmHistory('victim');
        return history.at(-1)?.chart === `flagger-${version}` && history.at(-1)?.status === 'deployed'
          ? 'deployed'
          : undefined;
      });
      if (status === 'pending') return version;
    }
    throw new Error(`no upgrade of ${ATTEMPTS} was caught in the middle`);
  }

  it('leaves a pending record that the next start unlocks and upgrades, by itself', async () => {
    const version = await killInUpgrade();
    const history = await stage.helmHistory('victim');
    assert.equal(history.at(-1)?.status, 'pending-upgrade', JSON.stringify(history));
    const interrupted = history.at(-1)?.revision;

    stage.startServe();
    await stage.serveReady();
    await readyAt(version);
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
