import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findFreePort } from '../../src/sandbox/free-port.ts';
import { openPolicy, type Stage, startStage } from './stage.ts';

describe('the commands against a cluster', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies: (url) => ({ 'policy.yaml': openPolicy(url) }) });
    await stage.serveReady();
    await stage.shelf.publish('1.0.0');
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  it('creates a source and a release in the cluster, says what changed, and the release becomes Ready', async () => {
    const source = ['create', 'source', 'helm', 'flagger', '-n', 'default', '--interval', '2s'];
    const created = await stage.helmgate(...source, '--url', stage.shelf.url);
    assert.equal(created.exitCode, 0, created.stderr);
    assert.match(created.stdout + created.stderr, /created/);
    const again = await stage.helmgate(...source, '--url', stage.shelf.url);
    assert.equal(again.exitCode, 0, again.stderr);
    assert.match(again.stdout + again.stderr, /unchanged/);
    const release = await stage.helmgate(
      ...['create', 'hr', 'app', '-n', 'default', '--chart', 'flagger', '--source', 'HelmRepository/flagger'],
      ...[
        '--chart-version',
        '>=1.0.0',
        '--interval',
        '1m',
        '--target-namespace',
        'apps',
        '--create-target-namespace',
      ],
    );
    assert.equal(release.exitCode, 0, release.stderr);
    await stage.kubectl('wait', 'helmrelease/app', '--for=condition=Ready', '--timeout=40s');
    assert.equal((await stage.get('deployment', 'apps-app', 'apps')).status.availableReplicas, 1);
  });

  it('shows the denial of a source as kubectl would, and exits 1', async () => {
    const denied = await stage.helmgate(
      ...['create', 'source', 'helm', 'other', '-n', 'default', '--url', 'https://charts.example.com/x'],
    );
    assert.equal(denied.exitCode, 1);
    assert.match(denied.stderr, /SourceNotAllowed/);
    assert.match(denied.stderr, /policy\.yaml:\d+/);
    assert.equal(await stage.get('helmrepository', 'other'), undefined);
  });

  it('finds the denial in the audit log by verdict and name, as JSON', async () => {
    const { exitCode, stdout } = await stage.helmgate(
      ...['audit', 'query', '--file', stage.auditLog, '--verdict', 'Deny', '--name', 'other', '-o', 'json'],
    );
    assert.equal(exitCode, 0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(rows.length > 0);
    for (const row of rows) {
      assert.equal(row.verdict, 'Deny');
      assert.equal(row.findings[0].reason, 'SourceNotAllowed');
      assert.equal(row.user.username, 'sandbox-admin');
    }
  });

  it('serves with the pair that `helmgate certs` made, and keeps the API server asking it', async () => {
    const certs = join(stage.folder, 'certs');
    const made = await stage.helmgate('certs', '--out', certs);
    assert.equal(made.exitCode, 0, made.stderr);
    await stage.serve.stop();
    stage.startServe(
      ...['--tls-cert', join(certs, 'tls.crt'), '--tls-key', join(certs, 'tls.key')],
      ...['--tls-ca', join(certs, 'ca.crt')],
    );
    await stage.serveReady();
    const denied = await stage.helmgate(
      ...['create', 'source', 'helm', 'other', '-n', 'default', '--url', 'https://charts.example.com/x'],
    );
    assert.equal(denied.exitCode, 1, denied.stdout);
    assert.match(denied.stderr, /SourceNotAllowed/);
  });

  it('is called through a Service when --service says so, under the name that the Service has', async () => {
    await stage.serve.stop();
    const port = await findFreePort();
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'gate', namespace: 'default' },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    };
    await stage.apply(service);
    stage.startServe('--port', String(port), '--service', `default/gate:${port}`);
    await stage.serveReady();
    const text = await stage.kubectl('get', 'validatingwebhookconfiguration', 'helmgate', '-o', 'json');
    const [webhook] = JSON.parse(text).webhooks;
    assert.equal(webhook.clientConfig.url, undefined);
    assert.equal(webhook.clientConfig.service.name, 'gate');
    assert.equal(webhook.failurePolicy, 'Fail');
    const denied = await stage.helmgate(
      ...['create', 'source', 'helm', 'other', '-n', 'default', '--url', 'https://charts.example.com/x'],
    );
    assert.equal(denied.exitCode, 1, denied.stdout);
    assert.match(denied.stderr, /SourceNotAllowed/);
  });
});
