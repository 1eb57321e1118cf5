/**
 * Releases from nothing to Ready: Helmgate's loop against `helm install --wait=watcher` run four at a time by a shell
 * loop on the same packaged chart, both on the same API server in one run, taking turns.
 *
 * `node bench/releases.ts [RELEASES] [ROUNDS]`; 50 releases and 2 rounds without arguments.
 */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { indexRepository, packageChart } from '../src/sandbox/chart-repository.ts';
import {
  conditionOf,
  openPolicy,
  releaseManifest,
  repositoryManifest,
  root,
  type Stage,
  startStage,
} from '../test/e2e/stage.ts';

const releases = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 2);
const AT_A_TIME = 4;

await using stage = await startStage({ policies: (url) => ({ 'policy.yaml': openPolicy(url) }) });
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
await stage.apply(repositoryManifest('flagger', stage.shelf.url));

const baseline: number[] = [];
const ours: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  baseline.push(await shellLoop(stage, round));
  ours.push(await throughHelmgate(stage, round));
}
const best = (list: readonly number[]): number => Math.min(...list);
console.log(
  JSON.stringify({
    releases,
    helmInstallFourAtATimeSeconds: baseline,
    helmgateSeconds: ours,
    ratioOfBest: Number((best(ours) / best(baseline)).toFixed(2)),
  }),
);

async function shellLoop(on: Stage, round: number): Promise<number> {
  const script = `seq 1 ${releases} | xargs -P ${AT_A_TIME} -I{} ${helm} install shell-${round}-{} ${chart} --wait=watcher >/dev/null`;
  const started = performance.now();
  const { exitCode, stderr } = await on.run('/bin/sh', '-c', script);
  const seconds = (performance.now() - started) / 1000;
  if (exitCode !== 0) throw new Error(`the shell loop failed: ${stderr}`);
  await on.run(
    '/bin/sh',
    '-c',
    `seq 1 ${releases} | xargs -P ${AT_A_TIME} -I{} ${helm} uninstall shell-${round}-{} >/dev/null`,
  );
  await settle();
  return seconds;
}

async function throughHelmgate(on: Stage, round: number): Promise<number> {
  const names = Array.from({ length: releases }, (_, index) => `gate-${round}-${index + 1}`);
  const items = names.map((name) =>
    releaseManifest(name, '1.0.0', {
      timeout: '1m',
      chart: {
        spec: { chart: 'trio', version: '1.0.0', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
      },
    }),
  );
  const started = performance.now();
  await on.apply({ apiVersion: 'v1', kind: 'List', items });
  await on.until('all are Ready', 300, async () => {
    const list = JSON.parse(await on.kubectl('get', 'helmreleases', '-o', 'json'));
    const ready = list.items.filter((item: object) => conditionOf(item, 'Ready')?.status === 'True');
    return ready.length === releases ? true : undefined;
  });
  const seconds = (performance.now() - started) / 1000;
  await on.kubectl('delete', 'helmreleases', '--all', '--timeout=300s');
  await settle();
  return seconds;
}

/** Garbage collection of one round must not be paid for by the next. */
async function settle(): Promise<void> {
  await stage.until('the pods are gone', 120, async () => {
    const left = await stage.kubectl('get', 'pods', '-o', 'name');
    return left.trim() === '' ? true : undefined;
  });
  await sleep(1_000);
}
