import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Loose } from '../../src/demo/cluster.ts';
import { type ChartRepository, serveChartRepository } from '../../src/sandbox/chart-repository.ts';
import { createCertificateAuthority } from '../../src/sandbox/pki.ts';
import {
  eventually,
  LENIENT_POLICY,
  probeRelease,
  publishProbe,
  secret,
  untilReady,
  untilRefused,
} from './loop-fixture.ts';
import { conditionOf, repositoryManifest, type Stage, startStage } from './stage.ts';

const PASSWORD = 'right-canary-51c0';
const interval = '1h';

describe('the loop and its sources', () => {
  let stage: Stage;
  const served: ChartRepository[] = [];
  before(async () => {
    stage = await startStage({ policies: () => ({ 'policy.yaml': LENIENT_POLICY }) });
    await stage.serveReady();
  });
  after(async () => {
    for (const repository of served) await repository.close();
    await stage[Symbol.asyncDispose]();
  });

  async function serveCharts(
    name: string,
    options: Omit<Parameters<typeof serveChartRepository>[0], 'dir'>,
  ): Promise<ChartRepository> {
    const dir = join(stage.folder, name);
    await mkdir(dir);
    const repository = await serveChartRepository({ dir, ...options });
    served.push(repository);
    await publishProbe(stage, '1.0.0', { dir, url: repository.url });
    return repository;
  }

  const repositoryShows = (name: string, status: string, reason: string): Promise<Loose> =>
    eventually(stage, `${name} shows ${reason}`, ['helmrepository', name], (object) => {
      const ready = conditionOf(object, 'Ready');
      return ready?.status === status && ready.reason === reason;
    });

  it('says that a password is wrong, and heals when the Secret is put right, without a touch on the objects', async () => {
    const { url } = await serveCharts('guarded', { basicAuth: { username: 'reader', password: PASSWORD } });
    await stage.apply(secret('reader', { username: 'reader', password: 'wrong-canary-51c0' }));
    // The release first: it then sees its source appear before anyone has tried to read it.
    await stage.apply(probeRelease('guarded', {}, { source: 'guarded' }));
    await untilRefused(stage, 'guarded', 'SourceNotReady');
    await stage.apply(repositoryManifest('guarded', url, { interval, secretRef: { name: 'reader' } }));
    await repositoryShows('guarded', 'False', 'AuthenticationFailed');
    const waiting = await eventually(
      stage,
      'the release names the cause',
      ['helmrelease', 'guarded'],
      (object) => /401/.test(conditionOf(object, 'Ready')?.message ?? ''),
      15,
    );
    assert.equal(conditionOf(waiting, 'Ready').reason, 'SourceNotReady');
    await stage.apply(secret('reader', { username: 'reader', password: PASSWORD }));
    const source = await repositoryShows('guarded', 'True', 'Succeeded');
    const release = await untilReady(stage, 'guarded');
    assert.deepEqual([source.metadata.generation, release.metadata.generation], [1, 1]);
    const shown = await stage.kubectl('get', 'helmrepositories,helmreleases', '-o', 'yaml');
    assert.doesNotMatch(shown + stage.serve.tail(1_000), /canary-51c0/);
  });

  it('reads a repository over TLS with the CA of certSecretRef, and with no other', async () => {
    const authority = createCertificateAuthority('charts CA', new Date());
    const leaf = authority.issue({ commonName: 'charts', usage: 'server', hosts: ['127.0.0.1'] });
    const { url } = await serveCharts('secure', {
      tls: { key: leaf.privateKeyPem, cert: leaf.certificatePem },
    });
    const stranger = createCertificateAuthority('charts CA', new Date());
    await stage.apply(secret('charts-ca', { 'ca.crt': stranger.certificatePem }));
    await stage.apply(repositoryManifest('secure', url, { interval, certSecretRef: { name: 'charts-ca' } }));
    await stage.apply(probeRelease('secure', {}, { source: 'secure' }));
    await eventually(
      stage,
      'the certificate is refused',
      ['helmrepository', 'secure'],
      (object) => conditionOf(object, 'Ready')?.status === 'False',
    );
    await untilRefused(stage, 'secure', 'SourceNotReady');
    await stage.apply(secret('charts-ca', { 'ca.crt': authority.certificatePem }));
    await repositoryShows('secure', 'True', 'Succeeded');
    await untilReady(stage, 'secure');
  });

  it('stalls a release from a source that it cannot read yet, and goes on when the source is another', async () => {
    const git = probeRelease('unread', {
      chart: { spec: { chart: './charts/probe', sourceRef: { kind: 'GitRepository', name: 'apps' } } },
    });
    await stage.apply(git);
    const stalled = await untilRefused(stage, 'unread', 'UnsupportedSource');
    assert.equal(conditionOf(stalled, 'Stalled').reason, 'UnsupportedSource');
    assert.match(conditionOf(stalled, 'Ready').message, /GitRepository\/apps/);
    assert.equal(stalled.status.observedGeneration, stalled.metadata.generation);

    const chartRef = { kind: 'OCIRepository', name: 'probe' };
    const oci: Loose = probeRelease('unread-oci', { chart: undefined, chartRef });
    await stage.apply(oci);
    const other = await untilRefused(stage, 'unread-oci', 'UnsupportedSource');
    assert.match(conditionOf(other, 'Stalled').message, /OCIRepository\/probe/);

    await stage.apply(probeRelease('unread', {}, { source: 'guarded' }));
    const ready = await untilReady(stage, 'unread');
    assert.equal(conditionOf(ready, 'Stalled'), undefined);
  });

  it('stalls a release with fields that it does not act on yet, names them, and goes on without them', async () => {
    const spec = { test: { enable: true }, driftDetection: { mode: 'enabled' } };
    await stage.apply(probeRelease('fields', spec, { source: 'guarded' }));
    const stalled = await untilRefused(stage, 'fields', 'UnsupportedField');
    assert.match(conditionOf(stalled, 'Stalled').message, /spec\.driftDetection, spec\.test/);
    assert.deepEqual(await stage.helmHistory('fields'), []);
    await stage.apply(probeRelease('fields', {}, { source: 'guarded' }));
    const ready = await untilReady(stage, 'fields');
    assert.equal(conditionOf(ready, 'Stalled'), undefined);
  });
});
