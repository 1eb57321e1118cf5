import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { becomesReadyAt, neverReleased } from './chapter-release.ts';
import { condition, type Loose, standing } from './cluster.ts';
import { expect, type World } from './world.ts';

/** How often each file is applied again. */
const REPEATS = 4;

/** An object by its kind and name, as kubectl names both. */
type Named = readonly [kind: 'helmrelease' | 'helmrepository', name: string];

const CLIENT_SIDE = {
  apply: ['apply', '-f', 'source.yaml', '-f', 'release.yaml'],
  objects: [
    ['helmrepository', 'flagger'],
    ['helmrelease', 'flagger'],
  ],
} as const;
const SERVER_SIDE = {
  apply: ['apply', '--server-side', '-f', 'mirror.yaml', '-f', 'second.yaml'],
  objects: [
    ['helmrepository', 'mirror'],
    ['helmrelease', 'second'],
  ],
} as const;

/** Applying the same files again changes nothing; a changed default reaches the stored objects. */
export async function staysStable(world: World): Promise<void> {
  const { cluster, screen, shelf } = world;
  screen.step('The same files change nothing; a new default is followed');
  await shelf.publish('1.33.0');
  screen.line('   published flagger 1.33.0, which is healthy');
  await becomesReadyAt(world, 'flagger', '1.33.0', 40);

  await copyManifest(world, 'source.yaml', 'mirror');
  await copyManifest(world, 'release.yaml', 'second');
  await cluster.kubectl(...SERVER_SIDE.apply);
  await becomesReadyAt(world, 'second', '1.33.0', 30);
  await repositoryIsReady(world, 'mirror');

  await applyAgain(world, CLIENT_SIDE);
  await applyAgain(world, SERVER_SIDE);

  const commit = await world.policies.commit(3, 'Allow three retries');
  screen.line(`   committed ${commit.slice(0, 12)}: the default goes from 2 to 3 retries`);
  screen.command(`kubectl ${SERVER_SIDE.apply.join(' ')}`);
  await cluster.until('the stored release follows the new default', 20, async () => {
    await cluster.kubectlQuietly(...SERVER_SIDE.apply);
    const { install, upgrade } = (await cluster.get('helmrelease', 'second')).spec;
    return install.remediation.retries === 3 && upgrade.remediation.retries === 3 ? true : undefined;
  });
  screen.holds('after a server-side apply of the same file the stored retries are 3');
  await applyAgain(world, SERVER_SIDE);
}

/** Writes the manifest of an object once more, under another name. */
async function copyManifest({ manifests }: World, file: string, name: string): Promise<void> {
  const text = await readFile(join(manifests, file), 'utf8');
  const copy = text.replaceAll('name: flagger\n  namespace', `name: ${name}\n  namespace`);
  await writeFile(join(manifests, `${name}.yaml`), copy);
}

async function repositoryIsReady(world: World, name: string): Promise<void> {
  await world.cluster.until(
    `the repository ${name} is Ready`,
    30,
    async () => {
      const repository = await world.cluster.get('helmrepository', name);
      return condition(repository, 'Ready')?.status === 'True' ? repository : undefined;
    },
    async () => standing(await world.cluster.get('helmrepository', name)),
  );
}

/** Applies files repeatedly and compares generation, resourceVersion and the number of requests that were judged. */
async function applyAgain(
  world: World,
  { apply, objects }: { readonly apply: readonly string[]; readonly objects: readonly Named[] },
): Promise<void> {
  const { cluster, screen } = world;
  const look = (): Promise<Loose[]> => Promise.all(objects.map(([kind, name]) => cluster.get(kind, name)));
  screen.command(`kubectl ${apply.join(' ')}   # ${REPEATS} times`);
  const looks = [await look()];
  const unsent = new Set<string>();
  const judgedBefore = await judgedRequests(world);
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const said = await cluster.kubectlQuietly(...apply);
    if (repeat === 0) screen.output(said);
    for (const [, kind, name] of said.matchAll(/^(\w+)\.\S+\/(\S+) unchanged$/gm))
      unsent.add(`${kind}/${name}`);
    looks.push(await look());
  }
  const judgedAfter = await judgedRequests(world);
  for (const [index, [kind, name]] of objects.entries()) {
    const seen = looks.map((objectsThen) => objectsThen[index].metadata);
    const which = `${kind}/${name}`;
    const judged = (judgedAfter.get(which) ?? 0) - (judgedBefore.get(which) ?? 0);
    // A client-side apply that sees no difference sends no request; one of a narrowed range always sees one.
    if (!unsent.has(which)) {
      expect(world, judged >= REPEATS, `${which}: each of ${REPEATS} repeats reached the webhook`, judged);
    }
    const generations = seen.map(({ generation }) => generation);
    expect(world, new Set(generations).size === 1, `${which}: generation stayed the same`, generations);
    // The API server rewrites managedFields once after a server-side create that a webhook changed.
    const versions = seen.slice(2).map(({ resourceVersion }) => resourceVersion);
    const what = `${which}: resourceVersion stayed the same from the second repeat on`;
    expect(world, new Set(versions).size === 1, what, versions);
  }
}

/** How many requests about each object the validating webhook has decided, from the audit log. */
async function judgedRequests(world: World): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const text of (await readFile(world.auditLog, 'utf8')).split('\n').slice(0, -1)) {
    const row: Loose = JSON.parse(text);
    if (row.phase !== 'admission' || row.endpoint !== 'validate') continue;
    const which = `${row.kind.toLowerCase()}/${row.name}`;
    counts.set(which, (counts.get(which) ?? 0) + 1);
  }
  return counts;
}

/** Deleting the object uninstalls the release. */
export async function uninstalls(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('`kubectl delete` uninstalls');
  await neverReleased(world, '2.0.0');
  const { finalizers } = (await cluster.get('helmrelease', 'flagger')).metadata;
  expect(
    world,
    (finalizers ?? []).length > 0,
    'a finalizer holds flagger until it is uninstalled',
    finalizers,
  );
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
