import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  eventually,
  LENIENT_POLICY,
  probeRelease,
  publishProbe,
  rewriteRecord,
  untilGone,
  untilReady,
  untilRefused,
} from './loop-fixture.ts';
import { conditionOf, repositoryManifest, type Stage, startStage } from './stage.ts';

const account = 'deployer';
const spec = { serviceAccountName: account, install: { remediation: { retries: -1 } } };

function role(namespace: string, rules: readonly object[]): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: account, namespace },
    rules,
  };
}

const EVERYTHING = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
/** What helm itself needs: its records. */
const RECORDS = { apiGroups: [''], resources: ['secrets'], verbs: ['*'] };
const CONFIG_MAPS = { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] };

describe('a release with a service account', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      policies: () => ({ 'policy.yaml': LENIENT_POLICY }),
      serveArgs: ['--no-webhook'],
    });
    await publishProbe(stage, '1.0.0');
    await stage.serveReady();
    await stage.apply(repositoryManifest('charts', stage.shelf.url));
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function tenant(namespace: string, rules: readonly object[]): Promise<void> {
    await stage.kubectl('create', 'namespace', namespace);
    await stage.kubectl('create', 'serviceaccount', account, '-n', namespace);
    await stage.apply(role(namespace, rules));
    await stage.kubectl(
      ...['create', 'rolebinding', account, '-n', namespace],
      ...[`--role=${account}`, `--serviceaccount=${namespace}:${account}`],
    );
  }

  it('is refused what its role does not allow, says so, and becomes Ready when the role does', async () => {
    await tenant('narrow', [RECORDS, CONFIG_MAPS]);
    const values = { workload: true };
    await stage.apply(probeRelease('app', { ...spec, values }, { namespace: 'narrow' }));
    const refused = await untilRefused(stage, 'app', 'InstallFailed', 'narrow');
    const { message } = conditionOf(refused, 'Ready');
    assert.match(message, /deployments\.apps.* is forbidden: User "system:serviceaccount:narrow:deployer"/);
    assert.equal(await stage.get('deployment', 'app', 'narrow'), undefined);

    await stage.apply(role('narrow', [EVERYTHING]));
    await untilReady(stage, 'app', 'narrow');
    assert.notEqual(await stage.get('deployment', 'app', 'narrow'), undefined);
    assert.equal((await stage.helmHistory('app', 'narrow')).at(-1)?.status, 'deployed');
  });

  it('cannot even keep a record when its role does not allow Secrets: storage is its own, too', async () => {
    await tenant('norecords', [CONFIG_MAPS]);
    await stage.apply(probeRelease('app', spec, { namespace: 'norecords' }));
    const refused = await untilRefused(stage, 'app', 'InstallFailed', 'norecords');
    assert.match(conditionOf(refused, 'Ready').message, /secrets .*is forbidden: User/);
    assert.equal(await stage.kubectl('get', 'secrets', '-n', 'norecords', '-o', 'name'), '');
  });

  it('does not reach into a namespace where only Helmgate itself has rights', async () => {
    await tenant('insider', [EVERYTHING]);
    await stage.kubectl('create', 'namespace', 'victim');
    const out = { ...spec, targetNamespace: 'victim', storageNamespace: 'insider', releaseName: 'app' };
    await stage.apply(probeRelease('reach', out, { namespace: 'insider' }));
    const refused = await untilRefused(stage, 'reach', 'InstallFailed', 'insider');
    assert.match(conditionOf(refused, 'Ready').message, /forbidden.*insider:deployer.*"victim"/);

    const made = {
      ...out,
      releaseName: 'made',
      targetNamespace: 'made-by-tenant',
      install: { createNamespace: true },
    };
    await stage.apply(probeRelease('maker', made, { namespace: 'insider' }));
    const unmade = await untilRefused(stage, 'maker', 'InstallFailed', 'insider');
    assert.match(
      conditionOf(unmade, 'Ready').message,
      /forbidden: User "system:serviceaccount:insider:deployer"/,
    );
    assert.equal(await stage.get('namespace', 'made-by-tenant'), undefined);
    assert.equal(
      await stage.kubectl('get', 'configmaps,secrets', '-n', 'victim', '-o', 'name'),
      'configmap/kube-root-ca.crt\n',
    );
  });

  it("does not unlock another namespace's record, which Helmgate would rewrite as itself", async () => {
    await stage.kubectl('create', 'namespace', 'other');
    const chart = `${stage.folder}/charts/packages/probe-1.0.0.tgz`;
    await stage.run(stage.sandbox.binaries.helm, 'install', 'app', chart, '-n', 'other');
    await rewriteRecord(stage, 'app', 'pending-upgrade', 'other');
    const reach = { ...spec, releaseName: 'app', storageNamespace: 'other' };
    await stage.apply(probeRelease('unlocker', reach, { namespace: 'insider' }));
    const refused = await eventually(
      stage,
      'the unlock is refused',
      ['helmrelease', 'unlocker', 'insider'],
      (object) => /forbidden/.test(conditionOf(object, 'Ready')?.message ?? ''),
    );
    assert.match(
      conditionOf(refused, 'Ready').message,
      /may not update the release's Secrets in namespace 'other'/,
    );
    assert.equal(
      (await stage.get('secret', 'sh.helm.release.v1.app.v1', 'other')).metadata.labels.status,
      'pending-upgrade',
    );
    await stage.kubectl('delete', 'helmrelease', 'unlocker', '-n', 'insider', '--wait=false');
  });

  it('stays, with its objects, when it is deleted after its rights are gone, and goes when they are back', async () => {
    await tenant('leaving', [EVERYTHING]);
    await stage.apply(probeRelease('app', spec, { namespace: 'leaving' }));
    await untilReady(stage, 'app', 'leaving');
    await stage.kubectl('delete', 'serviceaccount', account, '-n', 'leaving');
    await stage.kubectl('delete', 'rolebinding', account, '-n', 'leaving');
    await stage.kubectl('delete', 'helmrelease', 'app', '-n', 'leaving', '--wait=false');
    const kept = await eventually(
      stage,
      'the uninstall is refused',
      ['helmrelease', 'app', 'leaving'],
      (object) => conditionOf(object, 'Released')?.reason === 'UninstallFailed',
    );
    assert.match(conditionOf(kept, 'Released').message, /forbidden/);
    assert.deepEqual(kept.metadata.finalizers, ['finalizers.fluxcd.io']);
    assert.notEqual(await stage.get('configmap', 'app-probe', 'leaving'), undefined);

    await stage.kubectl('create', 'serviceaccount', account, '-n', 'leaving');
    await stage.kubectl(
      ...['create', 'rolebinding', account, '-n', 'leaving'],
      ...[`--role=${account}`, `--serviceaccount=leaving:${account}`],
    );
    await untilGone(stage, 'helmrelease', 'app', 'leaving');
    assert.equal(await stage.get('configmap', 'app-probe', 'leaving'), undefined);
  });

  it('is Stalled with AccessDenied when the name cannot be one', async () => {
    await stage.apply(probeRelease('odd', { serviceAccountName: 'a:b' }));
    const refused = await untilRefused(stage, 'odd', 'AccessDenied');
    assert.equal(conditionOf(refused, 'Stalled').status, 'True');
    assert.match(conditionOf(refused, 'Ready').message, /spec\.serviceAccountName "a:b"/);
    const calls = (await stage.auditRows()).filter((row) => row.name === 'odd' && row.phase === 'action');
    assert.deepEqual(calls, []);
  });
});
