import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import {
  CountingHelm,
  configMap,
  eventually,
  LENIENT_POLICY,
  probeData,
  probeRelease,
  publishProbe,
  request,
  secret,
  untilGone,
  untilHandled,
  untilReady,
  untilRefused,
} from './loop-fixture.ts';
import { conditionOf, repositoryManifest, type Stage, startStage } from './stage.ts';

const CANARY = 'canary-7f1d4e"<9>';

describe('the loop', () => {
  let stage: Stage;
  let helm: CountingHelm;
  before(async () => {
    helm = await CountingHelm.make();
    stage = await startStage({
      policies: () => ({ 'policy.yaml': LENIENT_POLICY }),
      serveArgs: ['--helm', helm.path],
    });
    await helm.stand(stage.sandbox.binaries.helm);
    await publishProbe(stage, '1.0.0');
    await stage.serveReady();
    await stage.apply(repositoryManifest('charts', stage.shelf.url, { interval: '1h' }));
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
    await helm[Symbol.asyncDispose]();
  });

  describe('with values from ConfigMaps and Secrets', () => {
    const valuesFrom = [
      { kind: 'ConfigMap', name: 'base' },
      { kind: 'Secret', name: 'login', valuesKey: 'prod.yaml' },
      { kind: 'ConfigMap', name: 'absent', optional: true },
    ];
    const login = (password: string, more = ''): object =>
      secret('login', { 'prod.yaml': `password: '${password}'\ndata: {b: secret, c: secret}\n${more}` });

    it('merges them in order, with the inline values last', async () => {
      await stage.apply(probeRelease('merged', { valuesFrom, values: { data: { c: 'inline' } } }));
      const waiting = await untilRefused(stage, 'merged', 'ValuesError');
      assert.match(conditionOf(waiting, 'Ready').message, /ConfigMap .*'default\/base'.*no such ConfigMap/);
      await stage.apply(configMap('base', { 'values.yaml': 'data: {a: base, b: base, c: base}\n' }));
      await stage.apply(login(CANARY));
      await untilReady(stage, 'merged');
      assert.deepEqual(await probeData(stage, 'merged'), {
        a: 'base',
        b: 'secret',
        c: 'inline',
        from: 'chart',
      });
      const { data } = await stage.get('secret', 'merged-login');
      assert.equal(Buffer.from(data.password, 'base64').toString(), CANARY);
    });

    it('upgrades when a Secret changes', async () => {
      await stage.apply(login(`${CANARY}-2`));
      await untilReady(stage, 'merged', 'default', ({ status }) => status.history[0].version === 2);
      const { data } = await stage.get('secret', 'merged-login');
      assert.equal(Buffer.from(data.password, 'base64').toString(), `${CANARY}-2`);
    });

    it('shows no Secret value anywhere when helm prints it in an error', async () => {
      await stage.apply(login(`${CANARY}-3`, 'fail: true\n'));
      const refused = await untilRefused(stage, 'merged', 'UpgradeFailed');
      assert.match(conditionOf(refused, 'Ready').message, /cannot log in with \*\*\*/);
      const places = {
        objects: await stage.kubectl('get', 'helmreleases', '-A', '-o', 'yaml'),
        events: await stage.kubectl('get', 'events', '-A', '-o', 'yaml'),
        audit: await readFile(stage.auditLog, 'utf8'),
        log: stage.serve.tail(1_000),
      };
      for (const [place, text] of Object.entries(places)) {
        for (const form of ['canary-7f1d4e', Buffer.from(CANARY).toString('base64').slice(0, 18)]) {
          assert.ok(!text.includes(form), `${place} shows the Secret's value`);
        }
      }
      const rows = (await stage.auditRows()).filter((row) => row.name === 'merged' && row.phase === 'action');
      assert.match(rows.at(-1)?.outcome, /cannot log in with \*\*\*/);
      await stage.apply(login(CANARY));
      await untilReady(
        stage,
        'merged',
        'default',
        (object) => conditionOf(object, 'Reconciling') === undefined,
      );
      assert.deepEqual(
        (await stage.helmHistory('merged')).map((entry) => entry.status),
        ['superseded', 'superseded', 'deployed'],
      );
    });
  });

  describe('asked by annotations', () => {
    it('costs nothing while a release is in sync, however often it is asked', async () => {
      await stage.apply(probeRelease('calm'));
      const ready = await untilReady(stage, 'calm');
      const actionsOf = async (): Promise<number> =>
        (await stage.auditRows()).filter((row) => row.name === 'calm' && row.phase !== 'admission').length;
      const calls = await helm.callsFor('calm');
      const rows = await actionsOf();
      for (let pass = 0; pass < 5; pass += 1) {
        await untilHandled(stage, 'calm', await request(stage, 'calm'));
      }
      const { status } = await stage.get('helmrelease', 'calm');
      assert.match(status.lastHandledReconcileAt, /^request-/);
      assert.deepEqual(
        { ...status, lastHandledReconcileAt: '' },
        { ...ready.status, lastHandledReconcileAt: '' },
      );
      assert.deepEqual(await helm.callsFor('calm'), calls);
      assert.deepEqual(calls, ['install calm']);
      assert.equal(await actionsOf(), rows);
    });

    it('upgrades an in-sync release once for forceAt', async () => {
      await untilHandled(stage, 'calm', await request(stage, 'calm', ['forceAt']));
      await untilReady(stage, 'calm', 'default', ({ status }) => status.history[0].version === 2);
      await untilHandled(stage, 'calm', await request(stage, 'calm'));
      assert.deepEqual(await helm.callsFor('calm'), ['install calm', 'upgrade calm']);
    });

    it('does not touch a suspended release, and goes on when it is resumed', async () => {
      const values = { data: { from: 'edited' } };
      await stage.apply(probeRelease('calm', { suspend: true, values }));
      await request(stage, 'calm', ['forceAt']);
      // Another release that is worked on meanwhile shows that the loop had its turn.
      await stage.apply(probeRelease('bystander'));
      await untilReady(stage, 'bystander');
      assert.deepEqual(await helm.callsFor('calm'), ['install calm', 'upgrade calm']);
      await stage.apply(probeRelease('calm', { values }));
      await untilReady(stage, 'calm', 'default', ({ status }) => status.history[0].version === 3);
      assert.equal((await probeData(stage, 'calm')).from, 'edited');
    });

    it('gives a release that is out of retries new ones for resetAt', async () => {
      const values = { workload: true, neverReady: true };
      await stage.apply(probeRelease('spent', { values, timeout: '1s' }));
      const stalled = await eventually(
        stage,
        'spent is Stalled',
        ['helmrelease', 'spent'],
        (object) => conditionOf(object, 'Stalled')?.status === 'True',
      );
      assert.equal(conditionOf(stalled, 'Stalled').reason, 'RetriesExceeded');
      assert.equal(stalled.status.installFailures, 1);
      await untilHandled(stage, 'spent', await request(stage, 'spent'));
      assert.deepEqual(await helm.callsFor('spent'), ['install spent'], 'a plain request resets nothing');
      const token = await request(stage, 'spent', ['resetAt']);
      await untilHandled(stage, 'spent', token);
      const again = await eventually(
        stage,
        'spent is Stalled again',
        ['helmrelease', 'spent'],
        ({ status }) => status.lastHandledResetAt === token && (status.upgradeFailures ?? 0) > 0,
      );
      assert.equal(again.status.upgradeFailures, 1);
      assert.deepEqual(await helm.callsFor('spent'), ['install spent', 'upgrade spent']);
    });
  });

  describe('with a dependency', () => {
    it('waits with DependencyNotReady, and starts when the dependency becomes Ready', async () => {
      const values = { workload: true, neverReady: true };
      await stage.apply(probeRelease('after', { dependsOn: [{ name: 'first' }] }));
      await untilRefused(stage, 'after', 'DependencyNotReady');
      await stage.apply(probeRelease('first', { values, timeout: '1s' }));
      await untilRefused(stage, 'first', 'InstallFailed');
      const waiting = await untilRefused(stage, 'after', 'DependencyNotReady');
      assert.equal(conditionOf(waiting, 'Ready').message, "dependency 'default/first' is not ready");
      await stage.apply(probeRelease('first', { values: { workload: true } }));
      await untilReady(stage, 'first');
      // Flux's pace is 30 s: half of it is no accident.
      await eventually(
        stage,
        'after starts',
        ['helmrelease', 'after'],
        ({ status }) => status.history?.[0] !== undefined,
        15,
      );
      await untilReady(stage, 'after');
    });
  });

  describe('on an edit that moves a release', () => {
    it('uninstalls the old one and installs the new one for another releaseName', async () => {
      await stage.apply(probeRelease('mover'));
      await untilReady(stage, 'mover');
      await stage.apply(probeRelease('mover', { releaseName: 'moved' }));
      await untilReady(stage, 'mover', 'default', ({ status }) => status.history[0].name === 'moved');
      assert.deepEqual(await helm.callsFor('mover'), ['install mover', 'uninstall mover']);
      assert.equal(await stage.get('configmap', 'mover-probe'), undefined);
      assert.deepEqual(await stage.helmHistory('mover'), []);
      assert.equal((await stage.helmHistory('moved')).length, 1);
    });

    it('leaves a place in storage to the HelmRelease that had it first, and gives it on when that one goes', async () => {
      await stage.apply(probeRelease('owner', { releaseName: 'shared' }));
      await untilReady(stage, 'owner');
      await stage.apply(probeRelease('rival', { releaseName: 'shared' }));
      const refused = await untilRefused(stage, 'rival', 'DuplicateRelease');
      assert.match(conditionOf(refused, 'Stalled').message, /belongs to HelmRelease 'default\/owner'/);
      assert.equal((await stage.helmHistory('shared')).length, 1);
      await stage.kubectl('delete', 'helmrelease', 'owner', '--timeout=40s');
      await untilReady(stage, 'rival');
      assert.deepEqual(await helm.callsFor('shared'), [
        'install shared',
        'uninstall shared',
        'install shared',
      ]);
    });

    it('makes the target namespace, keeps the records in the storage namespace and leaves nothing behind', async () => {
      await stage.kubectl('create', 'namespace', 'records');
      const install = { createNamespace: true };
      const spec = { targetNamespace: 'far', storageNamespace: 'records', install };
      await stage.apply(probeRelease('mover', spec));
      const ready = await untilReady(
        stage,
        'mover',
        'default',
        ({ status }) => status.history[0].namespace === 'far',
      );
      assert.equal(ready.status.history[0].name, 'far-mover');
      assert.equal(ready.status.storageNamespace, 'records');
      assert.notEqual(await probeData(stage, 'far-mover', 'far'), undefined);
      assert.equal(await stage.get('configmap', 'moved-probe'), undefined);
      const names = async (namespace: string): Promise<string> =>
        await stage.kubectl(
          'get',
          'secrets',
          '-n',
          namespace,
          '-l',
          'owner=helm,name=far-mover',
          '-o',
          'name',
        );
      assert.equal(await names('records'), 'secret/sh.helm.release.v1.far-mover.v1\n');
      assert.equal(await names('far'), '');

      await stage.apply(probeRelease('mover', { ...spec, storageNamespace: 'default' }));
      await untilReady(stage, 'mover', 'default', ({ status }) => status.storageNamespace === 'default');
      assert.equal(await names('records'), '');
      assert.equal(await names('default'), 'secret/sh.helm.release.v1.far-mover.v1\n');
    });

    it('installs at the new place also when the old release has already gone by hand', async () => {
      await stage.apply(probeRelease('ghost', { suspend: false }));
      await untilReady(stage, 'ghost');
      await stage.apply(probeRelease('ghost', { suspend: true }));
      await stage.run(stage.sandbox.binaries.helm, 'uninstall', 'ghost');
      await stage.apply(probeRelease('ghost', { releaseName: 'ghost-2' }));
      await untilReady(stage, 'ghost', 'default', ({ status }) => status.history[0].name === 'ghost-2');
    });
  });

  describe('beside people who use helm', () => {
    const chart = (): string => `${stage.folder}/charts/packages/probe-1.0.0.tgz`;
    const byHand = async (...args: readonly string[]): Promise<void> => {
      const { exitCode, stderr } = await stage.run(stage.sandbox.binaries.helm, ...args);
      assert.equal(exitCode, 0, stderr);
    };

    it('takes over a release that they installed', async () => {
      await byHand('install', 'manual', chart(), '--set=data.from=hand');
      await stage.apply(probeRelease('manual'));
      const ready = await untilReady(stage, 'manual');
      assert.deepEqual(await helm.callsFor('manual'), ['upgrade manual']);
      assert.deepEqual(
        ready.status.history.map((snapshot: { version: number }) => snapshot.version),
        [2],
      );
      assert.deepEqual(await probeData(stage, 'manual'), { from: 'chart' });
    });

    it('notices their rollback and upgrades again', async () => {
      // Without the flag helm gives way to the fields' owner.
      await byHand('rollback', 'manual', '1', '--force-conflicts');
      await untilReady(stage, 'manual', 'default', ({ status }) => status.history[0].version >= 4);
      assert.deepEqual(await probeData(stage, 'manual'), { from: 'chart' });
      assert.equal((await stage.helmHistory('manual')).at(-1)?.status, 'deployed');
    });

    it('notices their uninstall and installs again', async () => {
      await byHand('uninstall', 'manual');
      await eventually(stage, 'it is back', ['configmap', 'manual-probe'], () => true);
      await untilReady(stage, 'manual', 'default', ({ status }) => status.history[0].version === 1);
    });
  });

  describe('on deletion', () => {
    it('uninstalls', async () => {
      await stage.kubectl('delete', 'helmrelease', 'bystander', '--wait=false');
      await untilGone(stage, 'helmrelease', 'bystander');
      assert.deepEqual(await helm.callsFor('bystander'), ['install bystander', 'uninstall bystander']);
      assert.equal(await stage.get('configmap', 'bystander-probe'), undefined);
      assert.deepEqual(await stage.helmHistory('bystander'), []);
    });

    it('leaves the release of a suspended object', async () => {
      await stage.kubectl(
        'patch',
        'helmrelease',
        'manual',
        '--type=merge',
        '-p',
        '{"spec":{"suspend":true}}',
      );
      await stage.kubectl('delete', 'helmrelease', 'manual', '--wait=false');
      await untilGone(stage, 'helmrelease', 'manual');
      assert.notEqual(await stage.get('configmap', 'manual-probe'), undefined);
      assert.equal((await stage.helmHistory('manual')).at(-1)?.status, 'deployed');
    });

    it('does not wait for an upgrade that waits', async () => {
      await stage.apply(probeRelease('slow'));
      await untilReady(stage, 'slow');
      const values = { workload: true, neverReady: true };
      await stage.apply(probeRelease('slow', { values, timeout: '10m' }));
      await eventually(stage, 'the upgrade waits', ['deployment', 'slow'], () => true);
      await stage.kubectl('delete', 'helmrelease', 'slow', '--wait=false');
      await untilGone(stage, 'helmrelease', 'slow');
      assert.deepEqual(await helm.callsFor('slow'), ['install slow', 'upgrade slow', 'uninstall slow']);
      assert.equal(await stage.get('deployment', 'slow'), undefined);
      assert.deepEqual(await stage.helmHistory('slow'), []);
    });
  });

  it('stops an upgrade that waits when the spec changes, counts no failure for it, and goes on with the new spec', async () => {
    await stage.apply(probeRelease('hasty'));
    await untilReady(stage, 'hasty');
    const values = { workload: true, neverReady: true };
    await stage.apply(probeRelease('hasty', { values, timeout: '10m' }));
    await eventually(stage, 'the upgrade waits', ['deployment', 'hasty'], () => true);
    await stage.apply(probeRelease('hasty', { values: { workload: true }, timeout: '30s' }));
    const ready = await untilReady(stage, 'hasty');
    assert.equal(ready.status.upgradeFailures, undefined);
    assert.deepEqual(
      (await stage.helmHistory('hasty')).map((entry) => entry.status),
      ['superseded', 'failed', 'deployed'],
    );
  });
});
