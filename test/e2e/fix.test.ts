import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Stage, startStage } from './stage.ts';

const policy = (url: string): string => `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
    - id: sources
      allowedSources:
        - {url: "${url}"}
    - id: range
      chartVersion: {within: ">=1.0.0 <2.0.0", wider: Narrow}
    - id: defaults
      defaults:
        HelmRelease:
          spec.upgrade.remediation: {retries: 2, strategy: rollback}
          spec.install.strategy.name: RetryOnFailure
          spec.values: {replicas: 1}
        HelmRepository: {spec.timeout: 30s}
    - id: overrides
      overrides: {HelmRelease: {spec.install.disableHooks: false}}
`;

const source = (name: string, url: string): string => `# The charts of the team
apiVersion: source.toolkit.fluxcd.io/v1beta2
kind: HelmRepository
metadata: {name: ${name}, namespace: default}
spec:
  url: "${url.replace('http:', 'HTTP:')}"  # upstream
  interval: 10m
`;

const release = (name: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2beta1
kind: HelmRelease
metadata:
    name: ${name}
    namespace: default
    labels: {team: &team shop}
spec:
    suspend: true
    interval: 10m
    chart:
        spec:
            chart: flagger
            version: '*' # whatever is newest
            valuesFile: values-prod.yaml
            sourceRef: {kind: HelmRepository, name: flagger}
    # how we install
    install: {crds: Skip}
    postRenderers:
    - kustomize:
        patchesStrategicMerge:
        - apiVersion: apps/v1
          kind: Deployment # the only one
          metadata: {name: x}
        patchesJson6902:
        - target: {kind: Deployment, name: x}
          patch:
          - {op: add, path: /metadata/labels/a, value: b}
    values:
        team: *team
        limit: 1234567890123456789
    # end
`;

describe('files that helmgate fix has written', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies: (url) => ({ 'policy.yaml': policy(url) }) });
    await stage.serveReady();
    await stage.shelf.publish('1.0.0');
    await mkdir(join(stage.folder, 'team'));
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  const write = (name: string, text: string): Promise<void> => writeFile(join(stage.folder, name), text);
  const read = (name: string): Promise<string> => readFile(join(stage.folder, name), 'utf8');
  const mutateRows = async (name: string) =>
    (await stage.auditRows()).filter((row) => row.endpoint === 'mutate' && row.name === name);

  it('give the webhook nothing to change, and stay at generation 1 through three server-side applies', async () => {
    await write('team/source.yaml', source('flagger', stage.shelf.url));
    await write('team/release.yaml', release('fixed').replaceAll('\n', '\r\n'));
    const fixed = await stage.helmgate('fix', '-p', stage.policies, 'team');
    assert.equal(fixed.exitCode, 0, fixed.stdout + fixed.stderr);
    assert.match(fixed.stdout, /2 judged, 2 fixed in 2 files, 0 denied/);
    const again = await stage.helmgate('fix', '-p', stage.policies, '--check', 'team');
    assert.equal(again.exitCode, 0, again.stdout);
    const check = await stage.helmgate('check', '-p', stage.policies, 'team');
    assert.equal(check.stdout, '2 checked, 0 denied, 0 would be changed\n');
    const text = await read('team/release.yaml');
    for (const kept of [
      '# whatever is newest',
      '# how we install',
      '# the only one',
      '# end',
      '&team',
      '*team',
    ])
      assert.ok(text.includes(kept), kept);
    assert.doesNotMatch(text, /[^\r]\n/);

    const versions: Record<string, string[]> = {};
    for (let turn = 0; turn < 3; turn += 1) {
      await stage.kubectl('apply', '--server-side', '-f', 'team');
      for (const [kind, name] of [
        ['helmrelease', 'fixed'],
        ['helmrepository', 'flagger'],
      ] as const) {
        const stored = await stage.get(kind, name);
        assert.equal(stored.metadata.generation, 1, `${kind} after apply ${turn + 1}`);
        assert.equal(stored.metadata.annotations?.['helmgate.dev/defaults'], undefined);
        if (kind === 'helmrelease') (versions[name] ??= []).push(stored.metadata.resourceVersion);
      }
    }
    assert.equal(versions['fixed']?.[1], versions['fixed']?.[2]);
    for (const name of ['fixed', 'flagger']) {
      const rows = await mutateRows(name);
      assert.ok(rows.length >= 3, `${name}: ${rows.length} rows`);
      for (const row of rows)
        assert.deepEqual([row.patchPaths, row.mutations ?? [], row.verdict], [[], [], 'Allow']);
    }
    const stored = await stage.kubectl(
      'get',
      'helmrelease',
      'fixed',
      '-o',
      'json',
      '--show-managed-fields=false',
    );
    assert.match(stored, /"limit": 1234567890123456789/);
    const { spec } = JSON.parse(stored);
    assert.deepEqual(spec.chart.spec.valuesFiles, ['values-prod.yaml']);
    assert.deepEqual(
      spec.postRenderers[0].kustomize.patches.map(({ patch }: { patch: string }) =>
        patch.includes('Deployment # the only one'),
      ),
      [true, false],
    );
  });

  it('are what they are for: the same file as it was is changed by the webhook', async () => {
    await write('unfixed.yaml', release('unfixed'));
    await stage.kubectl('apply', '--server-side', '-f', 'unfixed.yaml');
    const [row] = await mutateRows('unfixed');
    const paths: readonly string[] = row?.patchPaths ?? [];
    for (const path of [
      '/spec/chart/spec/version',
      '/spec/chart/spec/valuesFiles',
      '/spec/upgrade',
      '/spec/values/replicas',
    ])
      assert.ok(paths.includes(path), `${path}: ${paths.join(' ')}`);
    const fixed = await stage.get('helmrelease', 'fixed');
    const unfixed = await stage.get('helmrelease', 'unfixed');
    // The default that only v2 has, and the layout of the patches' texts.
    const { postRenderers: _texts, ...spec } = unfixed.spec;
    const { postRenderers: _others, ...own } = fixed.spec;
    assert.deepEqual(own.install.strategy, { name: 'RetryOnFailure' });
    delete own.install.strategy;
    assert.deepEqual(own, spec);
  });
});
