import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describeExit, type Sandbox, startSandbox } from '../sandbox/start-sandbox.ts';
import { describeToolProgress } from '../sandbox/tool-progress.ts';
import { showsAudit } from './chapter-audit.ts';
import { remediates } from './chapter-failure.ts';
import { applyManifests, becomesReady, denies, followsChanges } from './chapter-release.ts';
import { staysStable, uninstalls } from './chapter-stability.ts';
import { Cluster } from './cluster.ts';
import { openPolicyRepository } from './demo-policies.ts';
import { openShelf } from './demo-shelf.ts';
import { DemoError, Screen } from './screen.ts';
import { ServeProcess } from './serve-process.ts';
import { NAMESPACE, type World } from './world.ts';

/** What may be made to go wrong, to see that the demo notices. */
export const FAULTS = ['no-loop', 'no-webhook', 'no-policies', 'policies-emptied', 'broken-policy'] as const;
export type Fault = (typeof FAULTS)[number];

export interface DemoOptions {
  readonly out: Writable & { isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly keep: boolean;
  readonly fault?: Fault;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** From the first line of `serve` to the webhook armed: a few seconds; a minute is for a machine under load. */
const SERVE_READY_SECONDS = 60;
/** How long a changed policy folder may take to be noticed (it is looked at every second). */
const RELOAD_SECONDS = 20;

/**
 * Plays Helmgate's story on a sandbox of its own: real API server, helm, git and chart repository. Throws a
 * {@link DemoError} at the first thing that is not as it should be; whatever happens, nothing is left behind.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const screen = new Screen(options.out, () => Date.now());
  screen.line(
    'Helmgate demo: a real Kubernetes API server with the real helm, on loopback, gone when it ends',
  );
  await using sandbox = await startSandbox({
    env: options.env,
    name: 'demo',
    signal: options.signal,
    onProgress: (progress) => screen.line(`   ${describeToolProgress(progress)}`),
  });
  screen.line(`   control plane ready in ${(sandbox.readyMs / 1000).toFixed(1)} s at ${sandbox.url}`);
  await using resources = new AsyncDisposableStack();
  const stage = await setStage(sandbox, screen, options, resources);
  await play(stage.world, options.fault, stage.serve);
  printSummary(screen);
  if (options.keep) await keepRunning(screen, sandbox, options.signal);
}

interface Stage {
  readonly world: World;
  readonly serve: ServeProcess;
}

/** Everything that must stand before the first chapter: namespace, CRDs, charts, policies and `helmgate serve`. */
async function setStage(
  sandbox: Sandbox,
  screen: Screen,
  options: DemoOptions,
  resources: AsyncDisposableStack,
): Promise<Stage> {
  // Below the sandbox's folder, which its guard removes even when this process is killed.
  const folder = join(sandbox.dir, 'demo');
  const manifests = join(folder, 'manifests');
  await mkdir(manifests, { recursive: true });
  const env = { ...options.env, ...sandbox.env, XDG_STATE_HOME: join(folder, 'state') };
  let died: string | undefined;
  sandbox.onExit((exit) => {
    died = describeExit(exit);
  });
  let serve: ServeProcess | undefined;
  const cluster = new Cluster({
    kubectl: sandbox.binaries.kubectl,
    helm: sandbox.binaries.helm,
    bin: join(root, 'bin', 'helmgate.js'),
    env,
    cwd: manifests,
    screen,
    signal: options.signal,
    assertAlive: () => {
      if (died !== undefined) throw new DemoError(died);
      serve?.assertAlive();
    },
  });
  screen.step('A chart repository, a policy repository in git, and `helmgate serve` between them');
  await cluster.kubectl('apply', '--server-side', '-f', join(root, 'charts', 'helmgate', 'crds'));
  await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
  await cluster.kubectl('create', 'namespace', NAMESPACE);
  await cluster.kubectl('config', 'set-context', '--current', '--namespace', NAMESPACE);

  const shelf = await openShelf(
    join(folder, 'charts'),
    join(root, 'charts', 'demo', 'flagger'),
    sandbox.binaries.helm,
  );
  resources.defer(() => shelf.repository.close());
  for (const version of ['1.27.0', '1.28.0', '1.30.0', '2.0.0']) await shelf.publish(version);
  screen.line(`   serving flagger 1.27.0, 1.28.0, 1.30.0 and 2.0.0 at ${shelf.url}`);
  const policies = await openPolicyRepository(join(folder, 'policies'), shelf.url, cluster);
  const commit = await policies.commit(2, 'What may be released');
  screen.line(`   policies are at commit ${commit.slice(0, 12)} of a git repository`);
  if (options.fault === 'no-policies') await rm(join(policies.folder, 'policy.yaml'));

  const auditLog = join(folder, 'audit.jsonl');
  const args = [
    ...['--policies', policies.folder, '--audit-log', auditLog, '--state-dir', join(folder, 'state')],
    ...['--helm', sandbox.binaries.helm, '--register'],
    ...(options.fault === 'no-loop' ? ['--no-loop'] : []),
  ];
  const started = new ServeProcess(args, { bin: join(root, 'bin', 'helmgate.js'), cwd: folder, env });
  serve = started;
  resources.defer(() => started.stop());
  await cluster.until(
    'helmgate serve is ready',
    SERVE_READY_SECONDS,
    async () => {
      const complaint = started.complaints().at(-1);
      if (options.fault === 'no-policies' && complaint !== undefined) throw new DemoError(complaint);
      return started.ready ? true : undefined;
    },
    async () => started.tail(5),
  );
  screen.holds('helmgate serve is ready and the API server asks it');
  return { world: { cluster, screen, shelf, policies, manifests, auditLog }, serve: started };
}

async function play(world: World, fault: Fault | undefined, serve: ServeProcess): Promise<void> {
  if (fault === 'no-webhook') {
    await serveStopsRestoring(world, serve);
  }
  if (fault === 'policies-emptied') await breaksPolicies(world, serve, '');
  if (fault === 'broken-policy') {
    await breaksPolicies(
      world,
      serve,
      'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nspec: {ruels: []}\n',
    );
  }
  await applyManifests(world);
  await becomesReady(world);
  await denies(world);
  await followsChanges(world);
  await remediates(world);
  await staysStable(world);
  await uninstalls(world);
  await showsAudit(world);
}

/** Without its webhook configurations nothing is judged; `serve` would bring them back, so it is stopped first. */
async function serveStopsRestoring(world: World, serve: ServeProcess): Promise<void> {
  serve.kill();
  await world.cluster.kubectl(
    ...['delete', 'mutatingwebhookconfigurations,validatingwebhookconfigurations', '--all'],
  );
}

/** Overwrites the policy file while the gate runs and expects it to say so and to go on with the last good set. */
async function breaksPolicies(world: World, serve: ServeProcess, text: string): Promise<void> {
  const { cluster, policies, screen } = world;
  const path = join(policies.folder, 'policy.yaml');
  if (text === '') await rm(path);
  else await writeFile(path, text);
  const said = await cluster.until(
    'the gate says what is wrong with its policies',
    RELOAD_SECONDS,
    async () => serve.complaints().find((line) => /polic/i.test(line)),
  );
  screen.output(said);
  screen.holds('the gate says so and stays with the last good set');
  await cluster.git('-C', policies.folder, 'checkout', '--quiet', '--', '.');
}

function printSummary(screen: Screen): void {
  const rows = screen.summary();
  const width = Math.max(...rows.map((row) => row.title.length));
  screen.line('');
  for (const { title, seconds, checks } of rows) {
    screen.line(
      `${title.padEnd(width)}  ${String(checks).padStart(3)} ok  ${seconds.toFixed(1).padStart(6)} s`,
    );
  }
  const checks = rows.reduce((sum, row) => sum + row.checks, 0);
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  screen.line(
    `${'everything held'.padEnd(width)}  ${String(checks).padStart(3)} ok  ${seconds.toFixed(1).padStart(6)} s`,
  );
}

async function keepRunning(screen: Screen, sandbox: Sandbox, signal: AbortSignal): Promise<void> {
  screen.line('\nIt keeps running until Ctrl-C. To look around:');
  screen.line(`  export KUBECONFIG=${sandbox.kubeconfig} PATH=${sandbox.env['PATH']}`);
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
