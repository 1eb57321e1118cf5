import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { KubeObject } from '../../src/core/api/kube-object.ts';
import { CONFIG_MAP, NAMESPACE, SECRET } from '../../src/core/api/resources.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { createApiGate } from '../../src/io/apigate/api-gate.ts';
import type {
  ApiGate,
  GateSessionOptions,
  HelmAction,
  HelmInstall,
  HelmResult,
  HelmRunner,
  HelmUpgrade,
  KubeClient,
  ReleaseStorage,
} from '../../src/io/contract.ts';
import { classifyHelmError } from '../../src/io/helm/helm-failure.ts';
import { createHelmRunner } from '../../src/io/helm/helm-runner.ts';
import { createReleaseStorage } from '../../src/io/helm/release-storage.ts';
import { createKubeClient } from '../../src/io/kube/kube-client.ts';
import { loadAccess } from '../../src/io/kube/load-access.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';

/** A ConfigMap of the values' data, a Secret, and a Deployment when asked for. */
const TEMPLATE = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-data}
data: {{ toJson .Values.data }}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-secret}
stringData: {password: {{ .Values.password | quote }}}
{{- if .Values.image }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
      annotations: {sandbox.helmgate.dev/never-ready: {{ .Values.neverReady | quote }}}
    spec: {containers: [{name: c, image: {{ .Values.image }}}]}
{{- end }}
`;

const SECRET_VALUE = 'canary-5f3a9c-canary';
const OWNER = 'helm-controller';

interface Played {
  readonly result: HelmResult;
  /** `verb revision httpStatus releaseStatus` of each storage write. */
  readonly stored: readonly string[];
  /** `METHOD path status` of each write. */
  readonly written: readonly string[];
}

describe('helm through the gate against a real API server', () => {
  let sandbox: Sandbox;
  let client: KubeClient;
  let gate: ApiGate;
  let helm: HelmRunner;
  let storage: ReleaseStorage;
  let chartPath = '';
  let workDir = '';
  const signal = AbortSignal.timeout(180_000);
  const gateErrors: unknown[] = [];

  before(async () => {
    sandbox = await startSandbox({ env: process.env });
    const access = await loadAccess({ kubeconfig: sandbox.kubeconfig, env: {}, allowPlugins: false });
    client = createKubeClient(access, { userAgent: 'helmgate-test' });
    gate = await createApiGate({ access, onError: (error) => gateErrors.push(error) });
    workDir = join(sandbox.dir, 'helm-work');
    helm = createHelmRunner({ helmPath: sandbox.binaries.helm, workDir });
    storage = createReleaseStorage(client, { nowMs: Date.now, fieldManager: 'helmgate' });
    chartPath = join(sandbox.dir, 'chart');
    await mkdir(join(chartPath, 'templates'), { recursive: true });
    await writeFile(join(chartPath, 'Chart.yaml'), 'apiVersion: v2\nname: tiny\nversion: 1.2.3\n');
    await writeFile(join(chartPath, 'values.yaml'), 'data: {}\npassword: none\nneverReady: "false"\n');
    await writeFile(join(chartPath, 'templates', 'all.yaml'), TEMPLATE);
    for (const name of ['apps', 'store'])
      await client.apply({ resource: NAMESPACE, name }, {}, { fieldManager: 'test' }, signal);
  });
  after(async () => {
    await gate.close();
    await client.close();
    await sandbox.stop();
  });

  const base = (releaseName: string) =>
    ({
      releaseName,
      releaseNamespace: 'apps',
      timeoutMs: 30_000,
      wait: 'watcher',
      waitForJobs: false,
      disableHooks: false,
    }) as const;
  const install = (name: string, values: JsonObject, more: Partial<HelmInstall> = {}): HelmInstall => ({
    ...base(name),
    verb: 'install',
    chartPath,
    values: { password: SECRET_VALUE, ...values },
    createNamespace: false,
    replace: false,
    takeOwnership: true,
    skipCrds: true,
    disableOpenApiValidation: false,
    disableSchemaValidation: false,
    serverSide: true,
    ...more,
  });
  const upgrade = (name: string, values: JsonObject, more: Partial<HelmUpgrade> = {}): HelmUpgrade => ({
    ...base(name),
    verb: 'upgrade',
    chartPath,
    values: { password: SECRET_VALUE, ...values },
    reuseValues: false,
    force: false,
    cleanupOnFail: false,
    takeOwnership: true,
    skipCrds: true,
    maxHistory: 5,
    disableOpenApiValidation: false,
    disableSchemaValidation: false,
    serverSide: 'true',
    ...more,
  });

  async function play(
    action: HelmAction,
    options: Partial<GateSessionOptions> = {},
    abort: AbortSignal = signal,
  ): Promise<Played> {
    const stored: string[] = [];
    const written: string[] = [];
    const session = gate.open({
      releaseName: action.releaseName,
      releaseNamespace: 'apps',
      storageNamespace: 'store',
      fieldManager: OWNER,
      onStorageWrite: ({ verb, name, status, release }) =>
        stored.push([verb, name.replace(/^.*\./, ''), status, release?.status ?? ''].join(' ').trim()),
      onWrite: ({ method, path, status }) => written.push(`${method} ${path} ${status}`),
      signal: abort,
      ...options,
    });
    try {
      const result = await helm.run(action, { server: session.server, secrets: [SECRET_VALUE] }, abort);
      assert.ok(!JSON.stringify(result).includes(SECRET_VALUE), 'a secret value stands in the result');
      assert.ok(
        !JSON.stringify(result).includes(new URL(session.server).pathname.slice(1)),
        'the token stands in it',
      );
      return { result, stored, written };
    } finally {
      await session.close();
    }
  }

  async function succeed(action: HelmAction, options: Partial<GateSessionOptions> = {}): Promise<Played> {
    const played = await play(action, options);
    assert.equal(played.result.exitCode, 0, played.result.stderr);
    return played;
  }

  const data = async (name: string): Promise<KubeObject | undefined> =>
    client.find({ resource: CONFIG_MAP, namespace: 'apps', name: `${name}-data` }, signal);
  const managers = (object: KubeObject | undefined): string[] =>
    (object?.metadata.managedFields ?? []).map((entry) =>
      JSON.stringify([entry['manager'], entry['operation']]),
    );
  const records = async (namespace: string): Promise<readonly string[]> =>
    (await client.list(SECRET, { namespace, labelSelector: 'owner=helm' }, signal)).map(
      (secret) => secret.metadata.name,
    );

  it('installs, upgrades, rolls back and uninstalls, its records in the storage namespace and seen in order', async () => {
    assert.match(await helm.version(signal), /^v4\.3\./);
    const installed = await succeed(install('web', { data: { a: '1' } }));
    assert.deepEqual(installed.stored, ['create v1 201 pending-install', 'update v1 200 deployed']);
    assert.deepEqual(managers(await data('web')), [JSON.stringify([OWNER, 'Apply'])]);
    assert.deepEqual(installed.written, [
      'POST /api/v1/namespaces/store/secrets 201',
      'PATCH /api/v1/namespaces/apps/secrets/web-secret 201',
      'PATCH /api/v1/namespaces/apps/configmaps/web-data 201',
      'PUT /api/v1/namespaces/store/secrets/sh.helm.release.v1.web.v1 200',
    ]);

    const upgraded = await succeed(upgrade('web', { data: { b: '2' } }));
    assert.deepEqual(upgraded.stored, [
      'create v2 201 pending-upgrade',
      'update v1 200 superseded',
      'update v2 200 deployed',
    ]);
    assert.deepEqual((await data('web'))?.['data'], { b: '2' });
    assert.deepEqual(managers(await data('web')), [JSON.stringify([OWNER, 'Apply'])]);

    const back = await succeed({
      ...base('web'),
      verb: 'rollback',
      revision: 1,
      force: false,
      cleanupOnFail: false,
      maxHistory: 5,
      serverSide: 'true',
    });
    assert.deepEqual(back.stored, [
      'create v3 201 pending-rollback',
      'update v2 200 superseded',
      'update v3 200 deployed',
    ]);
    assert.deepEqual((await data('web'))?.['data'], { a: '1' });

    const history = await storage.history('store', 'web', signal);
    assert.deepEqual(
      history.map(({ version, status, chartName, chartVersion, applyMethod, namespace }) =>
        [version, status, chartName, chartVersion, applyMethod, namespace].join(' '),
      ),
      [
        '3 deployed tiny 1.2.3 ssa apps',
        '2 superseded tiny 1.2.3 ssa apps',
        '1 superseded tiny 1.2.3 ssa apps',
      ],
    );
    assert.deepEqual(history[1]?.config, { data: { b: '2' }, password: SECRET_VALUE });
    assert.match(history[0]?.manifest ?? '', /kind: ConfigMap/);
    assert.deepEqual(await records('apps'), []);

    const gone = await succeed({
      ...base('web'),
      verb: 'uninstall',
      keepHistory: false,
      cascade: 'background',
    });
    assert.equal(gone.stored[0], 'update v3 200 uninstalling');
    assert.deepEqual(gone.stored.slice(1).sort(), ['delete v1 200', 'delete v2 200', 'delete v3 200']);
    assert.deepEqual(await records('store'), []);
    assert.equal(await data('web'), undefined);
    assert.deepEqual(gateErrors, []);
  });

  it('leaves no revision and no object when a release is refused, and helm prints why', async () => {
    const refuse = async (): Promise<string> => 'policy no-tiny: chart tiny 1.2.3 is not allowed';
    const first = await play(install('refused', { data: {} }), { admitRelease: refuse });
    assert.equal(first.result.exitCode, 1);
    assert.match(first.result.stderr, /policy no-tiny: chart tiny 1\.2\.3 is not allowed/);
    assert.deepEqual(first.stored, ['create v1 403 pending-install']);
    assert.deepEqual(
      [await records('store'), await records('apps'), await data('refused')],
      [[], [], undefined],
    );

    const seen: unknown[] = [];
    await succeed(install('refused', { data: { a: '1' } }), {
      admitRelease: async ({ status, chartVersion, config, manifest }) => {
        seen.push([status, chartVersion, config, manifest.includes('name: refused-data')]);
        return undefined;
      },
    });
    assert.deepEqual(seen, [
      ['pending-install', '1.2.3', { data: { a: '1' }, password: SECRET_VALUE }, true],
    ]);
    const second = await play(upgrade('refused', { data: { a: '2' } }), { admitRelease: refuse });
    assert.equal(second.result.exitCode, 1);
    assert.match(second.result.stderr, /policy no-tiny/);
    assert.deepEqual(await records('store'), ['sh.helm.release.v1.refused.v1']);
    assert.deepEqual((await data('refused'))?.['data'], { a: '1' });
    await succeed({ ...base('refused'), verb: 'uninstall', keepHistory: false, cascade: 'background' });
  });

  it('removes a key that left the chart when a release moves from client-side to server-side apply', async () => {
    await succeed(install('moved', { data: { a: '1', b: '2' } }, { serverSide: false }));
    assert.deepEqual(managers(await data('moved')), [JSON.stringify([OWNER, 'Update'])]);
    await succeed(upgrade('moved', { data: { a: '1' } }));
    const object = await data('moved');
    assert.deepEqual(object?.['data'], { a: '1' });
    assert.deepEqual(managers(object), [JSON.stringify([OWNER, 'Apply'])]);
  });

  it('waits for a Deployment, and says which one when it does not become ready', async () => {
    await succeed(install('pods', { image: 'x' }));
    const { result, stored } = await play(
      upgrade('pods', { image: 'z', neverReady: 'true' }, { timeoutMs: 3_000 }),
    );
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /Deployment\/apps\/pods not ready/);
    assert.equal(classifyHelmError(result.stderr), 'Timeout');
    // helm writes the last good revision once more before it records the failure.
    assert.deepEqual(stored, [
      'create v2 201 pending-upgrade',
      'update v1 200 deployed',
      'update v2 200 failed',
    ]);
  });

  it('ends a wait that is aborted at once, with the failure on record', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('a newer spec')), 2_000);
    const never = install('waiting', { image: 'x', neverReady: 'true' });
    const { result } = await play(never, {}, abort.signal);
    assert.equal(result.killedBy, 'abort');
    assert.ok(result.durationMs < 6_000, `${result.durationMs} ms`);
    const [record] = await storage.history('store', 'waiting', signal);
    assert.equal(record?.status, 'failed');
  });

  it('ends a release that still waits for its judgement at once when it is aborted', async () => {
    const abort = new AbortController();
    const { result } = await play(
      install('held', { data: {} }),
      {
        admitRelease: () => {
          abort.abort(new Error('stopping'));
          return new Promise(() => {});
        },
      },
      abort.signal,
    );
    assert.equal(result.killedBy, 'abort');
    assert.ok(result.durationMs < 5_000, `${result.durationMs} ms`);
    assert.deepEqual(await storage.history('store', 'held', signal), []);
  });

  it('does not overwrite a record that somebody else changed in the meantime', async () => {
    await succeed(install('shared', { data: {} }));
    const record = { resource: SECRET, namespace: 'store', name: 'sh.helm.release.v1.shared.v2' };
    let touching: Promise<unknown> | undefined;
    const { result, stored } = await play(upgrade('shared', { data: { a: '1' } }), {
      onWrite: ({ path, method }) => {
        if (touching !== undefined || method !== 'PATCH' || !path.includes('configmaps')) return;
        const patch = { metadata: { labels: { touched: 'yes' } } };
        touching = client.mergePatch(record, patch, { fieldManager: 'somebody' }, signal);
      },
    });
    await touching;
    assert.ok(stored.includes('update v2 409 deployed'), stored.join(', '));
    assert.match(result.stderr, /object has been modified/);
  });

  it('repairs a record that a killed helm left pending, guarded by its version', async () => {
    const session = gate.open({
      releaseName: 'killed',
      releaseNamespace: 'apps',
      storageNamespace: 'store',
      fieldManager: OWNER,
      onStorageWrite: () => void session.close(),
    });
    const cut = await helm.run(install('killed', { data: {} }), session, signal);
    assert.equal(cut.exitCode, 1);
    const [pending] = await storage.history('store', 'killed', signal);
    assert.equal(pending?.status, 'pending-install');
    const blocked = await play(upgrade('killed', { data: {} }));
    assert.match(blocked.result.stderr, /has no deployed releases|another operation/);

    await storage.markFailed('store', pending ?? assert.fail(), 'interrupted', signal);
    await assert.rejects(storage.markFailed('store', pending, 'again', signal), { status: 409 });
    const [failed] = await storage.history('store', 'killed', signal);
    assert.deepEqual(
      [failed?.status, failed?.description, failed?.manifest],
      ['failed', 'interrupted', pending.manifest],
    );
    const listed = await client.list(
      SECRET,
      { namespace: 'store', labelSelector: 'name=killed,status=failed' },
      signal,
    );
    assert.equal(listed.length, 1);
    await succeed(upgrade('killed', { data: { a: '1' } }));
  });

  it('serves children side by side, each under its own token', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `many${index}`);
    await Promise.all(names.map((name) => succeed(install(name, { data: { name } }))));
    for (const name of names) assert.deepEqual((await data(name))?.['data'], { name });
    assert.deepEqual(await readdir(workDir), []);
  });

  it('is of no use to a child whose session is over', async () => {
    const session = gate.open({
      releaseNamespace: 'apps',
      storageNamespace: 'apps',
      fieldManager: OWNER,
      onStorageWrite: () => assert.fail(),
    });
    await session.close();
    const result = await helm.run(install('late', { data: {} }), session, signal);
    assert.equal(result.exitCode, 1);
    assert.ok(!result.stderr.includes(new URL(session.server).pathname.slice(1)));
    assert.deepEqual(await records('apps'), []);
  });
});
