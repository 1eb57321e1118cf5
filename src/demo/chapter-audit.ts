import { readFile } from 'node:fs/promises';
import type { Loose } from './cluster.ts';
import { expect, type World } from './world.ts';

/** What the loop did to flagger, from the first chapter to the last: one failed upgrade and two retries of it. */
const FLAGGER_ACTIONS = [
  ...['Install 1.30.0', 'Upgrade 1.31.0', 'Upgrade 1.31.0'],
  ...Array.from({ length: 3 }, () => ['Upgrade 1.32.0 failed', 'Rollback']).flat(),
  ...['Upgrade 1.33.0', 'Uninstall'],
];
/** A failed install, its uninstall, the retry that was kept, and the uninstall of the deleted object. */
const BROKEN_ACTIONS = ['Install 1.30.0 failed', 'Uninstall', 'Install 1.30.0 failed', 'Uninstall'];
/** What the mutating webhook did to the first HelmRelease. */
const FIRST_MUTATIONS = [
  'flagger-1x narrow /spec/chart/spec/version',
  'remediation default /spec/install/remediation/retries',
  'remediation default /spec/timeout',
  'remediation default /spec/upgrade/remediation/retries',
];

/** Shows the audit log, checks its chain, and that commit and line of each finding and change hold the rule named there. */
export async function showsAudit(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('Each decision is in the audit log, with its policy line');
  const file = ['--file', world.auditLog];
  screen.output(await cluster.helmgate(['audit', 'verify', ...file]));
  screen.holds('the hash chain is whole');
  screen.output(
    await cluster.helmgate(['audit', 'query', '--verdict', 'Deny', '--rule', 'sources', ...file]),
  );
  screen.output(
    await cluster.helmgate(['audit', 'query', '--verdict', 'Deny', '--rule', 'flagger-1x', ...file]),
  );
  screen.output(
    await cluster.helmgate(['audit', 'query', '--phase', 'action', '--name', 'flagger', ...file]),
  );

  // What stands behind the last newline is being written just now.
  const lines = (await readFile(world.auditLog, 'utf8')).split('\n').slice(0, -1);
  const rows: Loose[] = lines.map((row) => JSON.parse(row));
  holdsAdmission(world, rows);
  holdsReleases(world, rows);
  await holdsPlaces(world, rows);
}

function holdsAdmission(world: World, rows: readonly Loose[]): void {
  const denied = rows
    .filter((row) => row.phase === 'admission' && row.verdict === 'Deny' && row.dryRun !== true)
    .map((row) => `${row.kind} ${row.name} ${row.findings.map((finding: Loose) => finding.reason)}`);
  const both = sameList(denied, [
    'HelmRepository elsewhere SourceNotAllowed',
    'HelmRelease future RangeDisjoint',
  ]);
  expect(world, both, 'exactly the two refused objects are on record as denied', denied);
  const created = rows.find(
    (row) => row.endpoint === 'mutate' && row.kind === 'HelmRelease' && row.name === 'flagger',
  );
  const changed = (created?.mutations ?? [])
    .map(({ rule, kind, pointer }: Loose) => `${rule} ${kind} ${pointer}`)
    .sort();
  expect(
    world,
    sameList(changed, FIRST_MUTATIONS),
    'the narrowed range and each default are on record',
    changed,
  );
}

function holdsReleases(world: World, rows: readonly Loose[]): void {
  for (const [name, wanted] of [
    ['flagger', FLAGGER_ACTIONS],
    ['broken', BROKEN_ACTIONS],
  ] as const) {
    const done = rows.filter((row) => row.phase === 'action' && row.name === name).map(actionText);
    expect(
      world,
      sameList(done, wanted),
      `each of ${wanted.length} helm runs for ${name} is on record`,
      done,
    );
  }
  const unjudged = rows.filter((row, index) => {
    if (row.action !== 'Install' && row.action !== 'Upgrade') return false;
    const judged = rows
      .slice(0, index)
      .some((before) => before.phase === 'release' && before.verdict === 'Allow' && sameRelease(before, row));
    return !judged;
  });
  const what = 'before each install and upgrade the resolved version was judged once more';
  expect(world, unjudged.length === 0, what, unjudged);
}

function actionText({ action, chart, verdict }: Loose): string {
  const version = action === 'Install' || action === 'Upgrade' ? ` ${chart.version}` : '';
  return `${action}${version}${verdict === 'Error' ? ' failed' : ''}`;
}

function sameRelease(one: Loose, other: Loose): boolean {
  return one.name === other.name && one.chart.version === other.chart?.version;
}

/** Looks up each place that the log names, once, in the policies' git history. */
async function holdsPlaces(world: World, rows: readonly Loose[]): Promise<void> {
  const { cluster, policies } = world;
  const named: Loose[] = rows.flatMap((row) => [...(row.findings ?? []), ...(row.mutations ?? [])]);
  const unplaced = named.filter(({ place }) => place?.commit === undefined);
  expect(
    world,
    unplaced.length === 0,
    `each of ${named.length} findings and changes names its commit`,
    unplaced,
  );
  const distinct = new Map(named.map(({ place, rule }) => [JSON.stringify([place, rule]), { place, rule }]));
  for (const { place, rule } of distinct.values()) {
    const text = await cluster.git('-C', policies.folder, 'show', `${place.commit}:${place.file}`);
    const line = text.split('\n')[place.line - 1] ?? '';
    const what = `git show ${place.commit.slice(0, 12)}:${place.file}, line ${place.line}, holds rule ${rule}`;
    expect(world, line.trim() === `- id: ${rule}`, what, line);
  }
}

function sameList(seen: readonly string[], wanted: readonly string[]): boolean {
  return JSON.stringify(seen) === JSON.stringify(wanted);
}
