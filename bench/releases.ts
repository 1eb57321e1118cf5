/**
 * Releases from nothing to Ready: Helmgate's loop, from `kubectl apply` until `kubectl wait` says that all are Ready,
 * against `helm install --wait=watcher` run four at a time by a shell loop. The same packaged chart, the same API server,
 * one run, taking turns; the side that begins changes with each round. Then all releases are told to reconcile once more
 * with nothing to do, which must start no helm. Fails when a release is not Ready in time, or a child was started then.
 *
 * `node bench/releases.ts [--releases 50] [--rounds 4] [--workers N] [-o json]`
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { indexRepository, packageChart } from '../src/sandbox/chart-repository.ts';
import { openPolicy, releaseManifest, repositoryManifest, root, startStage } from '../test/e2e/stage.ts';
import { cpuTimeOf, machineFigures, median, rounded, rssMbOf } from './process-figures.ts';

const { values: flags } = parseArgs({
  options: {
    releases: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '4' },
    workers: { type: 'string' },
    output: { type: 'string', short: 'o', default: 'table' },
  },
});
const releases = Number(flags.releases);
const rounds = Number(flags.rounds);
const AT_A_TIME = 4;
const WARM_UP = 10;
const WAIT_SECONDS = 600;

type Round = number | 'warm';

/** What one side did in one turn; CPU in seconds. */
interface Turn {
  readonly side: 'helm' | 'helmgate';
  readonly round: Round;
  readonly seconds: number;
  /** Of `helmgate serve` and of the helm children that it started; for the other side of the shell's helm children. */
  readonly serveCpu: number | null;
  readonly helmCpu: number;
  readonly apiServerCpu: number;
  /** Helm children that ran on average during the turn, and how long each took, in ms; from the audit log. */
  readonly running?: number;
  readonly childMs?: number;
  /** CPU seconds of the whole machine, anybody's. */
  readonly machineCpu: number;
  /** Load average of the last minute when the turn began. */
  readonly load: number;
}

/** All releases told to reconcile again while nothing has changed. */
interface Idle {
  readonly seconds: number;
  readonly serveCpuMsEach: number;
  readonly children: number;
}

await using stage = await startStage({
  policies: (url) => ({ 'policy.yaml': openPolicy(url) }),
  serveArgs: flags.workers === undefined ? [] : ['--workers', flags.workers],
});
await stage.serveReady();
const packages = join(stage.folder, 'charts', 'packages');
const { helm } = stage.sandbox.binaries;
const chart = await packageChart({
  helm,
  chartDir: join(root, 'charts', 'bench', 'trio'),
  version: '1.0.0',
  outDir: packages,
});
await indexRepository(helm, packages, stage.shelf.url);
await stage.apply(repositoryManifest('flagger', stage.shelf.url, { interval: '1h' }));

const turns: Turn[] = [];
const idle: Idle[] = [];
// A loop lives for weeks: its first releases, with code that is not compiled yet, are no measure.
await shellLoop(WARM_UP, 'warm');
await throughHelmgate(WARM_UP, 'warm');
idle.length = 0;
for (let round = 0; round < rounds; round += 1) {
  const sides = [shellLoop, throughHelmgate];
  for (const side of round % 2 === 0 ? sides : sides.toReversed()) turns.push(await side(releases, round));
}
report();

async function shellLoop(count: number, round: Round): Promise<Turn> {
  const helmCpu = `shell-${round}.times`;
  const each = `xargs -P ${AT_A_TIME} -I{} ${helm}`;
  const install = `seq 1 ${count} | ${each} install shell-${round}-{} ${chart} --wait=watcher >/dev/null`;
  const turn = await measure('helm', round, async () => {
    // The pipeline's exit code is that of xargs, which answers for all of its children; `times` tells their CPU.
    const { exitCode, stderr } = await stage.run(
      '/bin/sh',
      '-c',
      `${install}; code=$?; times >${helmCpu}; exit $code`,
    );
    if (exitCode !== 0) throw new Error(`the shell loop failed: ${stderr}`);
  });
  const spent = await readFile(join(stage.folder, helmCpu), 'utf8');
  await stage.run('/bin/sh', '-c', `seq 1 ${count} | ${each} uninstall shell-${round}-{} >/dev/null`);
  await settle();
  return { ...turn, serveCpu: null, helmCpu: rounded(childrenSeconds(spent), 1) };
}

