import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, condition, standing } from './cluster.ts';
import { expect, type World } from './world.ts';

/** How long the first install may take; it includes fetching the index and the chart. */
const INSTALL_SECONDS = 60;

/** How long the loop may take to notice a new object: it is told at once, and marks it within a second. */
const NOTICED_SECONDS = 20;

/** Writes the two manifests by the `create` commands and applies them. */
export async function applyManifests(world: World): Promise<void> {
  world.screen.step('Two files by `create ... --export`, sent by `kubectl apply`');
  const source = await world.cluster.helmgate([
    ...['create', 'source', 'helm', 'flagger', '--namespace', 'demo'],
    ...['--url', world.shelf.url, '--interval', '5s', '--export'],
  ]);
  const release = await world.cluster.helmgate([
    ...['create', 'helmrelease', 'flagger', '--namespace', 'demo', '--chart', 'flagger'],
    ...['--source', 'HelmRepository/flagger', '--chart-version', '*', '--interval', '5s'],
    ...['--values-from', 'ConfigMap/flagger-values', '--export'],
  ]);
  await writeFile(join(world.manifests, 'source.yaml'), source);
  await writeFile(join(world.manifests, 'release.yaml'), release);
  world.screen.output(source + release);
  await world.cluster.kubectl(
    ...['create', 'configmap', 'flagger-values', '--from-literal=values.yaml=greeting: hello'],
  );
  const said = await world.cluster.kubectl('apply', '-f', 'source.yaml', '-f', 'release.yaml');
  expect(world, said.includes('flagger created'), 'both objects were created', said);
}

/** Looks at what was stored and waits until it runs. */
export async function becomesReady(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('Stored narrowed and with defaults; the release becomes Ready');
  const stored = await cluster.get('helmrelease', 'flagger');
  const version = stored.spec.chart.spec.version;
  const narrowed = version === '>=1.28.0 <2.0.0';
  const cause = narrowed ? '' : await whyNotJudged(cluster);
  expect(world, narrowed, 'the range * was narrowed to >=1.28.0 <2.0.0', version, cause);
  expect(world, stored.spec.timeout === '5s', 'the timeout defaults to 5s', stored.spec.timeout);
  for (const action of ['install', 'upgrade']) {
    const retries = stored.spec[action]?.remediation?.retries;
    expect(world, retries === 2, `${action}.remediation.retries defaults to 2`, retries);
  }
  const source = await cluster.get('helmrepository', 'flagger');
  expect(
    world,
    source.spec.timeout === '30s',
    "the repository's timeout defaults to 30s",
    source.spec.timeout,
  );

  await cluster.until(
    'the loop takes up flagger',
    NOTICED_SECONDS,
    async () => {
      const { metadata } = (await cluster.get('helmrelease', 'flagger')) ?? { metadata: {} };
      return (metadata.finalizers ?? []).length > 0 ? true : undefined;
    },
    async () =>
      'a HelmRelease without finalizer and conditions.\n' +
      'No reconcile loop works on it: was `helmgate serve` started with --no-loop?',
  );
  await cluster.kubectl(
    ...['wait', 'helmrelease/flagger', '--for=condition=Ready', `--timeout=${INSTALL_SECONDS}s`],
  );
  await cluster.kubectl('get', 'helmrelease,helmrepository');
  await isDeployed(world, 'flagger', '1.30.0');
  await cluster.helm('list');
  await cluster.kubectl('wait', 'deployment/flagger', '--for=condition=Available', '--timeout=30s');
  world.screen.holds('the Deployment is available');
  await neverReleased(world, '2.0.0');
}

/** Expects that a version was neither released nor so much as fetched. */
export async function neverReleased(world: World, version: string): Promise<void> {
  const charts = (await world.cluster.helmHistory('flagger')).map((revision) => revision.chart);
  const downloads = world.shelf.downloads(version);
  const holds = charts.length > 0 && !charts.includes(`flagger-${version}`) && downloads === 0;
  expect(world, holds, `${version} is in no revision of helm history and was never fetched`, {
    charts,
    downloads,
  });
}

/** Says why an object was stored as it came. */
async function whyNotJudged(cluster: Cluster): Promise<string> {
  for (const kind of ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration']) {
    if ((await cluster.get(kind, 'helmgate')) === undefined) {
      return `The API server asks nobody: there is no ${kind} helmgate. \`helmgate serve --register\` makes it and puts it back.`;
    }
  }
  return 'The webhook is registered; what `helmgate serve` logs says why it did not narrow.';
}

