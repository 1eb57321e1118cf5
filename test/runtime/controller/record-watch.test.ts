import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../src/core/api/kube-object.ts';
import type { ReleaseRecord } from '../../../src/core/release/release-record.ts';
import { RecordWatch } from '../../../src/runtime/controller/record-watch.ts';

function secret(revision: number, resourceVersion: string, labels: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `sh.helm.release.v1.app.v${revision}`, namespace: 'ns', resourceVersion, labels },
  };
}

function record(version: number, resourceVersion: string): ReleaseRecord {
  return {
    name: 'app',
    namespace: 'ns',
    version,
    status: 'deployed',
    description: '',
    chartName: 'app',
    chartVersion: '1.0.0',
    appVersion: '',
    config: { password: 'x' },
    manifest: 'kind: Secret',
    firstDeployed: '',
    lastDeployed: '',
    deleted: '',
    raw: { config: { password: 'x' } },
    resourceVersion,
  };
}

const HELM = { owner: 'helm', name: 'app' };
const never = new AbortController().signal;

describe('the record watch', () => {
  it('reads storage once and then not again while no record changes', async () => {
    let reads = 0;
    let stored = [record(1, '10')];
    const watch = new RecordWatch({
      history: async () => {
        reads += 1;
        return stored;
      },
    });
    assert.equal(watch.observe({ type: 'added', object: secret(1, '10', HELM) }), 'ns/app');
    await watch.look('ns', 'app', never);
    await watch.look('ns', 'app', never);
    assert.equal(reads, 1);

    stored = [record(2, '12'), record(1, '11')];
    watch.observe({ type: 'updated', object: secret(1, '11', HELM) });
    watch.observe({ type: 'added', object: secret(2, '12', HELM) });
    assert.equal((await watch.look('ns', 'app', never)).records.length, 2);
    assert.equal(reads, 2);

    stored = [];
    watch.observe({ type: 'deleted', object: secret(1, '11', HELM) });
    watch.observe({ type: 'deleted', object: secret(2, '12', HELM) });
    assert.deepEqual((await watch.look('ns', 'app', never)).records, []);
    assert.equal(reads, 3);
  });

  it('reads again when the watch lags behind what was read', async () => {
    let reads = 0;
    const watch = new RecordWatch({
      history: async () => {
        reads += 1;
        return [record(1, '10')];
      },
    });
    await watch.look('ns', 'app', never);
    await watch.look('ns', 'app', never);
    assert.equal(reads, 2, 'the Secret has not been seen by the watch yet');
  });

  it('is current exactly while the watch shows what was read last', async () => {
    const watch = new RecordWatch({ history: async () => [record(1, '10')] });
    assert.equal(watch.isCurrent('ns/app'), true, 'nothing was read and nothing is there');
    watch.observe({ type: 'added', object: secret(1, '10', HELM) });
    assert.equal(watch.isCurrent('ns/app'), false);
    await watch.look('ns', 'app', never);
    assert.equal(watch.isCurrent('ns/app'), true);
    watch.observe({ type: 'updated', object: secret(1, '11', HELM) });
    assert.equal(watch.isCurrent('ns/app'), false);
  });

  it('keeps neither values nor manifests in memory', async () => {
    const watch = new RecordWatch({ history: async () => [record(1, '10')] });
    watch.observe({ type: 'added', object: secret(1, '10', HELM) });
    await watch.look('ns', 'app', never);
    const { records, live } = await watch.look('ns', 'app', never);
    const [held] = records;
    assert.equal(live, false);
    assert.deepEqual([held?.config, held?.manifest, held?.raw], [{}, '', {}]);
  });

  it('takes a Secret without the labels of helm for something else', () => {
    const watch = new RecordWatch({ history: async () => [] });
    const object = secret(1, '10', { name: 'app' });
    assert.equal(watch.observe({ type: 'added', object }), undefined);
  });
});
