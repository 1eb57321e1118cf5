import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { conditionOf, releaseManifest, repositoryManifest, type Stage, startStage } from './stage.ts';

const VERSIONS = ['v2', 'v2beta2', 'v2beta1'] as const;
const OLDER =
  'Warning: helm.toolkit.fluxcd.io/VERSION HelmRelease is an older version; write helm.toolkit.fluxcd.io/v2';
const HISTORY = 'Warning: spec.maxHistory: absent, it meant 10 revisions in v2beta1 and means 5 in v2';

const policy = (url: string): string => `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: versions}
spec:
  enforcement: Deny
  rules:
    - id: sources
      allowedSources:
        - {url: "${url}"}
    - id: range
      chartVersion:
        charts: [{name: flagger}]
        within: ">=1.0.0 <2.0.0"
        wider: Narrow
    - id: retries
      defaults:
        HelmRelease: {spec.upgrade.remediation.retries: 2}
        HelmRepository: {spec.timeout: 30s}
`;

describe('old and new API versions', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies: (url) => ({ 'policy.yaml': policy(url) }) });
    await stage.serveReady();
    for (const version of ['1.0.0', '1.5.0', '2.0.0']) await stage.shelf.publish(version);
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  for (const [title, sourceVersion, helmVersion] of [
    ['v2 and v1', 'v1', 'v2'],
    ['v2beta2 and v1beta2', 'v1beta2', 'v2beta2'],
    ['v2beta1 and v1beta2', 'v1beta2', 'v2beta1'],
  ] as const) {
    it(`gives the same manifests the same range, defaults and release as ${title}`, async () => {
      const source = {
        ...repositoryManifest('flagger', stage.shelf.url),
        apiVersion: `source.toolkit.fluxcd.io/${sourceVersion}`,
      };
      const name = `app-${helmVersion}`;
      const release = { ...releaseManifest(name, '*'), apiVersion: `helm.toolkit.fluxcd.io/${helmVersion}` };
      await stage.apply(source);
      await stage.apply(release);
      await stage.kubectl('wait', `helmrelease/${name}`, '--for=condition=Ready', '--timeout=40s');
      const stored = await stage.get('helmrelease', name);
      assert.equal(stored.spec.chart.spec.version, '>=1.0.0 <2.0.0');
      assert.equal(stored.spec.upgrade.remediation.retries, 2);
      assert.equal(stored.status.history[0].chartVersion, '1.5.0');
      assert.equal((await stage.get('helmrepository', 'flagger')).spec.timeout, '30s');
    });
  }

  it('stores the same spec for the same manifest in each version', async () => {
    const [first, ...others] = await Promise.all(
      VERSIONS.map(async (version) => (await stage.get('helmrelease', `app-${version}`))?.spec),
    );
    assert.ok(first);
    for (const spec of others) assert.deepEqual(spec, first);
  });

  it('denies the same manifest in each version for the same reason', async () => {
    const texts: string[] = [];
    for (const version of VERSIONS) {
      const release = {
        ...releaseManifest('too-new', '>=3.0.0'),
        apiVersion: `helm.toolkit.fluxcd.io/${version}`,
      };
      const { exitCode, stderr } = await stage.kubectlWith(JSON.stringify(release), 'apply', '-f', '-');
      assert.notEqual(exitCode, 0);
      texts.push(stderr.slice(stderr.indexOf('denied the request')));
    }
    for (const text of texts) assert.equal(text, texts[0]);
    assert.match(texts[0] ?? '', />=1\.0\.0 <2\.0\.0/);
  });

  it('warns of each beta version, and of the default of maxHistory in v2beta1 alone, once', async () => {
    for (const version of VERSIONS) {
      const suspended = releaseManifest('warned', '1.0.0', { suspend: true });
      const said = await warningsOf({ ...suspended, apiVersion: `helm.toolkit.fluxcd.io/${version}` });
      assert.deepEqual(said, [
        ...(version === 'v2' ? [] : [OLDER.replace('VERSION', version)]),
        ...(version === 'v2beta1' ? [HISTORY] : []),
      ]);
      const kept = releaseManifest('warned', '1.0.0', { suspend: true, maxHistory: 10 });
      const { length } = await warningsOf({ ...kept, apiVersion: `helm.toolkit.fluxcd.io/${version}` });
      assert.equal(length, version === 'v2' ? 0 : 1);
    }
  });

  for (const version of ['v2beta2', 'v2beta1'])
    it(`rewrites the fields that ${version} has and v2 has not, so that three server-side applies leave generation at 1 and nothing is lost`, () =>
      applyThrice(version));

  async function warningsOf(manifest: object): Promise<readonly string[]> {
    const output = await stage.apply(manifest, '--server-side', '--dry-run=server');
    return output
      .split('\n')
      .filter((line) => line.startsWith('Warning: '))
      .toSorted();
  }

  async function applyThrice(version: string): Promise<void> {
    const name = `lifted-${version}`;
    const release = {
      apiVersion: `helm.toolkit.fluxcd.io/${version}`,
      kind: 'HelmRelease',
      metadata: { name, namespace: 'default' },
      spec: {
        suspend: true,
        interval: '5m',
        chart: {
          spec: {
            chart: 'flagger',
            version: '1.0.0',
            valuesFile: 'values-prod.yaml',
            valuesFiles: ['values-base.yaml'],
            sourceRef: { kind: 'HelmRepository', name: 'flagger' },
          },
        },
        postRenderers: [
          {
            kustomize: {
              patchesStrategicMerge: [
                { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { replicas: 2 } },
              ],
              patchesJson6902: [
                {
                  target: { group: 'apps', version: 'v1', kind: 'Deployment', name: 'x' },
                  patch: [{ op: 'add', path: '/metadata/labels/a', value: 'b' }],
                },
              ],
            },
          },
        ],
      },
    };
    const versions: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await stage.apply(release, '--server-side');
      const stored = await stage.get('helmrelease', name);
      assert.equal(stored.metadata.generation, 1, `after apply ${turn + 1}`);
      versions.push(stored.metadata.resourceVersion);
      const text = await stage.kubectl('get', 'helmreleases.v2.helm.toolkit.fluxcd.io', name, '-o', 'json');
      const { spec } = JSON.parse(text);
      assert.deepEqual(spec.chart.spec.valuesFiles, ['values-prod.yaml', 'values-base.yaml']);
      assert.equal(spec.chart.spec.valuesFile, undefined);
      const { patches } = spec.postRenderers[0].kustomize;
      assert.equal(patches.length, 2, JSON.stringify(patches));
      assert.match(patches[0].patch, /replicas: 2|"replicas": ?2/);
      assert.match(patches[1].patch, /metadata\/labels\/a/);
      assert.deepEqual(patches[1].target, { group: 'apps', version: 'v1', kind: 'Deployment', name: 'x' });
    }
    assert.equal(versions[1], versions[2], 'resourceVersion from the second apply on');
  }

  it('shows a suspended release no condition and runs nothing', async () => {
    for (const name of ['lifted-v2beta2', 'lifted-v2beta1']) {
      assert.equal(conditionOf(await stage.get('helmrelease', name), 'Ready'), undefined);
      assert.deepEqual(await stage.helmHistory(name), []);
    }
  });
});