async function throughHelmgate(count: number, round: Round): Promise<Turn> {
  const items = Array.from({ length: count }, (_, index) =>
    releaseManifest(`gate-${round}-${index + 1}`, '1.0.0', {
      timeout: '2m',
      chart: {
        spec: { chart: 'trio', version: '1.0.0', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
      },
    }),
  );
  const actionsBefore = (await actionRows()).length;
  const turn = await measure('helmgate', round, async () => {
    await stage.apply({ apiVersion: 'v1', kind: 'List', items });
    await stage.kubectl(
      'wait',
      '--for=condition=Ready',
      'helmreleases',
      '--all',
      `--timeout=${WAIT_SECONDS}s`,
    );
  });
  const childrenMs = (await actionRows()).slice(actionsBefore).map(({ durationMs }) => Number(durationMs));
  const busyMs = childrenMs.reduce((sum, ms) => sum + ms, 0);
  idle.push(await reconcileAgain(count, round));
  await stage.kubectl('delete', 'helmreleases', '--all', `--timeout=${WAIT_SECONDS}s`);
  await settle();
  const running = rounded(busyMs / 1000 / turn.seconds, 1);
  return { ...turn, running, childMs: Math.round(median(childrenMs)) };
}

async function measure(side: Turn['side'], round: Round, work: () => Promise<void>): Promise<Turn> {
  const { load } = machineFigures();
  const look = (): readonly number[] => {
    const serve = cpuTimeOf(servePid());
    const api = cpuTimeOf(stage.sandbox.pids['kube-apiserver']);
    return [serve.ownMs / 1000, serve.childrenMs / 1000, api.ownMs / 1000, machineFigures().busySeconds];
  };
  const before = look();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const [serveCpu = 0, helmCpu = 0, apiServerCpu = 0, machineCpu = 0] = look().map((now, index) =>
    rounded(now - (before[index] ?? 0), 1),
  );
  return { side, round, seconds: rounded(seconds, 1), serveCpu, helmCpu, apiServerCpu, machineCpu, load };
}

/** Asks for a reconciliation of each release, and waits until each has answered. */
async function reconcileAgain(count: number, round: Round): Promise<Idle> {
  // What an installation leaves to be looked at (pods, record events) must be over.
  await sleep(3_000);
  const token = `bench-${round}`;
  const actionsBefore = (await actionRows()).length;
  const before = cpuTimeOf(servePid());
  const started = performance.now();
  await stage.kubectl('annotate', 'helmreleases', '--all', `reconcile.fluxcd.io/requestedAt=${token}`);
  await stage.kubectl(
    ...['wait', `--for=jsonpath={.status.lastHandledReconcileAt}=${token}`, 'helmreleases', '--all'],
    `--timeout=${WAIT_SECONDS}s`,
  );
  const seconds = rounded((performance.now() - started) / 1000, 1);
  const after = cpuTimeOf(servePid());
  const children = (await actionRows()).length - actionsBefore;
  if (children !== 0 || after.childrenMs !== before.childrenMs) {
    throw new Error(`${children} helm children were started for releases that were in sync`);
  }
  return { seconds, serveCpuMsEach: rounded((after.ownMs - before.ownMs) / count, 1), children };
}

async function actionRows(): Promise<readonly Record<string, unknown>[]> {
  return (await stage.auditRows()).filter((row) => row.phase === 'action');
}

/** Garbage collection of one turn must not be paid for by the next. */
async function settle(): Promise<void> {
  await stage.until('the pods are gone', 300, async () => {
    const left = await stage.kubectl('get', 'pods', '-o', 'name');
    return left.trim() === '' ? true : undefined;
  });
  await sleep(2_000);
}

function servePid(): number {
  stage.serve.assertAlive();
  return stage.serve.pid ?? Number.NaN;
}

/** The second line of what the shell's `times` prints, `1m2.50s 0m3.25s`: user and system time of its children. */
function childrenSeconds(text: string): number {
  const [, line = ''] = text.split('\n');
  const times = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

function report(): void {
  const of = (side: Turn['side']): readonly number[] =>
    turns.filter((turn) => turn.side === side).map(({ seconds }) => seconds);
  // Of the processes that work for a side: hardly moved by what else the machine does, unlike the time that it takes.
  const cpu = (side: Turn['side']): number =>
    median(
      turns
        .filter((turn) => turn.side === side)
        .map(({ serveCpu, helmCpu, apiServerCpu }) => (serveCpu ?? 0) + helmCpu + apiServerCpu),
    );
  const perRound = Array.from({ length: rounds }, (_, round) => {
    const [a = Number.NaN, b = Number.NaN] = (['helmgate', 'helm'] as const).map(
      (side) => turns.find((turn) => turn.side === side && turn.round === round)?.seconds,
    );
    return rounded(a / b, 2);
  });
  const summary = {
    releases,
    ratioOfMedians: rounded(median(of('helmgate')) / median(of('helm')), 2),
    ratioOfBest: rounded(Math.min(...of('helmgate')) / Math.min(...of('helm')), 2),
    ratioByRound: perRound,
    cpuRatio: rounded(cpu('helmgate') / cpu('helm'), 2),
    serveRssMb: Math.round(rssMbOf(servePid()).now),
    serveRssPeakMb: Math.round(rssMbOf(servePid()).peak),
  };
  if (flags.output === 'json') {
    console.log(JSON.stringify({ ...summary, turns, reconciledAgain: idle }));
    return;
  }
  console.table(turns);
  console.log('reconciled again with nothing to do');
  console.table(idle);
  console.log(JSON.stringify(summary));
}
