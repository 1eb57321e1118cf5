/** Ways around the policies that a tenant could try with kubectl alone, on the real API server. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Loose } from '../../src/demo/cluster.ts';
import { conditionOf, releaseManifest, repositoryManifest, type Stage, startStage } from './stage.ts';

/** Generous: the machine may be doing other things. Nothing asserts on how long something took. */
const PATIENCE_S = 60;

const policies = (url: string): Readonly<Record<string, string>> => ({
  'all.yaml': `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: all}
spec:
  match: {exclude: {names: [trusted], namespaces: {names: [free]}}}
  rules:
    - id: sources
      allowedSources: [{url: "${url}"}]
    - id: range
      chartVersion:
        charts: [{name: flagger}]
        within: ">=1.0.0 <2.0.0"
    - id: timeout
      defaults:
        HelmRelease: {spec.rollback.timeout: 3m}
`,
});

const EVIL = 'https://evil.example';

describe('a tenant with kubectl', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies });
    await stage.serveReady();
    await stage.shelf.publish('1.5.0');
    await stage.shelf.publish('2.0.0');
    await stage.kubectl('create', 'namespace', 'free');
    await stage.kubectl('create', 'namespace', 'team');
    await stage.apply(repositoryManifest('flagger', stage.shelf.url));
    await stage.apply(releaseManifest('app', '1.5.0', { suspend: true }));
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  const refused = async (
    input: string | object,
    ...command: readonly string[]
  ): Promise<{ readonly refused: boolean; readonly text: string }> => {
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    const { exitCode, stdout, stderr } = await stage.kubectlWith(text, ...command);
    return { refused: exitCode !== 0 && /denied the request/.test(stderr), text: stdout + stderr };
  };

  it('cannot make an excluded name out of a generated one', async () => {
    const { metadata, ...rest } = repositoryManifest('trusted', EVIL) as Loose;
    const generated = { ...rest, metadata: { namespace: metadata.namespace, generateName: 'trusted' } };
    const result = await refused(generated, 'create', '-f', '-');
    assert.ok(result.refused, result.text);
  });

  it('can create with a generated name what the policies allow, defaults filled in', async () => {
    const { metadata, ...rest } = releaseManifest('x', '1.5.0', { suspend: true }) as Loose;
    const generated = { ...rest, metadata: { namespace: metadata.namespace, generateName: 'gen-' } };
    const { exitCode, stdout, stderr } = await stage.kubectlWith(
      JSON.stringify(generated),
      ...['create', '-f', '-', '-o', 'json'],
    );
    assert.equal(exitCode, 0, stderr);
    assert.equal(JSON.parse(stdout).spec.rollback.timeout, '3m');
  });

  it('is refused by whichever verb, patch type, manager and version changes the object', async () => {
    const bad = releaseManifest('app', '2.0.0', { suspend: true });
    const beta = { ...bad, apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' };
    const version = { spec: { chart: { spec: { version: '2.0.0' } } } };
    const jsonPatch = [{ op: 'replace', path: '/spec/chart/spec/version', value: '>=1.0.0' }];
    const applied = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    for (const [input, ...command] of [
      [bad, 'replace', '-f', '-'],
      [bad, 'apply', '-f', '-'],
      [bad, ...applied],
      [bad, ...applied, '--field-manager=other'],
      [bad, ...applied, '--dry-run=server'],
      [beta, ...applied],
      [beta, 'replace', '-f', '-'],
      ['', 'patch', 'helmrelease', 'app', '--type=json', '-p', JSON.stringify(jsonPatch)],
      ['', 'patch', 'helmrelease', 'app', '--type=merge', '-p', JSON.stringify(version)],
      [
        '',
        'patch',
        'helmreleases.v2beta1.helm.toolkit.fluxcd.io',
        'app',
        '--type=merge',
        '-p',
        JSON.stringify(version),
      ],
    ] as const) {
      const result = await refused(input, ...command);
      assert.ok(result.refused, `${command.join(' ')}: ${result.text}`);
    }
    const spec = { ...version, status: { observedGeneration: 1 } };
    await stage.kubectl(
      ...['patch', 'helmrelease', 'app', '--subresource=status', '--type=merge', '-p', JSON.stringify(spec)],
    );
    assert.equal((await stage.get('helmrelease', 'app')).spec.chart.spec.version, '1.5.0');
  });

  it('cannot take a default out by any of these, nor have a value of somebody else taken out', async () => {
    for (const [type, patch] of [
      ['json', [{ op: 'remove', path: '/spec/rollback' }]],
      ['merge', { spec: { rollback: null }, metadata: { managedFields: [{}] } }],
      ['merge', { spec: { rollback: null }, metadata: { annotations: { 'helmgate.dev/defaults': null } } }],
      ['merge', { metadata: { annotations: { 'helmgate.dev/defaults': '{"/spec/suspend":true}' } } }],
    ] as const) {
      await stage.kubectl('patch', 'helmrelease', 'app', `--type=${type}`, '-p', JSON.stringify(patch));
      const { spec, metadata } = await stage.get('helmrelease', 'app');
      assert.deepEqual([spec.rollback, spec.suspend], [{ timeout: '3m' }, true], JSON.stringify(patch));
      assert.doesNotMatch(metadata.annotations['helmgate.dev/defaults'] ?? '', /suspend/);
    }
  });

  it('cannot lead a release to a source that only the exclusion lets exist', async () => {
    const release = releaseManifest('late', '1.5.0', {
      chart: {
        spec: { chart: 'flagger', version: '1.5.0', sourceRef: { kind: 'HelmRepository', name: 'trusted' } },
      },
    });
    assert.match(await stage.apply(release), /does not exist yet/);
    const source = repositoryManifest('trusted', EVIL);
    const waited = await refused(source, 'apply', '-f', '-');
    assert.ok(waited.refused && waited.text.includes('default/late'), waited.text);
    await stage.kubectl('delete', 'helmrelease', 'late', '--wait=false');
    await stage.until('the late release is gone', PATIENCE_S, async () =>
      (await stage.get('helmrelease', 'late')) === undefined ? true : undefined,
    );
    await stage.until('the source is stored, which nobody waits for now', PATIENCE_S, async () =>
      (await refused(source, 'apply', '-f', '-')).refused ? undefined : true,
    );
    const again = await refused(release, 'apply', '-f', '-');
    assert.ok(again.refused, again.text);
  });

  it('cannot get a chart under another name of the index', async () => {
    const path = join(stage.folder, 'charts', 'packages', 'index.yaml');
    const index = await readFile(path, 'utf8');
    const entries = /^ {2}flagger:\n((?: {2}[ -].*\n)+)/m.exec(index)?.[1] ?? '';
    assert.notEqual(entries, '');
    await writeFile(path, index.replace(/^entries:\n/m, `entries:\n  innocent:\n${entries}`));
    const chart = {
      spec: { chart: 'innocent', version: '2.0.0', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
    };
    await stage.apply(releaseManifest('alias', '2.0.0', { chart }));
    await stage.until('the aliased release is denied', PATIENCE_S, async () => {
      const ready = conditionOf(await stage.get('helmrelease', 'alias'), 'Ready');
      return ready?.reason === 'PolicyDenied' ? true : undefined;
    });
    assert.deepEqual(await stage.helmHistory('alias'), []);
  });

  it('gains nothing from an object stored while Helmgate was away, with a forged record', async () => {
    await stage.serve.stop();
    for (const kind of ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration']) {
      await stage.kubectl('delete', kind, '--all');
    }
    const release = releaseManifest('ghost', '2.0.0', {
      targetNamespace: 'team',
      chart: {
        spec: {
          ...{ chart: 'flagger', version: '2.0.0' },
          sourceRef: { kind: 'HelmRepository', name: 'flagger', namespace: 'default' },
        },
      },
    }) as Loose;
    const annotations = { 'helmgate.dev/defaults': '{"/spec/targetNamespace":"team"}' };
    await stage.apply({ ...release, metadata: { name: 'ghost', namespace: 'free', annotations } });
    await stage.kubectl(
      ...['patch', 'helmrelease', 'ghost', '-n', 'free', '--type=merge'],
      ...['-p', '{"metadata":{"managedFields":[{}]}}'],
    );
    await stage.kubectl('annotate', 'helmrelease', 'ghost', '-n', 'free', 'x=y');
    stage.startServe();
    await stage.serveReady();
    await stage.until('the ghost is denied', PATIENCE_S, async () => {
      const ready = conditionOf(await stage.get('helmrelease', 'ghost', 'free'), 'Ready');
      return ready?.status !== undefined && ready.status !== 'Unknown' ? true : undefined;
    });
    const ready = conditionOf(await stage.get('helmrelease', 'ghost', 'free'), 'Ready');
    assert.equal(ready?.reason, 'PolicyDenied', ready?.message);
    assert.deepEqual(await stage.helmHistory('team-ghost', 'free'), []);
  });

  it('cannot have a release of others uninstalled or moved by a forged status', async () => {
    await stage.apply(releaseManifest('victim', '1.5.0'));
    await stage.kubectl('wait', 'helmrelease/victim', '--for=condition=Ready', '--timeout=60s');
    const { status } = await stage.get('helmrelease', 'victim');
    const plain = join(stage.folder, 'charts', 'packages', 'flagger-1.5.0.tgz');
    const installed = await stage.run(
      stage.sandbox.binaries.helm,
      'install',
      'plain',
      plain,
      '-n',
      'default',
    );
    assert.equal(installed.exitCode, 0, installed.stderr);
    const [known] = status.history;
    for (const [name, snapshot] of [
      ['forger-of-digest', { ...known, digest: 'sha256:0' }],
      ['forger-by-copy', known],
      ['forger-of-plain', { ...known, name: 'plain' }],
    ] as const) {
      const at = [name, '-n', 'team', '--type=merge', '-p'] as const;
      const forger = releaseManifest(name, '1.5.0', {
        ...{ suspend: true, targetNamespace: 'team' },
        chart: {
          spec: {
            ...{ chart: 'flagger', version: '1.5.0' },
            sourceRef: { kind: 'HelmRepository', name: 'flagger', namespace: 'default' },
          },
        },
      }) as Loose;
      await stage.apply({ ...forger, metadata: { name, namespace: 'team' } });
      const forged = { status: { storageNamespace: 'default', history: [snapshot] } };
      await stage.kubectl('patch', 'helmrelease', ...at, JSON.stringify(forged), '--subresource=status');
      const resumed = {
        metadata: { finalizers: ['finalizers.fluxcd.io'] },
        spec: { suspend: false },
      };
      await stage.kubectl('patch', 'helmrelease', ...at, JSON.stringify(resumed));
      if (name === 'forger-of-digest') {
        await stage.kubectl(
          'wait',
          `helmrelease/${name}`,
          '-n',
          'team',
          '--for=condition=Ready',
          '--timeout=60s',
        );
      }
      await stage.kubectl('delete', 'helmrelease', name, '-n', 'team', '--timeout=60s');
    }
    for (const name of ['victim', 'plain']) {
      const states = (await stage.helmHistory(name)).map(({ status: state }) => state);
      assert.deepEqual(states, ['deployed'], name);
    }
  });

  it('still has a release uninstalled at the place that an edit moved it away from', async () => {
    await stage.kubectl(
      'patch',
      'helmrelease',
      'victim',
      '--type=merge',
      '-p',
      '{"spec":{"releaseName":"moved"}}',
    );
    await stage.until('the release has moved', PATIENCE_S, async () => {
      const [old, now] = [await stage.helmHistory('victim'), await stage.helmHistory('moved')];
      return old.length === 0 && now.at(-1)?.status === 'deployed' ? true : undefined;
    });
    await stage.kubectl('wait', 'helmrelease/victim', '--for=condition=Ready', '--timeout=60s');
    await stage.kubectl('delete', 'helmrelease', 'victim', '--timeout=60s');
    assert.deepEqual(await stage.helmHistory('moved'), []);
  });
});
