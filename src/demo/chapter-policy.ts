import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type World } from './world.ts';

/** How long the exception of the demo holds from the moment it is committed: room for one apply on a busy machine. */
const EXCEPTION_SECONDS = 12;
/** A changed policy folder is looked at every second. */
const RELOAD_SECONDS = 20;

/** Rules about releases whose names begin with `guided`, so that nothing else in the demo is touched. */
function cadencePolicy(expires: string): string {
  return `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: cadence}
spec:
  match: {kinds: [HelmRelease], names: ["guided*"]}
  rules:
    - id: interval
      bounds: {spec.interval: {min: 1m}}
    - id: account
      enforcement: Warn
      require: {spec.serviceAccountName: {present: true}}
---
apiVersion: helmgate.dev/v1alpha1
kind: Exception
metadata: {name: legacy}
spec:
  policy: cadence
  rules: [interval]
  match: {names: [guided-legacy]}
  owner: team-legacy
  reason: moves to the new cluster
  expires: ${expires}
`;
}

/** A suspended release: it is judged and stored, and nothing runs. */
function release(name: string, interval: string): string {
  return `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: ${name}, namespace: demo}
spec:
  suspend: true
  interval: ${interval}
  chart: {spec: {chart: flagger, version: 1.30.0, sourceRef: {kind: HelmRepository, name: flagger}}}
`;
}

/** A denial that proposes its edit, a warning, an exception that ends, and a candidate policy tried on what was recorded. */
export async function guides(world: World): Promise<void> {
  const { cluster, screen } = world;
  screen.step('A denial proposes its edit; an exception ends; a candidate is tried');
  const expires = new Date(Date.now() + EXCEPTION_SECONDS * 1000).toISOString();
  const commit = await world.policies.add(
    'cadence.yaml',
    cadencePolicy(expires),
    'No release more often than each minute',
  );
  screen.line(
    `   committed ${commit.slice(0, 12)}: an interval of a minute at least, and an exception until ${expires}`,
  );
  await writeFile(join(world.manifests, 'guided.yaml'), release('guided', '10s'));
  await writeFile(join(world.manifests, 'legacy.yaml'), release('guided-legacy', '10s'));
  await cluster.until('the new rules are in force', RELOAD_SECONDS, async () => {
    const said = await cluster.kubectlTried('apply', '--dry-run=server', '-f', 'guided.yaml');
    return said.includes('cadence/interval') ? true : undefined;
  });

  const excepted = await cluster.kubectl('apply', '-f', 'legacy.yaml');
  const told = excepted.includes('team-legacy') && excepted.includes('guided-legacy created');
  expect(world, told, 'the exception lets guided-legacy pass, and the author is told whose it is', excepted);

  const denied = await cluster.kubectlRefused('apply', '-f', 'guided.yaml');
  const proposal = /smallest edit that passes: spec\.interval: "1m"/.test(denied);
  expect(world, proposal, 'the denial proposes the smallest edit that passes', denied);
  await writeFile(join(world.manifests, 'guided.yaml'), release('guided', '1m'));
  const applied = await cluster.kubectl('apply', '-f', 'guided.yaml');
  const warned = applied.includes('guided created') && applied.includes('cadence/account');
  expect(world, warned, 'with that edit it passes, with a warning that it has no service account', applied);

  await writeFile(join(world.manifests, 'legacy.yaml'), release('guided-legacy', '15s'));
  await cluster.until('the exception has ended', EXCEPTION_SECONDS + RELOAD_SECONDS, async () =>
    Date.now() >= Date.parse(expires) ? true : undefined,
  );
  const ended = await cluster.kubectlRefused('apply', '-f', 'legacy.yaml');
  expect(
    world,
    ended.includes('cadence/interval'),
    'once the exception has ended, the next edit is denied',
    ended,
  );
  await triesCandidate(world);
}

async function triesCandidate(world: World): Promise<void> {
  const { cluster, screen } = world;
  const folder = join(world.manifests, 'candidate');
  await mkdir(folder, { recursive: true });
  const candidate = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: candidate}
spec:
  rules:
    - id: no-old-minors
      chartVersion: {charts: [{name: flagger}], within: ">=1.31.0 <2.0.0"}
`;
  await writeFile(join(folder, 'candidate.yaml'), candidate);
  const replay = ['replay', '--policies', 'candidate', '--audit', world.auditLog];
  const { exitCode, stdout } = await cluster.helmgateTried(replay);
  screen.output(stdout);
  const found = exitCode === 1 && /demo {2}candidate\/no-old-minors/.test(stdout);
  expect(world, found, 'replay names what a candidate would newly deny, before it is merged', {
    exitCode,
    stdout,
  });
}
