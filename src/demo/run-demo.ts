import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeExit, type Sandbox, startSandbox } from '../sandbox/start-sandbox.ts';
import { describeToolProgress } from '../sandbox/tool-progress.ts';
import { showsAudit } from './chapter-audit.ts';
import { remediates } from './chapter-failure.ts';
import { guides } from './chapter-policy.ts';
import { applyManifests, becomesReady, denies, followsChanges } from './chapter-release.ts';
import { staysStable, uninstalls } from './chapter-stability.ts';
import { Cluster } from './cluster.ts';
import { openPolicyRepository } from './demo-policies.ts';
import { openShelf } from './demo-shelf.ts';
import { DemoError, Screen, type ScreenOutput } from './screen.ts';
import { ServeProcess } from './serve-process.ts';
import { expect, NAMESPACE, type World } from './world.ts';

/** What may be made to go wrong, to see that the demo notices. The last two must be survived. */
export const FAULTS = [
  'no-loop',
  'no-webhook',
  'no-policies',
  'broken-at-start',
  'policies-emptied',
  'broken-policy',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface DemoOptions {
  readonly out: ScreenOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly keep: boolean;
  readonly fault?: Fault;
  /** Ends after this step, counted as shown. */
  readonly until?: number;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'helmgate.js');
/** From the first line of `serve` to the webhook armed: a few seconds; a minute is for a machine under load. */
const SERVE_READY_SECONDS = 60;
/** How long a changed policy folder may take to be noticed (it is looked at every second). */
const RELOAD_SECONDS = 20;
/** Complaints of the gate that are shown when the demo fails. */
const SHOWN_COMPLAINTS = 5;
/** The chapters after the stage is set. Until the policies are mended, a set that broke meanwhile must do no harm. */
const CHAPTERS_BEFORE_MENDING = [applyManifests, becomesReady, denies];
const CHAPTERS_AFTER = [followsChanges, remediates, staysStable, uninstalls, showsAudit, guides];
/** Steps in all, the stage included. */
export const STEPS: number = 1 + CHAPTERS_BEFORE_MENDING.length + CHAPTERS_AFTER.length;

/**
 * Plays Helmgate's story on a sandbox of its own: real API server, helm, git and chart repository. Throws a
 * {@link DemoError} at the first thing that is not as it should be; whatever happens, nothing is left behind.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const screen = new Screen(options.out, () => Date.now());
  const interrupted = (): void => {
    if (!kept) screen.line('   interrupted; everything is taken down');
  };
  let kept = false;
  options.signal.addEventListener('abort', interrupted, { once: true });
  screen.line(
    'Helmgate demo: a real Kubernetes API server with the real helm, on loopback, gone when it ends',
  );
  screen.line('   starting a control plane');
  await using sandbox = await startControlPlane(screen, options);
  screen.line(`   control plane ready in ${(sandbox.readyMs / 1000).toFixed(1)} s at ${sandbox.url}`);
  await using resources = new AsyncDisposableStack();
  const gate = new Gate();
  resources.defer(() => gate.stop());
  try {
    const world = await setStage(sandbox, screen, options, gate, resources);
    await play(world, gate, options);
  } catch (error) {
    if (!options.signal.aborted) showComplaints(screen, gate);
    throw error;
  }
  printSummary(screen, options.until);
  kept = options.keep;
  if (kept) await keepRunning(screen, sandbox, options.signal);
}

/**
 * The signal stops it only while it starts. Afterwards `helmgate serve` has to go first: one that is just starting would make
 * its folders anew in a sandbox that is gone.
 */
async function startControlPlane(screen: Screen, { env, signal }: DemoOptions): Promise<Sandbox> {
  const starting = new AbortController();
  const stop = (): void => starting.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    return await startSandbox({
      env,
      name: 'demo',
      signal: starting.signal,
      onProgress: (progress) => screen.line(`   ${describeToolProgress(progress)}`),
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The `helmgate serve` that plays now. */
class Gate {
  #process: ServeProcess | undefined;
  #start: (extra: readonly string[]) => ServeProcess = () => {
    throw new Error('the stage is not set');
  };

  get process(): ServeProcess {
    if (this.#process === undefined) throw new Error('the stage is not set');
    return this.#process;
  }

  /** Whether one was started at all. */
  get started(): boolean {
    return this.#process !== undefined;
  }

  prepare(start: (extra: readonly string[]) => ServeProcess): void {
    this.#start = start;
  }

  /** Starts one, after {@link Gate.stop} where one runs. */
  start(extra: readonly string[]): void {
    this.#process = this.#start(extra);
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }
}

/** Everything that must stand before the first chapter: namespace, CRDs, charts, policies and `helmgate serve`. */
async function setStage(
  sandbox: Sandbox,
  screen: Screen,
  options: DemoOptions,
  gate: Gate,
  resources: AsyncDisposableStack,
): Promise<World> {
  // Below the sandbox's folder, which its guard removes even when this process is killed.
  const folder = join(sandbox.dir, 'demo');
  const manifests = join(folder, 'manifests');
  await mkdir(manifests, { recursive: true });
  const env = { ...options.env, ...sandbox.env, XDG_STATE_HOME: join(folder, 'state') };
  let died: string | undefined;
  sandbox.onExit((exit) => {
    died = describeExit(exit);
  });
  const cluster = new Cluster({
    kubectl: sandbox.binaries.kubectl,
    helm: sandbox.binaries.helm,
    bin,
    env,
    cwd: manifests,
    screen,
    signal: options.signal,
    assertAlive: () => {
      if (died !== undefined) throw new DemoError(died);
      if (gate.started) gate.process.assertAlive();
    },
  });
  screen.step('A chart repository, policies in git, `helmgate serve` between');
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

  const auditLog = join(folder, 'audit.jsonl');
  const world: World = { cluster, screen, shelf, policies, manifests, auditLog };
  if (options.fault === 'no-policies') await removePolicies(world);
  if (options.fault === 'broken-at-start') await breakPolicies(world);
  const args = [
    ...['--policies', policies.folder, '--audit-log', auditLog, '--state-dir', join(folder, 'state')],
    // Nobody else asks this webhook, and the API server goes with it: there is nothing to drain for.
    ...['--helm', sandbox.binaries.helm, '--drain-quiet', '0s'],
  ];
  gate.prepare((extra) => new ServeProcess([...args, ...extra], { bin, cwd: folder, env }));
  gate.start(['--register', ...(options.fault === 'no-loop' ? ['--no-loop'] : [])]);
  await gateIsReady(world, gate);
  const armed = await cluster.kubectl(
    ...['get', 'validatingwebhookconfiguration', 'helmgate'],
    ...['-o', 'jsonpath={.webhooks[*].name} {.webhooks[*].failurePolicy}'],
  );
  const asked = armed === 'validate.helmgate.dev Fail';
  expect(world, asked, 'the API server asks Helmgate, and stores nothing when it gets no answer', armed);
  return world;
}

async function gateIsReady({ cluster, screen }: World, gate: Gate): Promise<void> {
  await cluster.until(
    'helmgate serve is ready',
    SERVE_READY_SECONDS,
    async () => {
      if (gate.process.complaints().some((line) => line.startsWith('no policy set is in force'))) {
        throw new DemoError(
          'helmgate serve has no valid policies to go by and denies everything; what it complained of has to be put right first',
        );
      }
      return gate.process.ready ? true : undefined;
    },
    async () => gate.process.tail(5),
  );
  screen.holds('helmgate serve is ready');
}

async function play(world: World, gate: Gate, { fault, until = STEPS }: DemoOptions): Promise<void> {
  if (fault === 'no-webhook') await losesWebhook(world, gate);
  const spoiled = fault === 'policies-emptied' || fault === 'broken-policy';
  if (fault === 'policies-emptied') await removePolicies(world);
  if (fault === 'broken-policy') await breakPolicies(world);
  if (spoiled) await saysWhatIsWrong(world, gate);
  const before = CHAPTERS_BEFORE_MENDING.slice(0, Math.max(until - 1, 0));
  for (const chapter of before) await chapter(world);
  if (spoiled) await mendsPolicies(world, gate);
  const after = CHAPTERS_AFTER.slice(0, Math.max(until - 1 - CHAPTERS_BEFORE_MENDING.length, 0));
  for (const chapter of after) await chapter(world);
}

/** Takes the webhook away from the API server; the loop goes on. With its webhook `serve` would put it back. */
async function losesWebhook(world: World, gate: Gate): Promise<void> {
  await gate.stop();
  await world.cluster.kubectl(
    ...['delete', 'mutatingwebhookconfigurations,validatingwebhookconfigurations', '--all'],
  );
  gate.start(['--no-webhook']);
  await gateIsReady(world, gate);
}

async function removePolicies({ policies }: World): Promise<void> {
  await rm(join(policies.folder, 'policy.yaml'));
}

/** A typing error, as an editor may save it. */
async function breakPolicies({ policies }: World): Promise<void> {
  const path = join(policies.folder, 'policy.yaml');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('  rules:', '  ruels:'));
}

/** Expects the gate to name the fault. What follows shows that the last good set stays. */
async function saysWhatIsWrong(world: World, gate: Gate): Promise<void> {
  const refused = await world.cluster.until(
    'the gate says what is wrong with its policies',
    RELOAD_SECONDS,
    async () => {
      const lines = gate.process.complaints().filter((line) => line.startsWith('policies refused'));
      return lines.length > 0 ? lines : undefined;
    },
  );
  world.screen.output(refused.join('\n'));
  world.screen.holds('the gate says what is wrong; it has to go on with the last good set');
}

async function mendsPolicies(world: World, gate: Gate): Promise<void> {
  const before = gate.process.timesSaid('policies in force');
  await world.cluster.git('-C', world.policies.folder, 'checkout', '--quiet', '--', '.');
  await world.cluster.until('the mended policies are in force', RELOAD_SECONDS, async () =>
    gate.process.timesSaid('policies in force') > before ? true : undefined,
  );
  world.screen.holds('the last good set judged all this; the mended policies are in force again');
}

function showComplaints(screen: Screen, gate: Gate): void {
  const complaints = gate.started ? gate.process.complaints() : [];
  if (complaints.length === 0) return;
  screen.line('\nhelmgate serve complained:');
  screen.output(complaints.slice(-SHOWN_COMPLAINTS).join('\n'));
}

function printSummary(screen: Screen, until: number | undefined): void {
  const rows = screen.summary();
  const checks = rows.reduce((sum, row) => sum + row.checks, 0);
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const all = until === undefined || until >= STEPS;
  const total = all ? 'everything held' : `held as far as step ${until}; the rest was left out`;
  const table = [...rows, { title: total, checks, seconds }];
  const width = Math.max(...table.map((row) => row.title.length));
  screen.line('');
  for (const [index, row] of table.entries()) {
    const number = index < rows.length ? `${index + 1}.` : '';
    screen.line(
      `${number.padStart(3)} ${row.title.padEnd(width)} ${String(row.checks).padStart(3)} ok ${row.seconds.toFixed(1).padStart(5)} s`,
    );
  }
}

async function keepRunning(screen: Screen, sandbox: Sandbox, signal: AbortSignal): Promise<void> {
  screen.line('\nEverything keeps running until Ctrl-C. To look around, in another shell:');
  screen.line(`  export KUBECONFIG=${sandbox.kubeconfig}`);
  screen.line(`  export PATH=${toolFolders(sandbox)}:$PATH`);
  screen.line('  kubectl get helmrepositories; helm list');
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  screen.line('\n   taking everything down');
}

function toolFolders({ binaries }: Sandbox): string {
  return [...new Set([dirname(binaries.kubectl), dirname(binaries.helm)])].join(':');
}
