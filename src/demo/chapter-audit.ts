import { readFile } from 'node:fs/promises';
import type { Loose } from './cluster.ts';
import { expect, type World } from './world.ts';

/** Shows the audit log, checks its chain, and that commit and line of each finding hold the rule that it names. */
export async function showsAudit(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('Every decision stands in the audit log, chained, with the policy line it came from');
  const verified = await cluster.helmgate(['audit', 'verify', '--file', world.auditLog]);
  screen.output(verified);
  screen.holds('the hash chain is whole');
  screen.output(await cluster.helmgate(['audit', 'tail', '--lines', '12', '--file', world.auditLog]));

  const rows: Loose[] = (await readFile(world.auditLog, 'utf8'))
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
  const phases = new Map<string, number>();
  for (const row of rows) phases.set(row.phase, (phases.get(row.phase) ?? 0) + 1);
  for (const phase of ['admission', 'release', 'action']) {
    expect(world, (phases.get(phase) ?? 0) > 0, `${phases.get(phase) ?? 0} rows of phase ${phase}`, [
      ...phases,
    ]);
  }
  const findings = rows.flatMap((row) => row.findings ?? []);
  expect(world, findings.length >= 2, `${findings.length} findings are on record`, findings);
  const places = new Map(
    findings.map((finding: Loose) => [JSON.stringify([finding.place, finding.rule]), finding]),
  );
  for (const { place, rule } of places.values()) {
    const text = await cluster.git('-C', world.policies.folder, 'show', `${place.commit}:${place.file}`);
    const line = text.split('\n')[place.line - 1] ?? '';
    const what = `git show ${String(place.commit).slice(0, 12)}:${place.file}, line ${place.line}, holds rule ${rule}`;
    expect(world, line.includes(`id: ${rule}`), what, line);
  }
}
