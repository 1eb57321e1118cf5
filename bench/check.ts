/**
 * `helmgate check` as a whole process, on one manifest and on a thousand, beside a process that only reads the same files and parses
 * their YAML. Usage: `node bench/check.ts [--json] [--rounds 5] [--manifests 1000] [--policies policies/baseline]`.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpuTimeOf, machineFigures, median, rounded } from './process-figures.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    manifests: { type: 'string', default: '1000' },
    policies: { type: 'string', default: fileURLToPath(new URL('../policies/baseline', import.meta.url)) },
    parse: { type: 'string' },
  },
});

const HELMGATE = fileURLToPath(new URL('../bin/helmgate.js', import.meta.url));

/** One process: wall time from its start to its end, CPU of it and its children, and how many objects it saw. */
interface Run {
  readonly side: 'parse' | 'check';
  readonly manifests: number;
  readonly round: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly objects: number;
  readonly load: number;
}

if (values.parse === undefined) await compare(Number(values.rounds), [1, Number(values.manifests)]);
else await parseOnly(values.parse);

async function compare(rounds: number, sizes: readonly number[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-check-'));
  const runs: Run[] = [];
  try {
    for (const size of sizes) {
      const manifests = join(folder, String(size));
      await writeManifests(manifests, size);
      // The first round fills the caches of compiled code and of files.
      for (let round = -1; round < rounds; round += 1) {
        const sides = round % 2 === 0 ? (['parse', 'check'] as const) : (['check', 'parse'] as const);
        for (const side of sides) {
          const run = await runSide(side, manifests, size, round);
          if (round >= 0) runs.push(run);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  if (values.json) console.log(JSON.stringify({ runs }));
  else console.table(sizes.flatMap((size) => rowsOf(runs.filter(({ manifests }) => manifests === size))));
  if (runs.length === 0 || runs.some(({ objects, manifests }) => objects !== manifests)) process.exitCode = 1;
}

async function runSide(side: Run['side'], folder: string, manifests: number, round: number): Promise<Run> {
  const args =
    side === 'parse'
      ? [import.meta.filename, '--parse', folder]
      : [HELMGATE, 'check', '--policies', resolve(values.policies), '-o', 'json', folder];
  const before = cpuTimeOf(process.pid).childrenMs;
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise((done) => child.on('close', done));
  const { objects } = JSON.parse(await text(child.stdout)) as {
    readonly objects: readonly unknown[] | number;
  };
  await closed;
  const ms = performance.now() - started;
  return {
    side,
    manifests,
    round,
    ms: rounded(ms, 0),
    cpuMs: cpuTimeOf(process.pid).childrenMs - before,
    objects: typeof objects === 'number' ? objects : objects.length,
    load: machineFigures().load,
  };
}

function rowsOf(runs: readonly Run[]): readonly object[] {
  const middle = (side: Run['side'], figure: 'ms' | 'cpuMs') =>
    median(runs.filter((run) => run.side === side).map((run) => run[figure]));
  return (['parse', 'check'] as const).map((side) => ({
    side,
    manifests: runs[0]?.manifests,
    ms: rounded(middle(side, 'ms'), 0),
    cpuMs: rounded(middle(side, 'cpuMs'), 0),
    ratio: rounded(middle(side, 'cpuMs') / middle('parse', 'cpuMs'), 1),
    load: rounded(median(runs.map(({ load }) => load)), 1),
  }));
}

/** The baseline: what any program does that looks at the files. */
async function parseOnly(folder: string): Promise<void> {
  const { parseAllDocuments } = await import('yaml');
  let objects = 0;
  for (const file of await readdir(folder)) {
    const documents = parseAllDocuments(await readFile(join(folder, file), 'utf8'));
    if (!Array.isArray(documents)) continue;
    for (const document of documents) if (document.toJS() !== null) objects += 1;
  }
  console.log(JSON.stringify({ objects }));
}

/** HelmReleases of some 1 KB, one in a file, with a HelmRepository in each tenth. */
async function writeManifests(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let number = 0; number < count; number += 1) {
    await writeFile(
      join(folder, `app-${number}.yaml`),
      number % 10 === 1 ? repository(number) : release(number),
    );
  }
}

function repository(number: number): string {
  return `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: charts-${number % 50}
  namespace: team-${number % 50}
spec:
  interval: 10m
  url: https://flagger.app
`;
}

function release(number: number): string {
  return `# Owned by team ${number % 50}
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app-${number}
  namespace: team-${number % 50}
  labels:
    app.kubernetes.io/name: app-${number}
    app.kubernetes.io/part-of: shop
spec:
  interval: 10m
  chart:
    spec:
      chart: flagger
      version: ">=1.28.0 <2.0.0" # moved up by a bot
      sourceRef: {kind: HelmRepository, name: charts-1, namespace: team-1}
  install:
    remediation:
      retries: 3
  upgrade:
    remediation:
      retries: 3
      remediateLastFailure: true
  values:
    replicaCount: 2
    image: {repository: ghcr.io/acme/app, tag: 1.2.${number}}
    resources:
      requests: {cpu: 100m, memory: 128Mi}
      limits: {cpu: 500m, memory: 256Mi}
    env:
    - name: LOG_LEVEL
      value: info
    - name: REGION
      value: eu-${number % 3}
    ingress:
      enabled: true
      hosts:
      - host: app-${number}.example.com
        paths: [{path: /, pathType: Prefix}]
`;
}
