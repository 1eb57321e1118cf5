import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject, Resource } from '../../src/core/api/kube-object.ts';
import { CONFIG_MAP, NAMESPACE, SECRET } from '../../src/core/api/resources.ts';
import type { KubeClient, KubeErrorShape } from '../../src/io/contract.ts';
import { createKubeClient } from '../../src/io/kube/kube-client.ts';
import { loadAccess } from '../../src/io/kube/load-access.ts';
import { createReflectors, type Reflectors, startReflector } from '../../src/io/kube/reflector.ts';
import { createTransport } from '../../src/io/kube/transport.ts';
import { watchLines } from '../../src/io/kube/watch-lines.ts';
import type { KubeAccess } from '../../src/io/kube-access.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';

const manager = { fieldManager: 'test' };
const agent = { userAgent: 'helmgate-test' };

describe('the client and the reflector against a real API server', () => {
  let sandbox: Sandbox;
  let access: KubeAccess;
  let client: KubeClient;
  let reflectors: Reflectors;
  const signal = AbortSignal.timeout(180_000);

  before(async () => {
    sandbox = await startSandbox({ env: process.env });
    access = await loadAccess({ kubeconfig: sandbox.kubeconfig, env: {}, allowPlugins: false });
    client = createKubeClient(access, agent);
    reflectors = createReflectors(access, agent);
  });
  after(async () => {
    await reflectors.close();
    await client.close();
    await sandbox.stop();
  });

  async function namespace(name: string): Promise<string> {
    await client.apply({ resource: NAMESPACE, name }, {}, manager, signal);
    return name;
  }

  const configMap = (namespace: string, name: string): Parameters<KubeClient['find']>[0] => ({
    resource: CONFIG_MAP,
    namespace,
    name,
  });

  it('lists more objects than a page holds, each once, with kind and apiVersion', async () => {
    const where = await namespace('paged');
    const names = Array.from({ length: 1_201 }, (_, index) => `n${String(index).padStart(4, '0')}`);
    const queue = [...names];
    const worker = async (): Promise<void> => {
      for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
        await client.create(CONFIG_MAP, { metadata: { name, namespace: where } }, manager, signal);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const objects = await client.list(CONFIG_MAP, { namespace: where, metadataOnly: true }, signal);
    const listed = objects.map((object) => object.metadata.name).filter((name) => name.startsWith('n'));
    assert.deepEqual(listed.sort(), names);
    assert.deepEqual([objects[0]?.kind, objects[0]?.apiVersion], ['ConfigMap', 'v1']);
    assert.equal(objects[0]?.metadata.managedFields, undefined);
  });

  it('keeps a copy that follows creation, change and deletion', async () => {
    const where = await namespace('watched');
    const events: string[] = [];
    const errors: KubeErrorShape[] = [];
    await client.create(CONFIG_MAP, { metadata: { name: 'old', namespace: where } }, manager, signal);
    const reflector = reflectors.start(CONFIG_MAP, {
      namespace: where,
      fieldSelector: 'metadata.name!=kube-root-ca.crt',
      onEvent: ({ type, object }) => events.push(`${type} ${object.metadata.name} ${String(keysOf(object))}`),
      onError: (error) => errors.push(error),
    });
    await reflector.synced(signal);
    await client.apply(configMap(where, 'new'), { data: { a: '1' } }, manager, signal);
    await client.mergePatch(configMap(where, 'new'), { data: { b: '2' } }, manager, signal);
    await client.delete(configMap(where, 'old'), signal);
    await until(() => events.length === 4);
    assert.deepEqual(events, ['added old ', 'added new a', 'updated new a,b', 'deleted old ']);
    assert.deepEqual(
      reflector.list().map((object) => object.metadata.name),
      ['new'],
    );
    assert.equal(reflector.find(where, 'new')?.kind, 'ConfigMap');
    assert.ok(reflector.stalenessMs() < 60_000);
    assert.deepEqual(errors, []);
    await reflector.close();
    await client.delete(configMap(where, 'new'), signal);
    await sleep(100);
    assert.equal(events.length, 4);
  });

  it('watches metadata alone: labels come, data does not', async () => {
    const where = await namespace('metadata');
    const objects: KubeObject[] = [];
    const reflector = reflectors.start(SECRET, {
      namespace: where,
      labelSelector: 'owner=helm',
      metadataOnly: true,
      onEvent: ({ object }) => objects.push(object),
    });
    await reflector.synced(signal);
    const labels = { owner: 'helm', status: 'deployed' };
    const data = { release: 'c2VjcmV0' };
    await client.create(SECRET, { metadata: { name: 'r', namespace: where, labels }, data }, manager, signal);
    await client.create(SECRET, { metadata: { name: 'other', namespace: where }, data }, manager, signal);
    await until(() => objects.length > 0);
    const { kind, apiVersion, metadata, ...rest } = objects[0] ?? assert.fail();
    assert.deepEqual([kind, apiVersion, metadata.labels, rest], ['Secret', 'v1', labels, {}]);
    await client.delete({ resource: SECRET, namespace: where, name: 'r' }, signal);
    await until(() => objects.length === 2);
    assert.deepEqual(reflector.list(), []);
    await reflector.close();
  });

  it('is told 410 when it watches from a version that was compacted away', async () => {
    const where = await namespace('compacted');
    const { metadata } = await client.apply(configMap(where, 'x'), {}, manager, signal);
    await compactEtcd(join(sandbox.dir, 'etcd.sock'), Number(metadata.resourceVersion));
    const transport = createTransport(access, agent);
    // Events have no watch cache in the API server: their watches go to etcd, which knows.
    const request = { method: 'GET', path: '/api/v1/events', query: { watch: 'true', resourceVersion: '1' } };
    const lines = watchLines(await transport.stream(request, signal), 1_000_000);
    const { value } = await lines.next();
    const event = JSON.parse(String(value));
    assert.deepEqual([event.type, event.object.code, event.object.reason], ['ERROR', 410, 'Expired']);
    await transport.close();
  });

  it('keeps its copy over many ends of the watch, and misses nothing', async () => {
    const where = await namespace('restless');
    const transport = createTransport(access, agent);
    const seen: string[] = [];
    // Without a sign of life for 100 ms each watch is given up: the copy lives through dozens of them.
    const tuning = { nowMs: () => performance.now(), random: () => 0.99, idleMs: 100 };
    const reflector = startReflector(
      transport,
      CONFIG_MAP,
      { namespace: where, labelSelector: 'x', onEvent: ({ object }) => seen.push(object.metadata.name) },
      tuning,
    );
    await reflector.synced(signal);
    for (let index = 0; index < 12; index += 1) {
      const metadata = { name: `n${index}`, namespace: where, labels: { x: '' } };
      await client.create(CONFIG_MAP, { metadata }, manager, signal);
      await sleep(150);
    }
    await until(() => seen.length >= 12, 40_000);
    assert.deepEqual(
      seen,
      Array.from({ length: 12 }, (_, index) => `n${index}`),
    );
    await reflector.close();
    await transport.close();
  });

  it('refuses a write that is based on an older version', async () => {
    const where = await namespace('conflicts');
    const first = await client.create(
      CONFIG_MAP,
      { metadata: { name: 'x', namespace: where } },
      manager,
      signal,
    );
    await client.mergePatch(configMap(where, 'x'), { data: { a: '1' } }, manager, signal);
    const { resourceVersion = '' } = first.metadata;
    const patch = { metadata: { resourceVersion }, data: { a: '2' } };
    const conflict = { status: 409, reason: 'Conflict' };
    await assert.rejects(client.mergePatch(configMap(where, 'x'), patch, manager, signal), conflict);
    const whole = { metadata: { name: 'x', namespace: where, resourceVersion } };
    await assert.rejects(client.replace(configMap(where, 'x'), whole, manager, signal), conflict);
    const again = client.create(CONFIG_MAP, { metadata: { name: 'x', namespace: where } }, manager, signal);
    await assert.rejects(again, { status: 409, reason: 'AlreadyExists' });
  });

  it('applies as a field manager that others must not overrun, and leaves no trace of a dry run', async () => {
    const where = await namespace('applied');
    const ref = configMap(where, 'x');
    await client.apply(ref, { data: { a: '1' } }, { fieldManager: 'one' }, signal);
    await assert.rejects(client.apply(ref, { data: { a: '2' } }, { fieldManager: 'two' }, signal), {
      status: 409,
      message: /conflict with "one"/,
    });
    await client.apply(ref, { data: { a: '3' } }, { fieldManager: 'two', force: true, dryRun: true }, signal);
    assert.deepEqual((await client.find(ref, signal))?.['data'], { a: '1' });
    await client.apply(ref, { data: { a: '4' } }, { fieldManager: 'two', force: true }, signal);
    assert.deepEqual((await client.find(ref, signal))?.['data'], { a: '4' });
    const strict = { fieldManager: 'one', fieldValidation: 'Strict' } as const;
    const unknown = { metadata: { name: 'y', namespace: where }, datum: {} };
    const refused = { status: 400, message: /unknown field "datum"/ };
    await assert.rejects(client.create(CONFIG_MAP, unknown, strict, signal), refused);
  });

  it('finds the resource of a kind as soon as its CRD is served', async () => {
    const crd: Resource = {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      plural: 'customresourcedefinitions',
      kind: 'CustomResourceDefinition',
      namespaced: false,
    };
    assert.deepEqual(
      await client.resourceFor('apiextensions.k8s.io/v1', 'CustomResourceDefinition', signal),
      crd,
    );
    assert.equal(await client.resourceFor('example.dev/v1', 'Widget', signal), undefined);
    await client.apply(
      { resource: crd, name: 'widgets.example.dev' },
      {
        spec: {
          group: 'example.dev',
          scope: 'Namespaced',
          names: { plural: 'widgets', kind: 'Widget' },
          versions: [
            { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
          ],
        },
      },
      manager,
      signal,
    );
    const widget = {
      group: 'example.dev',
      version: 'v1',
      plural: 'widgets',
      kind: 'Widget',
      namespaced: true,
    };
    let found: Resource | undefined;
    for (let attempt = 0; attempt < 50 && found === undefined; attempt += 1) {
      found = await client.resourceFor('example.dev/v1', 'Widget', signal);
      await sleep(100);
    }
    assert.deepEqual(found, widget);
  });

  it('acts as the service account that it impersonates, with no more rights', async () => {
    const where = await namespace('impersonated');
    const impersonate = `system:serviceaccount:${where}:robot`;
    const robot = createKubeClient(access, { ...agent, impersonate });
    await assert.rejects(robot.find(configMap(where, 'x'), signal), {
      status: 403,
      reason: 'Forbidden',
      message: new RegExp(`User "${impersonate}" cannot get resource "configmaps"`),
    });
    await robot.close();
  });
});

/** Asks etcd to forget all revisions before the given one (etcdserverpb.KV/Compact; field 1 is the revision). */
async function compactEtcd(socketPath: string, revision: number): Promise<void> {
  const session = connectHttp2('http://localhost', { createConnection: () => connectSocket(socketPath) });
  const bytes = [8];
  for (let rest = revision; rest > 0; rest = Math.floor(rest / 128))
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(bytes.length, 1);
  const request = session.request({
    ':method': 'POST',
    ':path': '/etcdserverpb.KV/Compact',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  request.end(Buffer.concat([frame, Buffer.from(bytes)]));
  request.resume();
  const [trailers] = await once(request, 'trailers');
  assert.equal(trailers['grpc-status'], '0', String(trailers['grpc-message']));
  session.destroy();
}

function keysOf(object: KubeObject): readonly string[] {
  return Object.keys((object['data'] ?? {}) as object);
}

async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `what was waited for did not happen within ${timeoutMs} ms`);
    await sleep(10);
  }
}
