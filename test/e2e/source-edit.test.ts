import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { releaseManifest, repositoryManifest, type Stage, startStage } from './stage.ts';

/** Nothing listens there, and nothing has to: the releases are suspended. */
const NEW_URL = 'http://127.0.0.1:9';

const policies = (url: string): string => `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: teams}
spec:
  match: {kinds: [HelmRelease]}
  rules:
  - id: known
    allowedSources:
    - {url: "${url}"}
    - {url: "${NEW_URL}"}
    - {url: ssh://git@github.com/acme, subpaths: true}
---
apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: production}
spec:
  match: {kinds: [HelmRelease], namespaces: {labels: {matchLabels: {tier: prod}}}}
  rules:
  - id: strict
    allowedSources:
    - {url: "${url}"}
---
apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: git}
spec:
  match: {kinds: [GitRepository]}
  rules:
  - id: own
    allowedSources:
    - {url: ssh://git@github.com/acme, subpaths: true}
`;

const suspended = (name: string, namespace: string, chart: object = {}): object => ({
  ...releaseManifest(name, '1.0.0', {
    suspend: true,
    chart: {
      spec: {
        ...{ chart: 'flagger', version: '1.0.0' },
        sourceRef: { kind: 'HelmRepository', name: 'charts', namespace: 'default' },
        ...chart,
      },
    },
  }),
  metadata: { name, namespace },
});

const GIT_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gitrepositories.source.toolkit.fluxcd.io' },
  spec: {
    group: 'source.toolkit.fluxcd.io',
    scope: 'Namespaced',
    names: { kind: 'GitRepository', plural: 'gitrepositories', singular: 'gitrepository' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

describe('edits of sources, through a real API server', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({ policies: (url) => ({ 'policy.yaml': policies(url) }) });
    await stage.serveReady();
    for (const [name, tier] of [
      ['team', 'dev'],
      ['prod', 'prod'],
    ]) {
      await stage.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { tier } } });
    }
    await stage.apply(repositoryManifest('charts', stage.shelf.url));
    await stage.apply(suspended('web', 'team'));
    await stage.apply(suspended('billing', 'prod'));
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  const edit = (url: string, ...flags: readonly string[]) =>
    stage.kubectlWith(JSON.stringify(repositoryManifest('charts', url)), 'apply', ...flags, '-f', '-');
  /** The watch of HelmReleases may lag behind what was just applied: a dry run shows whom the gate knows. */
  const untilMoving = (releases: string): Promise<true> =>
    stage.until(`an edit moves ${releases}`, 30, async () => {
      const { stderr } = await edit(NEW_URL, '--dry-run=server');
      return stderr.includes(`Warning: moves ${releases}\n`) ? true : undefined;
    });

  it('lists the releases that it moves, and refuses when one of them may not go there', async () => {
    await untilMoving('2 releases: prod/billing, team/web');
    const { exitCode, stderr } = await edit(NEW_URL);
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /^Warning: moves 2 releases: prod\/billing, team\/web$/m);
    assert.match(
      stderr,
      /denied by policy: spec\.url: HelmRelease prod\/billing: HelmRepository default\/charts points to http:\/\/127\.0\.0\.1:9, which is not an allowed source \[production\/strict at policy\.yaml:\d+\]/,
    );
    assert.doesNotMatch(stderr, /HelmRelease team\/web/);
    assert.equal((await stage.get('helmrepository', 'charts'))?.spec.url, stage.shelf.url);
    const row = (await stage.auditRows()).findLast(
      ({ kind, dryRun }) => kind === 'HelmRepository' && !dryRun,
    );
    assert.deepEqual(
      [
        row?.verdict,
        row?.findings.map((finding: { rule: string; path: string }) => [finding.rule, finding.path]),
      ],
      ['Deny', [['strict', 'spec.url']]],
    );
  });

  it('lets an edit through that moves nobody, without a word', async () => {
    const slower = JSON.stringify(repositoryManifest('charts', stage.shelf.url, { interval: '9s' }));
    const { exitCode, stderr } = await stage.kubectlWith(slower, 'apply', '-f', '-');
    assert.deepEqual([exitCode, stderr], [0, '']);
  });

  it('lets it through, with the warning, once no release stands against it', async () => {
    await stage.kubectl('delete', 'helmrelease', 'billing', '-n', 'prod');
    await untilMoving('1 release: team/web');
    const { exitCode, stderr } = await edit(NEW_URL);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^Warning: moves 1 release: team\/web$/m);
    assert.equal((await stage.get('helmrepository', 'charts'))?.spec.url, NEW_URL);
  });

  it('judges a kind whose CRD comes after the webhook, and what refers to it before that', async () => {
    const git = { chart: './app', sourceRef: { kind: 'GitRepository', name: 'app' } };
    const early = await stage.apply(suspended('from-git', 'team', git));
    assert.match(early, /Warning: GitRepository team\/app does not exist yet/);
    await stage.apply(GIT_CRD);
    await stage.kubectl('wait', '--for=condition=Established', 'crd', GIT_CRD.metadata.name, '--timeout=30s');
    const repository = (url: string): object => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'app', namespace: 'team' },
      spec: { url, interval: '5m' },
    });
    // The API server takes a moment to send requests for a new kind to the webhook.
    const refused = await stage.until('a GitRepository is refused', 30, async () => {
      const text = JSON.stringify(repository('https://evil.example/app'));
      const { exitCode, stderr } = await stage.kubectlWith(text, 'create', '--dry-run=server', '-f', '-');
      return exitCode === 0 ? undefined : stderr;
    });
    assert.match(refused, /git\/own at policy\.yaml:\d+/);
    assert.match(
      refused,
      /HelmRelease team\/from-git: GitRepository team\/app points to https:\/\/evil\.example\/app/,
    );
    await stage.apply(repository('ssh://git@github.com/acme/app'));
    const late = await stage.apply(suspended('from-git-too', 'team', git));
    assert.doesNotMatch(late, /Warning/);
  });
});