/** Expects `helm list` to show the release deployed at a version of the chart. */
export async function isDeployed(world: World, name: string, version: string): Promise<void> {
  const releases = await world.cluster.helmReleases();
  const release = releases.find((entry) => entry.name === name);
  const what = `helm list shows ${name} deployed with chart flagger-${version}`;
  const holds = release?.chart === `flagger-${version}` && release.status === 'deployed';
  expect(world, holds, what, release);
}

/** Waits until a HelmRelease is Ready with a version of the chart and helm agrees. */
export async function becomesReadyAt(
  world: World,
  name: string,
  version: string,
  seconds: number,
): Promise<void> {
  const began = Date.now();
  await world.cluster.until(
    `${name} is Ready with ${version}`,
    seconds,
    async () => {
      const release = await world.cluster.get('helmrelease', name);
      const ready = condition(release, 'Ready');
      const done = ready?.status === 'True' && release.status.history?.[0]?.chartVersion === version;
      return done ? release : undefined;
    },
    async () => standing(await world.cluster.get('helmrelease', name)),
  );
  const elapsed = ((Date.now() - began) / 1000).toFixed(1);
  world.screen.holds(`${name} is Ready with ${version}, ${elapsed} s later`);
  await isDeployed(world, name, version);
}

/** Shows two denials as kubectl prints them. */
export async function denies(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('What the policy forbids is denied, saying what would pass');
  const other = await cluster.helmgate([
    ...['create', 'source', 'helm', 'elsewhere', '--namespace', 'demo'],
    ...['--url', 'https://charts.example.com/stable', '--interval', '1m', '--export'],
  ]);
  await writeFile(join(world.manifests, 'elsewhere.yaml'), other);
  const refusedSource = await cluster.kubectlRefused('apply', '-f', 'elsewhere.yaml');
  const namesSource =
    /SourceNotAllowed.*demo\/sources at policy\.yaml:\d+/.test(refusedSource) &&
    refusedSource.includes(`would pass: ${world.shelf.url}`);
  expect(world, namesSource, 'the HelmRepository is denied: rule, line, and what would pass', refusedSource);
  const none = await cluster.get('helmrepository', 'elsewhere');
  expect(world, none === undefined, 'nothing was stored', none);

  const future = await cluster.helmgate([
    ...['create', 'helmrelease', 'future', '--namespace', 'demo', '--chart', 'flagger'],
    ...['--source', 'HelmRepository/flagger', '--chart-version', '>=3.0.0', '--interval', '1m', '--export'],
  ]);
  await writeFile(join(world.manifests, 'future.yaml'), future);
  const refusedRange = await cluster.kubectlRefused('apply', '-f', 'future.yaml');
  const namesRange =
    /RangeDisjoint.*demo\/flagger-1x at policy\.yaml:\d+/.test(refusedRange) &&
    refusedRange.includes('would pass: >=1.28.0 <2.0.0');
  expect(world, namesRange, 'the range >=3.0.0 is denied: rule, line, and what would pass', refusedRange);
  const stored = await cluster.get('helmrelease', 'future');
  expect(world, stored === undefined, 'nothing was stored', stored);
}

/** A new version in the range, then new values, each followed without anybody's doing. */
export async function followsChanges(world: World): Promise<void> {
  const { cluster, screen, shelf } = world;
  screen.step('A new chart version and a changed value are followed');
  await shelf.publish('1.31.0');
  screen.line('   published flagger 1.31.0; the repository is looked at every 5 s');
  await becomesReadyAt(world, 'flagger', '1.31.0', 20);

  await cluster.kubectl(
    ...['patch', 'configmap', 'flagger-values', '--type=merge'],
    ...['--patch', '{"data":{"values.yaml":"greeting: good morning\\n"}}'],
  );
  await cluster.until('the changed value has reached the Deployment', 20, async () => {
    const deployment = await cluster.get('deployment', 'flagger');
    const greeting = deployment?.spec.template.metadata.annotations['demo.helmgate.dev/greeting'];
    return greeting === 'good morning' ? greeting : undefined;
  });
  screen.holds('the Deployment carries the value from the ConfigMap');
  const history = await cluster.helmHistory('flagger');
  expect(world, history.length === 3, 'helm history shows install and two upgrades', history.length);
  await cluster.kubectl('wait', 'helmrelease/flagger', '--for=condition=Ready', '--timeout=20s');
}
