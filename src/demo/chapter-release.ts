import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { condition, standing } from './cluster.ts';
import { expect, type World } from './world.ts';

/** How long the first install may take; it includes fetching the index and the chart. */
const INSTALL_SECONDS = 60;

/** Writes the two manifests by the `create` commands and applies them. */
export async function applyManifests(world: World): Promise<void> {
  world.screen.step('Two files, written by `create ... --export`, sent by `kubectl apply`');
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
  screen.step('The stored objects carry the narrowed range and the defaults; the release becomes Ready');
  const stored = await cluster.get('helmrelease', 'flagger');
  const version = stored.spec.chart.spec.version;
  expect(world, version === '>=1.28.0 <2.0.0', 'the range * was narrowed to >=1.28.0 <2.0.0', version);
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

  await cluster.kubectl(
    ...['wait', 'helmrelease/flagger', '--for=condition=Ready', `--timeout=${INSTALL_SECONDS}s`],
  );
  await cluster.kubectl('get', 'helmrelease,helmrepository');
  await isDeployed(world, 'flagger', '1.30.0');
  await cluster.helm('list');
  await cluster.kubectl('wait', 'deployment/flagger', '--for=condition=Available', '--timeout=30s');
  world.screen.holds('the Deployment is available');
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
  await world.cluster.until(
    `${name} becomes Ready with ${version}`,
    seconds,
    async () => {
      const release = await world.cluster.get('helmrelease', name);
      const ready = condition(release, 'Ready');
      const done = ready?.status === 'True' && release.status.history?.[0]?.chartVersion === version;
      return done ? release : undefined;
    },
    async () => standing(await world.cluster.get('helmrelease', name)),
  );
  world.screen.holds(`${name} is Ready with ${version}`);
  await isDeployed(world, name, version);
}

/** Shows two denials as kubectl prints them. */
export async function denies(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('What the policy forbids is denied, with the line that says so and what would pass');
  const other = await cluster.helmgate(
    [
      ...['create', 'source', 'helm', 'elsewhere', '--namespace', 'demo'],
      ...['--url', 'https://charts.example.com/stable', '--interval', '1m', '--export'],
    ],
    false,
  );
  await writeFile(join(world.manifests, 'elsewhere.yaml'), other);
  const refusedSource = await cluster.kubectlRefused('apply', '-f', 'elsewhere.yaml');
  const namesSource = refusedSource.includes('SourceNotAllowed') && /policy\.yaml:\d+/.test(refusedSource);
  expect(world, namesSource, 'the HelmRepository is denied, naming rule and line', refusedSource);
  const none = await cluster.get('helmrepository', 'elsewhere');
  expect(world, none === undefined, 'nothing was stored', none);

  const future = await cluster.helmgate(
    [
      ...['create', 'helmrelease', 'future', '--namespace', 'demo', '--chart', 'flagger'],
      ...['--source', 'HelmRepository/flagger', '--chart-version', '>=3.0.0', '--interval', '1m', '--export'],
    ],
    false,
  );
  await writeFile(join(world.manifests, 'future.yaml'), future);
  const refusedRange = await cluster.kubectlRefused('apply', '-f', 'future.yaml');
  const namesRange = refusedRange.includes('>=1.28.0 <2.0.0') && /policy\.yaml:\d+/.test(refusedRange);
  expect(world, namesRange, 'the range >=3.0.0 is denied, naming what would pass', refusedRange);
  const stored = await cluster.get('helmrelease', 'future');
  expect(world, stored === undefined, 'nothing was stored', stored);
}

/** A new version in the range, then new values, each followed without anybody's doing. */
export async function followsChanges(world: World): Promise<void> {
  const { cluster, screen, shelf } = world;
  screen.step('A new chart version and a changed value are followed by themselves');
  await shelf.publish('1.31.0');
  screen.line('   published flagger 1.31.0');
  await becomesReadyAt(world, 'flagger', '1.31.0', 20);

  await cluster.kubectl(
    ...['patch', 'configmap', 'flagger-values', '--type=merge'],
    ...['--patch', '{"data":{"values.yaml":"greeting: good morning\\n"}}'],
  );
  await cluster.until('the changed value reaches the Deployment', 20, async () => {
    const deployment = await cluster.get('deployment', 'flagger');
    const greeting = deployment?.spec.template.metadata.annotations['demo.helmgate.dev/greeting'];
    return greeting === 'good morning' ? greeting : undefined;
  });
  screen.holds('the Deployment carries the value from the ConfigMap');
  const history = await cluster.helmHistory('flagger');
  expect(world, history.length === 3, 'helm history shows install and two upgrades', history.length);
  await cluster.kubectl('wait', 'helmrelease/flagger', '--for=condition=Ready', '--timeout=20s');
}
