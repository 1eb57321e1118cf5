import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { type ApiClient, createApiClient } from '../../src/sandbox/api-client.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';

const exec = promisify(execFile);
const olderDocumentation = fileURLToPath(
  new URL('../fixtures/crds/older-documentation.yaml', import.meta.url),
);
const crdFolder = new URL('../../charts/helmgate/crds/', import.meta.url);

type Fields = Readonly<Record<string, unknown>>;

interface StoredObject {
  readonly apiVersion: string;
  readonly metadata: { readonly generation: number };
  readonly spec: Fields;
  readonly status?: Fields;
}

const ENDPOINTS: Readonly<Record<string, string>> = {
  HelmRelease: 'helmreleases',
  HelmRepository: 'helmrepositories',
  HelmChart: 'helmcharts',
  OCIRepository: 'ocirepositories',
};

const sourceRef = { kind: 'HelmRepository', name: 'podinfo' };
const chart = { spec: { chart: 'podinfo', sourceRef } };
const release = { interval: '1m', chart };
const repository = { url: 'https://charts.example.com' };
const helmChart = { chart: 'podinfo', interval: '1m', sourceRef };
const artifact = { url: 'oci://registry.example.com/podinfo', interval: '1m' };

/** A spec of each version that has only what is required. */
const MINIMAL = {
  'helm.toolkit.fluxcd.io/v2 HelmRelease': release,
  'helm.toolkit.fluxcd.io/v2beta2 HelmRelease': release,
  'helm.toolkit.fluxcd.io/v2beta1 HelmRelease': release,
  'source.toolkit.fluxcd.io/v1 HelmRepository': repository,
  'source.toolkit.fluxcd.io/v1beta2 HelmRepository': repository,
  'source.toolkit.fluxcd.io/v1 HelmChart': helmChart,
  'source.toolkit.fluxcd.io/v1 OCIRepository': artifact,
} as const;

type Subject = keyof typeof MINIMAL;

const V2: Subject = 'helm.toolkit.fluxcd.io/v2 HelmRelease';
const BETA2: Subject = 'helm.toolkit.fluxcd.io/v2beta2 HelmRelease';
const BETA: Subject = 'helm.toolkit.fluxcd.io/v2beta1 HelmRelease';
const REPO: Subject = 'source.toolkit.fluxcd.io/v1 HelmRepository';
const REPO_BETA: Subject = 'source.toolkit.fluxcd.io/v1beta2 HelmRepository';
const CHART: Subject = 'source.toolkit.fluxcd.io/v1 HelmChart';
const OCI: Subject = 'source.toolkit.fluxcd.io/v1 OCIRepository';

const chartSpec = (fields: Fields): Fields => ({
  interval: '1m',
  chart: { spec: { ...chart.spec, ...fields } },
});
const withoutChart = (fields: Fields): Fields => ({ interval: '1m', ...fields });
const and = (fields: Fields): Fields => ({ ...release, ...fields });
const valuesFrom = (fields: Fields): Fields =>
  and({ valuesFrom: [{ kind: 'Secret', name: 'a', ...fields }] });
const retry = (name: string): Fields => ({ strategy: { name, retryInterval: '5m' } });

