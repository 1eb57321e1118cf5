import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { condition, type Loose, standing } from './cluster.ts';
import { expect, type World } from './world.ts';

/** Three failing waits of 5 s, two rollbacks between them and back-off: about 20 s; twice that on a busy machine. */
const REMEDIATION_SECONDS = 60;

/** Selects the pods of the release flagger. */
const PODS = 'app.kubernetes.io/instance=flagger';

/** An install that must fail: the pods of these values never become ready. */
function failingRelease(name: string, remediation: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace: 'demo' },
    spec: {
      interval: '5s',
      chart: {
        spec: { chart: 'flagger', version: '1.30.0', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
      },
      install: { remediation },
      values: { neverReady: true },
    },
  })}\n`;
}

/** A bad version is rolled back, retried as the defaults say, and then left alone. */
export async function remediates(world: World): Promise<void> {
  const { cluster, screen, shelf } = world;
  screen.step('Versions that never become ready: rolled back, then Stalled');
  const servingBefore = await readyPods(world);
  const broken = join(world.manifests, 'broken.json');
  await writeFile(broken, failingRelease('broken', { retries: 1, remediateLastFailure: false }));
  await writeFile(join(world.manifests, 'endless.json'), failingRelease('endless', { retries: -1 }));
  await cluster.kubectl('apply', '-f', 'broken.json', '-f', 'endless.json');
  await shelf.publish('1.32.0', { broken: true });
  screen.line('   published flagger 1.32.0, which is broken');

  await stalls(world, 'flagger');
  const release = await cluster.get('helmrelease', 'flagger');
  await showConditions(world, release);
  expect(
    world,
    release.status.upgradeFailures === 3,
    'three upgrades failed (one and two retries)',
    release.status.upgradeFailures,
  );
  expect(
    world,
    condition(release, 'Remediated')?.status === 'True',
    'Remediated=True',
    condition(release, 'Remediated'),
  );
  await cluster.helm('history', 'flagger');
  const history = await cluster.helmHistory('flagger');
  const current = history.at(-1);
  const restored = current.status === 'deployed' && current.chart === 'flagger-1.31.0';
  expect(world, restored, 'the last revision is a rollback to 1.31.0', current);
  await cluster.kubectl('get', 'pods', '--selector', PODS);
  const servingAfter = await readyPods(world);
  const same = servingBefore.length > 0 && servingBefore.every((uid) => servingAfter.includes(uid));
  expect(world, same, 'the pods of before are still there and ready', { servingBefore, servingAfter });

  await stalls(world, 'broken');
  const failed = await cluster.get('helmrelease', 'broken');
  await showConditions(world, failed);
  expect(
    world,
    failed.status.installFailures === 2,
    'the install failed twice (one and one retry)',
    failed.status.installFailures,
  );
  await cluster.helm('history', 'broken');
  const kept = await cluster.helmHistory('broken');
  const keptForDebugging = kept.length === 1 && kept[0].status === 'failed' && kept[0].revision === 1;
  // Each install begins at revision 1 only when the one before was uninstalled.
  const what = 'the first try was uninstalled, the failed release of the last is kept for debugging';
  expect(world, keptForDebugging, what, kept);

  const endless = await cluster.until(
    'endless has failed for the second time',
    REMEDIATION_SECONDS,
    async () => {
      const object = await cluster.get('helmrelease', 'endless');
      return (object?.status?.installFailures ?? 0) >= 2 ? object : undefined;
    },
  );
  const retrying = condition(endless, 'Stalled')?.status !== 'True';
  expect(
    world,
    retrying,
    `retries: -1 is still retrying after ${endless.status.installFailures} failures`,
    endless.status,
  );
  await cluster.kubectl('delete', 'helmrelease', 'broken', 'endless', '--timeout=60s');
}

/** Uids of the release's pods that are ready now and not about to go. */
async function readyPods({ cluster }: World): Promise<readonly string[]> {
  const text = await cluster.kubectlQuietly('get', 'pods', '--selector', PODS, '-o', 'json');
  const { items } = JSON.parse(text) as Loose;
  return items
    .filter((pod: Loose) => pod.metadata.deletionTimestamp === undefined)
    .filter((pod: Loose) => condition(pod, 'Ready')?.status === 'True')
    .map((pod: Loose) => pod.metadata.uid);
}

async function stalls(world: World, name: string): Promise<void> {
  await world.cluster.until(
    `${name} is Stalled`,
    REMEDIATION_SECONDS,
    async () => {
      const stalled = condition(await world.cluster.get('helmrelease', name), 'Stalled');
      return stalled?.status === 'True' && stalled.reason === 'RetriesExceeded' ? stalled : undefined;
    },
    async () => standing(await world.cluster.get('helmrelease', name)),
  );
  world.screen.holds(`${name} is Stalled with RetriesExceeded`);
}

async function showConditions(world: World, release: Loose): Promise<void> {
  world.screen.line(`   ${release.metadata.name}:`);
  for (const { type, status, reason, message } of release.status.conditions) {
    world.screen.output(`${type}=${status} ${reason} ${message}`);
  }
  for (const { version, status, chartVersion, action } of release.status.history ?? []) {
    world.screen.output(`history: v${version} ${status} flagger ${chartVersion} (${action ?? ''})`);
  }
}
