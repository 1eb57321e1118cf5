import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { becomesReadyAt } from './chapter-release.ts';
import type { Loose } from './cluster.ts';
import { expect, type World } from './world.ts';

/** How often each file is applied again. */
const REPEATS = 4;

/** Applying the same files again changes nothing; a changed default reaches the stored objects. */
export async function staysStable(world: World): Promise<void> {
  const { cluster, screen, shelf } = world;
  screen.step('The same files again and again change nothing; a new default reaches stored objects');
  await shelf.publish('1.33.0');
  screen.line('   published flagger 1.33.0, which is healthy');
  await becomesReadyAt(world, 'flagger', '1.33.0', 40);

  const release = await readFile(join(world.manifests, 'release.yaml'), 'utf8');
  await writeFile(
    join(world.manifests, 'second.yaml'),
    release.replaceAll('name: flagger\n  namespace', 'name: second\n  namespace'),
  );
  await cluster.kubectl('apply', '--server-side', '-f', 'second.yaml');
  await becomesReadyAt(world, 'second', '1.33.0', 30);

  await applyAgain(world, 'flagger', ['apply', '-f', 'release.yaml']);
  await applyAgain(world, 'second', ['apply', '--server-side', '-f', 'second.yaml']);

  const commit = await world.policies.commit(3, 'Allow three retries');
  screen.line(`   committed ${commit.slice(0, 12)}: the default goes from 2 to 3 retries`);
  await cluster.until('the stored release follows the new default', 20, async () => {
    await cluster.kubectl('apply', '--server-side', '-f', 'second.yaml');
    const second = await cluster.get('helmrelease', 'second');
    return second.spec.upgrade.remediation.retries === 3 ? second : undefined;
  });
  screen.holds('after a server-side apply of the same file the stored retries are 3');
  await applyAgain(world, 'second', ['apply', '--server-side', '-f', 'second.yaml']);
}

/** Applies a file repeatedly and compares generation, resourceVersion and the number of requests that were judged. */
async function applyAgain(world: World, name: string, args: readonly string[]): Promise<void> {
  const { cluster } = world;
  const seen: Loose[] = [await cluster.get('helmrelease', name)];
  const judgedBefore = await judgedRequests(world, name);
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    await cluster.kubectl(...args);
    seen.push(await cluster.get('helmrelease', name));
  }
  const judged = (await judgedRequests(world, name)) - judgedBefore;
  expect(world, judged >= REPEATS, `each of ${REPEATS} repeats reached the webhook`, judged);
  const generations = new Set(seen.map((object) => object.metadata.generation));
  expect(world, generations.size === 1, `${name}: generation stayed the same`, [...generations]);
  // The API server rewrites managedFields once after a server-side create that a webhook changed.
  const versions = new Set(seen.slice(2).map((object) => object.metadata.resourceVersion));
  expect(world, versions.size === 1, `${name}: resourceVersion stayed the same from the second repeat on`, [
    ...versions,
  ]);
}

async function judgedRequests(world: World, name: string): Promise<number> {
  const rows = (await readFile(world.auditLog, 'utf8')).trim().split('\n');
  return rows
    .map((row) => JSON.parse(row))
    .filter((row) => row.phase === 'admission' && row.endpoint === 'validate' && row.name === name).length;
}

/** Deleting the object uninstalls the release. */
export async function uninstalls(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('`kubectl delete` uninstalls');
  await cluster.kubectl('delete', 'helmrelease', 'flagger', 'second', '--timeout=60s');
  for (const name of ['flagger', 'second']) {
    const object = await cluster.get('helmrelease', name);
    expect(world, object === undefined, `${name} is gone, finalizer and all`, object);
  }
  const releases = await cluster.helmReleases();
  expect(world, releases.length === 0, 'helm list is empty', releases);
  await cluster.until('the Deployments are gone', 20, async () => {
    const found = await Promise.all(['flagger', 'second'].map((name) => cluster.get('deployment', name)));
    return found.every((deployment) => deployment === undefined) ? true : undefined;
  });
  screen.holds('the Deployments are gone');
}