const ACCEPTED: readonly (readonly [Subject, Fields])[] = [
  ...(Object.entries(MINIMAL) as [Subject, Fields][]),
  [V2, and({ interval: '0s' })],
  [V2, and({ interval: '1h30m0.5s250ms' })],
  [V2, withoutChart({ chartRef: { kind: 'OCIRepository', name: 'a', namespace: 'b' } })],
  [V2, withoutChart({ chartRef: { kind: 'ExternalArtifact', name: 'a' } })],
  [
    V2,
    chartSpec({
      chart: 'x'.repeat(2048),
      version: '>=1.0.0 <2.0.0',
      valuesFiles: ['a'],
      ignoreMissingValuesFiles: true,
    }),
  ],
  [
    V2,
    chartSpec({ verify: { provider: 'notation', secretRef: { name: 'a' } }, reconcileStrategy: 'Revision' }),
  ],
  [V2, and({ releaseName: 'x'.repeat(53), targetNamespace: 'x'.repeat(63), storageNamespace: 'a' })],
  [V2, and({ dependsOn: [{ name: 'a', namespace: 'b', readyExpr: 'true' }], maxHistory: 0, timeout: '5m' })],
  [V2, and({ kubeConfig: { secretRef: { name: 'a', key: 'b' } } })],
  [V2, and({ kubeConfig: { configMapRef: { name: 'a' } } })],
  [V2, and({ install: { ...retry('RetryOnFailure'), remediation: { retries: -1 }, serverSideApply: true } })],
  [
    V2,
    and({
      upgrade: {
        ...retry('RetryOnFailure'),
        serverSideApply: 'auto',
        chartNameChangeStrategy: 'InPlaceUpdate',
      },
    }),
  ],
  [V2, and({ upgrade: { remediation: { retries: 3, strategy: 'uninstall' }, crds: 'CreateReplace' } })],
  [
    V2,
    and({
      test: { enable: true, filters: [{ name: 'a', exclude: true }] },
      rollback: { recreate: true, force: true },
    }),
  ],
  [V2, and({ uninstall: { deletionPropagation: 'orphan', keepHistory: true } })],
  [V2, valuesFrom({ valuesKey: 'a-b_c.yaml', targetPath: 'a.b[0].c\\.d/e', optional: true, literal: true })],
  [
    V2,
    and({ values: { any: [{ thing: 1.5 }], deep: { null: null } }, commonMetadata: { labels: { a: 'b' } } }),
  ],
  [
    V2,
    and({
      postRenderers: [
        {
          kustomize: {
            patches: [{ patch: 'x', target: { kind: 'Pod' } }],
            images: [{ name: 'a', digest: 'b' }],
          },
        },
      ],
    }),
  ],
  [V2, and({ postRenderStrategy: 'separate', waitStrategy: { name: 'legacy' } })],
  [
    V2,
    and({
      healthCheckExprs: [
        { apiVersion: 'v1', kind: 'A', current: 'true', failed: 'false', inProgress: 'false' },
      ],
    }),
  ],
  [
    V2,
    and({ driftDetection: { mode: 'warn', ignore: [{ paths: ['/a'], target: { labelSelector: 'a=b' } }] } }),
  ],
  [BETA, chartSpec({ valuesFile: 'a.yaml', valuesFiles: ['b.yaml'] })],
  [
    BETA2,
    chartSpec({
      chart: 'x'.repeat(2048),
      valuesFile: 'a.yaml',
      valuesFiles: ['b.yaml'],
      ignoreMissingValuesFiles: true,
      verify: { provider: 'notation' },
    }),
  ],
  [BETA2, withoutChart({ chartRef: { kind: 'OCIRepository', name: 'a', namespace: 'b' } })],
  [BETA2, withoutChart({ chartRef: { kind: 'HelmChart', name: 'a' } })],
  [BETA2, and({ test: { enable: true, filters: [{ name: 'a', exclude: true }] }, maxHistory: 0 })],
  [BETA2, and({ driftDetection: { mode: 'warn', ignore: [{ paths: ['/a'], target: { kind: 'Pod' } }] } })],
  [BETA2, and({ kubeConfig: { secretRef: { name: 'a' } }, serviceAccountName: 'x'.repeat(253) })],
  [BETA2, and({ postRenderers: [{ kustomize: { patchesJson6902: [], patchesStrategicMerge: [] } }] })],
  // Declared in v2 too, so that server-side apply can hold a beta manifest against it (docs/adr/0008).
  [V2, chartSpec({ valuesFile: 'a.yaml' })],
  [V2, and({ postRenderers: [{ kustomize: { patchesJson6902: [], patchesStrategicMerge: [] } }] })],
  [BETA, and({ serviceAccountName: '', driftDetection: { mode: 'enabled' }, maxHistory: 10 })],
  [BETA, and({ chartRef: { kind: 'HelmChart', name: 'a' } })],
  [REPO, { url: 'oci://a/b', type: 'oci', provider: 'aws', insecure: true }],
  [
    REPO,
    {
      url: 'http://a',
      interval: '1h',
      timeout: '1m30s',
      secretRef: { name: 'a' },
      certSecretRef: { name: 'b' },
    },
  ],
  [
    REPO,
    {
      ...repository,
      passCredentials: true,
      suspend: true,
      accessFrom: { namespaceSelectors: [{ matchLabels: { a: 'b' } }] },
    },
  ],
  [CHART, { ...helmChart, verify: { matchOIDCIdentity: [{ issuer: 'a', subject: 'b' }] } }],
  [
    CHART,
    {
      ...helmChart,
      sourceRef: { kind: 'GitRepository', name: 'a' },
      reconcileStrategy: 'Revision',
      suspend: true,
    },
  ],
  [
    OCI,
    {
      ...artifact,
      ref: { semver: '*', semverFilter: '.*', tag: 'a', digest: 'b' },
      layerSelector: { operation: 'copy' },
    },
  ],
  [
    OCI,
    {
      ...artifact,
      verify: { provider: 'notation', trustedRootSecretRef: { name: 'a' } },
      proxySecretRef: { name: 'a' },
    },
  ],
];

/** A spec that is refused, and what the answer must name. */
const REFUSED: readonly (readonly [Subject, Fields, RegExp])[] = [
  [V2, { chart }, /spec\.interval: Required/],
  [V2, { interval: '1m' }, /spec: Invalid.*either chart or chartRef must be set/],
  [
    V2,
    and({ chartRef: { kind: 'HelmChart', name: 'a' } }),
    /spec: Invalid.*either chart or chartRef must be set/,
  ],
  [BETA, withoutChart({ chartRef: { kind: 'HelmChart', name: 'a' } }), /spec\.chart: Required/],
  [BETA, and({ chartRef: { kind: 'ExternalArtifact', name: 'a' } }), /spec\.chartRef\.kind: Unsupported/],
  [BETA2, { interval: '1m' }, /spec: Invalid.*either chart or chartRef must be set/],
  [
    BETA2,
    and({ chartRef: { kind: 'HelmChart', name: 'a' } }),
    /spec: Invalid.*either chart or chartRef must be set/,
  ],
  [
    BETA2,
    withoutChart({ chartRef: { kind: 'ExternalArtifact', name: 'a' } }),
    /spec\.chartRef\.kind: Unsupported/,
  ],
  [BETA2, chartSpec({ chart: '' }), /spec\.chart\.spec\.chart: Invalid/],
  [BETA2, chartSpec({ chart: 'x'.repeat(2049) }), /spec\.chart\.spec\.chart: Too long/],
  [BETA2, chartSpec({ verify: { provider: 'gpg' } }), /spec\.chart\.spec\.verify\.provider: Unsupported/],
  [BETA2, and({ serviceAccountName: '' }), /spec\.serviceAccountName: Invalid/],
  [BETA2, and({ serviceAccountName: 'x'.repeat(254) }), /spec\.serviceAccountName: Too long/],
  [BETA2, and({ kubeConfig: {} }), /spec\.kubeConfig\.secretRef: Required/],
  [BETA2, and({ test: { filters: [{ name: '' }] } }), /spec\.test\.filters\[0\]\.name: Invalid/],
  ...['1d', '5', '0', '', '-1m', '1.m', '1m 2s', 'm'].map(
    (interval) => [V2, and({ interval }), /spec\.interval: Invalid/] as const,
  ),
  ...['install', 'upgrade', 'rollback', 'uninstall', 'test'].flatMap((action) => [
    [V2, and({ [action]: { timeout: '1d' } }), new RegExp(`spec\\.${action}\\.timeout: Invalid`)] as const,
    [BETA2, and({ [action]: { timeout: '1d' } }), new RegExp(`spec\\.${action}\\.timeout: Invalid`)] as const,
    [BETA, and({ [action]: { timeout: '1d' } }), new RegExp(`spec\\.${action}\\.timeout: Invalid`)] as const,
  ]),
  [V2, and({ timeout: '1d' }), /spec\.timeout: Invalid/],
  [V2, chartSpec({ interval: '1d' }), /spec\.chart\.spec\.interval: Invalid/],
  [V2, chartSpec({ chart: '' }), /spec\.chart\.spec\.chart: Invalid/],
  [V2, chartSpec({ chart: 'x'.repeat(2049) }), /spec\.chart\.spec\.chart: Too long/],
  [V2, chartSpec({ reconcileStrategy: 'Always' }), /spec\.chart\.spec\.reconcileStrategy: Unsupported/],
  [V2, chartSpec({ verify: { provider: 'gpg' } }), /spec\.chart\.spec\.verify\.provider: Unsupported/],
  [BETA, chartSpec({ verify: { provider: 'notation' } }), /spec\.chart\.spec\.verify\.provider: Unsupported/],
  [V2, chartSpec({ sourceRef: { kind: 'OCIRepository', name: 'a' } }), /sourceRef\.kind: Unsupported/],
  [V2, chartSpec({ sourceRef: { kind: 'Bucket' } }), /sourceRef\.name: Required/],
  [V2, chartSpec({ sourceRef: { kind: 'Bucket', name: '' } }), /sourceRef\.name: Invalid/],
  [V2, chartSpec({ sourceRef: { kind: 'Bucket', name: 'x'.repeat(254) } }), /sourceRef\.name: Too long/],
  [
    V2,
    chartSpec({ sourceRef: { ...sourceRef, namespace: 'x'.repeat(64) } }),
    /sourceRef\.namespace: Too long/,
  ],
  [V2, withoutChart({ chartRef: { kind: 'GitRepository', name: 'a' } }), /spec\.chartRef\.kind: Unsupported/],
  [V2, withoutChart({ chartRef: { kind: 'HelmChart', name: '' } }), /spec\.chartRef\.name: Invalid/],
  [V2, and({ releaseName: 'x'.repeat(54) }), /spec\.releaseName: Too long/],
  [V2, and({ releaseName: '' }), /spec\.releaseName: Invalid/],
  [V2, and({ targetNamespace: 'x'.repeat(64) }), /spec\.targetNamespace: Too long/],
  [V2, and({ storageNamespace: 'x'.repeat(64) }), /spec\.storageNamespace: Too long/],
  [V2, and({ serviceAccountName: 'x'.repeat(254) }), /spec\.serviceAccountName: Too long/],
  [V2, and({ serviceAccountName: '' }), /spec\.serviceAccountName: Invalid/],
  [V2, and({ dependsOn: [{ namespace: 'a' }] }), /spec\.dependsOn\[0\]\.name: Required/],
  [V2, and({ kubeConfig: {} }), /spec\.kubeConfig: Invalid.*exactly one of/],
  [
    V2,
    and({ kubeConfig: { secretRef: { name: 'a' }, configMapRef: { name: 'a' } } }),
    /spec\.kubeConfig: Invalid.*exactly one of/,
  ],
  [BETA, and({ kubeConfig: {} }), /spec\.kubeConfig\.secretRef: Required/],
  [V2, and({ driftDetection: { mode: 'on' } }), /spec\.driftDetection\.mode: Unsupported/],
  [V2, and({ driftDetection: { ignore: [{}] } }), /spec\.driftDetection\.ignore\[0\]\.paths: Required/],
  [
    V2,
    and({ install: retry('RemediateOnFailure') }),
    /spec\.install\.strategy: Invalid.*retryInterval cannot be set/,
  ],
  [
    V2,
    and({ upgrade: retry('RemediateOnFailure') }),
    /spec\.upgrade\.strategy: Invalid.*can only be set when/,
  ],
  [V2, and({ install: { strategy: { name: 'Retry' } } }), /spec\.install\.strategy\.name: Unsupported/],
  [
    V2,
    and({ install: { strategy: { name: 'RetryOnFailure', retryInterval: '1d' } } }),
    /strategy\.retryInterval: Invalid/,
  ],
  [V2, and({ install: { crds: 'Replace' } }), /spec\.install\.crds: Unsupported/],
  [V2, and({ install: { serverSideApply: 'auto' } }), /spec\.install\.serverSideApply: Invalid/],
  [
    V2,
    and({ install: { remediation: { retries: 'many' } } }),
    /spec\.install\.remediation\.retries: Invalid/,
  ],
  [V2, and({ upgrade: { crds: 'Replace' } }), /spec\.upgrade\.crds: Unsupported/],
  [V2, and({ upgrade: { serverSideApply: 'on' } }), /spec\.upgrade\.serverSideApply: Unsupported/],
  [V2, and({ upgrade: { chartNameChangeStrategy: 'x' } }), /chartNameChangeStrategy: Unsupported/],
  [V2, and({ upgrade: { remediation: { strategy: 'x' } } }), /remediation\.strategy: Unsupported/],
  [V2, and({ rollback: { serverSideApply: 'on' } }), /spec\.rollback\.serverSideApply: Unsupported/],
  [V2, and({ uninstall: { deletionPropagation: 'x' } }), /spec\.uninstall\.deletionPropagation: Unsupported/],
  [V2, and({ test: { filters: [{ name: '' }] } }), /spec\.test\.filters\[0\]\.name: Invalid/],
  [V2, valuesFrom({ kind: 'Pod' }), /spec\.valuesFrom\[0\]\.kind: Unsupported/],
  [V2, valuesFrom({ name: '' }), /spec\.valuesFrom\[0\]\.name: Invalid/],
  [V2, valuesFrom({ valuesKey: 'a b' }), /spec\.valuesFrom\[0\]\.valuesKey: Invalid/],
  [V2, valuesFrom({ valuesKey: 'x'.repeat(254) }), /spec\.valuesFrom\[0\]\.valuesKey: Too long/],
  [V2, valuesFrom({ targetPath: 'a b' }), /spec\.valuesFrom\[0\]\.targetPath: Invalid/],
  [V2, valuesFrom({ targetPath: 'a[123456]' }), /spec\.valuesFrom\[0\]\.targetPath: Invalid/],
  [V2, valuesFrom({ targetPath: 'x'.repeat(251) }), /spec\.valuesFrom\[0\]\.targetPath: Too long/],
  [V2, and({ postRenderStrategy: 'x' }), /spec\.postRenderStrategy: Unsupported/],
  [V2, and({ waitStrategy: { name: 'x' } }), /spec\.waitStrategy\.name: Unsupported/],
  [V2, and({ healthCheckExprs: [{ apiVersion: 'v1' }] }), /spec\.healthCheckExprs\[0\]\.current: Required/],
  [V2, and({ postRenderers: [{ kustomize: { patches: [{}] } }] }), /patches\[0\]\.patch: Required/],
  [
    BETA,
    and({
      postRenderers: [{ kustomize: { patchesJson6902: [{ patch: [{ op: 'x', path: '/' }], target: {} }] } }],
    }),
    /patchesJson6902\[0\]\.patch\[0\]\.op: Unsupported/,
  ],
  ...([BETA2, BETA] as const).flatMap((subject) =>
    [
      { commonMetadata: {} },
      { postRenderStrategy: 'combined' },
      { waitStrategy: { name: 'poller' } },
      { healthCheckExprs: [] },
      { dependsOn: [{ name: 'a', readyExpr: 'true' }] },
      { kubeConfig: { secretRef: { name: 'a' }, configMapRef: { name: 'a' } } },
      { install: { disableTakeOwnership: true } },
      { install: { disableSchemaValidation: true } },
      { install: { serverSideApply: true } },
      { install: { strategy: { name: 'RetryOnFailure' } } },
      { upgrade: { chartNameChangeStrategy: 'Reinstall' } },
      { valuesFrom: [{ kind: 'Secret', name: 'a', literal: true }] },
    ].map((fields) => [subject, and(fields), /unknown field "spec\./] as const),
  ),
  [BETA, and({ test: { filters: [] } }), /unknown field "spec\.test\.filters"/],
  [BETA, chartSpec({ ignoreMissingValuesFiles: true }), /unknown field "spec\.chart\.spec\.ignoreMissing/],
  ...([REPO, REPO_BETA] as const).flatMap((subject) => [
    [subject, {}, /spec\.url: Required/] as const,
    [subject, { url: 'ftp://a' }, /spec\.url: Invalid/] as const,
    [subject, { ...repository, timeout: '1h' }, /spec\.timeout: Invalid/] as const,
    [subject, { ...repository, interval: '1d' }, /spec\.interval: Invalid/] as const,
    [subject, { ...repository, type: 'git' }, /spec\.type: Unsupported/] as const,
    [subject, { ...repository, provider: 'ibm' }, /spec\.provider: Unsupported/] as const,
    [subject, { ...repository, secretRef: {} }, /spec\.secretRef\.name: Required/] as const,
    [subject, { ...repository, accessFrom: {} }, /spec\.accessFrom\.namespaceSelectors: Required/] as const,
  ]),
  [CHART, { chart: 'a' }, /spec\.interval: Required.*spec\.sourceRef: Required/],
  [CHART, { ...helmChart, interval: '1d' }, /spec\.interval: Invalid/],
  [
    CHART,
    { ...helmChart, sourceRef: { kind: 'Bucket', name: 'a' }, verify: {} },
    /spec: Invalid.*spec\.verify is only supported/,
  ],
  [
    CHART,
    { ...helmChart, verify: { matchOIDCIdentity: [{ issuer: 'a' }] } },
    /matchOIDCIdentity\[0\]\.subject: Required/,
  ],
  [OCI, { interval: '1m', url: 'https://a' }, /spec\.url: Invalid/],
  [OCI, { ...artifact, timeout: '1h' }, /spec\.timeout: Invalid/],
  [OCI, { ...artifact, layerSelector: { operation: 'x' } }, /spec\.layerSelector\.operation: Unsupported/],
  [OCI, { ...artifact, provider: 'x' }, /spec\.provider: Unsupported/],
];

const CHART_FILLED = { reconcileStrategy: 'ChartVersion', version: '*' };

/** What the API server adds to a spec before any webhook sees it. */
const FILLED: readonly (readonly [Subject, Fields, Fields])[] = [
  [V2, release, chartSpec(CHART_FILLED)],
  [BETA, release, chartSpec(CHART_FILLED)],
  [BETA2, release, chartSpec(CHART_FILLED)],
  [BETA2, chartSpec({ verify: {} }), chartSpec({ ...CHART_FILLED, verify: { provider: 'cosign' } })],
  [V2, chartSpec({ verify: {} }), chartSpec({ ...CHART_FILLED, verify: { provider: 'cosign' } })],
  [
    V2,
    { ...chartSpec(CHART_FILLED), uninstall: {} },
    { ...chartSpec(CHART_FILLED), uninstall: { deletionPropagation: 'background' } },
  ],
  [
    V2,
    withoutChart({ chartRef: { kind: 'HelmChart', name: 'a' } }),
    withoutChart({ chartRef: { kind: 'HelmChart', name: 'a' } }),
  ],
  [
    V2,
    { ...chartSpec(CHART_FILLED), install: {}, upgrade: {}, test: {}, rollback: {} },
    { ...chartSpec(CHART_FILLED), install: {}, upgrade: {}, test: {}, rollback: {} },
  ],
  [REPO, repository, { ...repository, provider: 'generic' }],
  [REPO_BETA, repository, { ...repository, provider: 'generic' }],
  [CHART, { ...helmChart, verify: {} }, { ...helmChart, ...CHART_FILLED, verify: { provider: 'cosign' } }],
  [
    OCI,
    { ...artifact, verify: {} },
    { ...artifact, provider: 'generic', timeout: '60s', verify: { provider: 'cosign' } },
  ],
];

describe('the CRDs in a real API server', () => {
  let sandbox: Sandbox;
  let api: ApiClient;

  before(async () => {
    sandbox = await startSandbox({ env: process.env, name: 'crds' });
    api = createApiClient({
      url: sandbox.url,
      caPem: readFileSync(sandbox.caCertificate, 'utf8'),
      certificatePem: readFileSync(sandbox.clientCertificate, 'utf8'),
      privateKeyPem: readFileSync(sandbox.clientKey, 'utf8'),
    });
    await kubectl('apply', '--server-side', '-f', fileURLToPath(crdFolder));
    await kubectl('wait', '--for=condition=Established', '--timeout=20s', ...crdNames());
    for (const subject of Object.keys(MINIMAL) as Subject[]) await answered(subject);
  });

  after(async () => {
    api?.close();
    await sandbox?.stop();
  });

  async function kubectl(...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await exec(sandbox.binaries.kubectl, args, { env: { ...sandbox.env } });
    return stdout + stderr;
  }

  /** The first request of a version compiles its schema and rules, which may take longer than one call waits. */
  async function answered(subject: Subject): Promise<void> {
    const path = collection(subject, '&dryRun=All');
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const answer = await api.call('POST', path, object(subject, MINIMAL[subject])).catch(() => undefined);
      if (answer?.status === 201) return;
      await sleep(200);
    }
    assert.fail(`${subject} is not served`);
  }

  /** The path of a collection, with strict field validation. */
  function collection(subject: Subject, query = ''): string {
    const [apiVersion = '', kind = ''] = subject.split(' ');
    return `/apis/${apiVersion}/namespaces/default/${ENDPOINTS[kind] ?? ''}?fieldValidation=Strict${query}`;
  }

  function object(subject: Subject, spec: Fields, name = 'podinfo'): Fields {
    const [apiVersion, kind] = subject.split(' ');
    return { apiVersion, kind, metadata: { name }, spec };
  }

  async function get(subject: Subject, name: string): Promise<StoredObject> {
    const [path = ''] = collection(subject).split('?');
    const { status, body } = await api.call('GET', `${path}/${name}`);
    assert.equal(status, 200, body);
    return JSON.parse(body) as StoredObject;
  }

  it('are established as structural schemas, with no condition that says otherwise', async () => {
    const { body } = await api.call('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
    const list = JSON.parse(body) as {
      items: {
        metadata: { name: string };
        status: { conditions: { type: string; status: string; message: string }[] };
      }[];
    };
    assert.deepEqual(
      list.items.map((item) => item.metadata.name).toSorted(),
      crdNames()
        .map((name) => name.slice(4))
        .toSorted(),
    );
    for (const { metadata, status } of list.items) {
      const bad = status.conditions.filter(
        ({ type, status: value }) =>
          (type === 'Established' || type === 'NamesAccepted') !== (value === 'True'),
      );
      assert.deepEqual(bad, [], metadata.name);
    }
  });

  for (const [subject, spec] of ACCEPTED) {
    it(`accept ${subject} ${shorten(spec)}`, async () => {
      const { status, body } = await api.call(
        'POST',
        collection(subject, '&dryRun=All'),
        object(subject, spec),
      );
      assert.equal(status, 201, body);
    });
  }

  for (const [subject, spec, message] of REFUSED) {
    it(`refuse ${subject} ${shorten(spec)}: ${message.source}`, async () => {
      const { status, body } = await api.call(
        'POST',
        collection(subject, '&dryRun=All'),
        object(subject, spec),
      );
      assert.ok(status === 422 || status === 400, `${status} ${body}`);
      assert.match((JSON.parse(body) as { message: string }).message, message);
    });
  }

  for (const [subject, spec, filled] of FILLED) {
    it(`fill in ${subject} ${shorten(spec)} with the defaults of the schema only`, async () => {
      const { status, body } = await api.call(
        'POST',
        collection(subject, '&dryRun=All'),
        object(subject, spec),
      );
      assert.equal(status, 201, body);
      const stored = JSON.parse(body) as StoredObject;
      assert.deepEqual(stored.spec, filled);
    });
  }

  it('start with a status that says nothing was observed', async () => {
    for (const [index, subject] of ([V2, REPO, CHART, OCI] as const).entries()) {
      const name = `status-${index}`;
      const created = await api.call('POST', collection(subject), object(subject, MINIMAL[subject], name));
      assert.equal(created.status, 201, created.body);
      assert.deepEqual((await get(subject, name)).status, { observedGeneration: -1 });
    }
  });

  it('accept the fields of the beta versions under strict validation and keep them, whatever version is read, for admission to rewrite', async () => {
    const kustomize = {
      patchesStrategicMerge: [{ kind: 'Pod' }],
      patchesJson6902: [
        { target: { kind: 'Pod' }, patch: [{ op: 'add', path: '/a', value: { deep: [1] } }] },
      ],
      patches: [{ patch: 'x' }],
    };
    const spec = { ...chartSpec({ valuesFile: 'a.yaml' }), postRenderers: [{ kustomize }] };
    const stored = {
      ...chartSpec({ ...CHART_FILLED, valuesFile: 'a.yaml' }),
      postRenderers: [{ kustomize }],
    };
    const subjects: readonly Subject[] = [V2, BETA2, BETA];
    for (const [index, written] of [BETA, BETA2].entries()) {
      const name = `beta-fields-${index}`;
      const created = await api.call('POST', collection(written), object(written, spec, name));
      assert.equal(created.status, 201, created.body);
      assert.deepEqual((JSON.parse(created.body) as StoredObject).spec, stored);
      for (const subject of subjects) {
        const read = await get(subject, name);
        assert.equal(read.apiVersion, subject.split(' ')[0]);
        assert.deepEqual(read.spec, stored);
      }
    }
  });

  it('take manifests of older documentation as they are, three times, with generation 1', async () => {
    for (let round = 0; round < 3; round += 1)
      await kubectl('apply', '--server-side', '-f', olderDocumentation);
    assert.equal((await get(V2, 'backend')).metadata.generation, 1);
    assert.equal((await get(REPO, 'podinfo')).metadata.generation, 1);
  });

  it('warn when an older version is written', async () => {
    const output = await kubectl('apply', '--server-side', '--dry-run=server', '-f', olderDocumentation);
    assert.match(output, /Warning: helm\.toolkit\.fluxcd\.io\/v2beta1 HelmRelease is an older version/);
    assert.match(output, /Warning: source\.toolkit\.fluxcd\.io\/v1beta2 HelmRepository is an older version/);
  });

  for (const version of ['v2beta2', 'v2beta1'])
    it(`lose nothing of the status when somebody writes through ${version}`, () => writeThrough(version));

  async function writeThrough(version: string): Promise<void> {
    const name = `through-${version}`;
    const created = await api.call('POST', collection(V2), object(V2, release, name));
    assert.equal(created.status, 201, created.body);
    const snapshot = {
      action: 'install',
      digest: 'sha256:a',
      name: 'a',
      namespace: 'default',
      version: 1,
      status: 'deployed',
      chartName: 'podinfo',
      chartVersion: '1.0.0',
      appVersion: '1.0.0',
      configDigest: 'sha256:b',
      firstDeployed: '2024-01-01T00:00:00Z',
      lastDeployed: '2024-01-01T00:00:00Z',
    };
    const status = {
      observedGeneration: 1,
      history: [snapshot],
      inventory: { entries: [{ id: 'default_a__Pod', v: 'v1' }] },
      lastAttemptedReleaseActionDuration: '1s',
      lastAttemptedRevisionDigest: 'sha256:c',
      observedCommonMetadataDigest: 'sha256:d',
      observedPostRenderersDigest: 'sha256:e',
    };
    const patch = JSON.stringify({ status });
    await kubectl(
      'patch',
      'helmreleases.v2.helm.toolkit.fluxcd.io',
      name,
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    );
    await kubectl(
      'patch',
      `helmreleases.${version}.helm.toolkit.fluxcd.io`,
      name,
      '--type=merge',
      '-p',
      '{"spec":{"suspend":true}}',
    );
    const read = await get(V2, name);
    assert.equal(read.spec['suspend'], true);
    assert.deepEqual(read.status, status);
  }

  it('answer to short names and categories, print their columns, and can be waited for', async () => {
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'InstallSucceeded',
      message: 'all is well',
      lastTransitionTime: '2024-01-01T00:00:00Z',
    };
    // kubectl waits on while status.observedGeneration is behind the object's generation.
    const patch = JSON.stringify({ status: { observedGeneration: 1, conditions: [condition] } });
    for (const [index, short] of ['hr', 'helmrepo', 'hc', 'ocirepo'].entries()) {
      await kubectl('patch', short, `status-${index}`, '--subresource=status', '--type=merge', '-p', patch);
      await kubectl('wait', '--for=condition=Ready', '--timeout=5s', short, `status-${index}`);
    }
    for (const [index, [short, header, row]] of [
      ['hr', /^NAME +AGE +READY +STATUS$/, /^status-0 +\S+ +True +all is well$/],
      [
        'helmrepo',
        /^NAME +URL +AGE +READY +STATUS$/,
        /^status-1 +https:\/\/charts\.example\.com +\S+ +True +all is well$/,
      ],
      [
        'hc',
        /^NAME +CHART +VERSION +SOURCE KIND +SOURCE NAME +AGE +READY +STATUS$/,
        /^status-2 +podinfo +\* +HelmRepository +podinfo +\S+ +True +all is well$/,
      ],
      [
        'ocirepo',
        /^NAME +URL +READY +STATUS +AGE$/,
        /^status-3 +oci:\/\/registry\.example\.com\/podinfo +True +all is well +\S+$/,
      ],
    ].entries() as ArrayIterator<[number, [string, RegExp, RegExp]]>) {
      const [first = '', second = ''] = (await kubectl('get', short, `status-${index}`))
        .split('\n')
        .map((line) => line.trimEnd());
      assert.match(first, header);
      assert.match(second, row);
    }
    const all = await kubectl('get', 'fluxcd', '--no-headers');
    for (const index of [0, 1, 2, 3]) assert.match(all, new RegExp(`/status-${index} `));
  });

  function crdNames(): string[] {
    return readdirSync(crdFolder).map((file) => {
      const { metadata } = parse(readFileSync(new URL(file, crdFolder), 'utf8')) as {
        metadata: { name: string };
      };
      return `crd/${metadata.name}`;
    });
  }
});

function shorten(spec: Fields): string {
  const text = JSON.stringify(spec);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
