/**
 * A HelmRelease created with `dryRun=All` through a real API server: without a webhook, through a webhook pair that only
 * says yes, and through Helmgate's pair with the three rules that change and judge this very object.
 *
 * All sides run against one API server in one run and take turns: each has a namespace, and its webhook configurations select
 * that namespace. Requests are made by a pool of TLS connections in this process. Fails unless every request through
 * Helmgate was judged twice (mutating, validating) by every rule.
 *
 * `node bench/admission.ts [--rounds 4] [--seconds 4] [--policies 1] [-o json]`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Agent, Pool } from 'undici';
import type { JsonObject } from '../src/core/json/json.ts';
import { runProgram } from '../src/demo/run-program.ts';
import { ServeProcess } from '../src/demo/serve-process.ts';
import { makeAuthority, makeLeaf } from '../src/io/tls/authority.ts';
import { buildRegistrations } from '../src/runtime/webhook/registration.ts';
import { findFreePort } from '../src/sandbox/free-port.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/start-sandbox.ts';
import { repositoryManifest, root } from '../test/e2e/stage.ts';
import { type Judged, judgedProblems, readJudged } from './judged.ts';
import { cpuTimeOf, machineFigures, median, quantile, rounded, rssMbOf } from './process-figures.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '4' },
    policies: { type: 'string', default: '1' },
    output: { type: 'string', short: 'o', default: 'table' },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const policies = Number(flags.policies);

const SIDES = ['none', 'bare', 'helmgate'] as const;
type Side = (typeof SIDES)[number];
const CLIENTS = [1, 16] as const;
const RULES = ['sources', 'versions', 'remediation'];
/** Requests of each side before anything is measured: connections, compiled code, caches. */
const WARM_UP = 600;
const REPOSITORY = 'https://flagger.app';

/** What one side measured in one turn. */
interface Turn {
  readonly side: Side;
  readonly clients: number;
  readonly round: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** CPU of the webhook's process and of the API server, in ms a request. */
  readonly webhookCpuMs: number | null;
  readonly apiServerCpuMs: number;
  readonly webhookRssMb: number | null;
  /** CPU seconds that others than API server, etcd, webhook and this process used, by second: what disturbed the turn. */
  readonly othersCpu: number;
}

await using sandbox = await startSandbox({ env: process.env });
const folder = join(sandbox.dir, 'bench');
await mkdir(join(folder, 'policies'), { recursive: true });
for (let index = 0; index < policies; index += 1) {
  await writeFile(join(folder, 'policies', `policy-${index}.yaml`), policyText(index));
}
await kubectl('apply', '--server-side', '-f', join(root, 'charts', 'helmgate', 'crds'));
await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
for (const side of SIDES) {
  await kubectl('create', 'namespace', side);
  await kubectl('label', 'namespace', side, `bench=${side}`);
  const repository = { ...repositoryManifest('flagger', REPOSITORY) } as { metadata: object };
  await apply({ ...repository, metadata: { name: 'flagger', namespace: side } });
}

const authority = await makeAuthority({ now: new Date() });
const leaf = await makeLeaf(authority, {
  dnsNames: ['localhost'],
  ipAddresses: ['127.0.0.1'],
  now: new Date(),
});
const pair = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), ca: join(folder, 'ca.crt') };
await writeFile(pair.cert, leaf.certPem);
await writeFile(pair.key, leaf.keyPem, { mode: 0o600 });
await writeFile(pair.ca, authority.certPem);

const ports = { bare: await findFreePort(), helmgate: await findFreePort() };
const bare = await startBare(ports.bare);
const serve = new ServeProcess(
  [
    ...['--policies', join(folder, 'policies'), '--audit-log', join(folder, 'audit.jsonl')],
    ...['--state-dir', join(folder, 'state'), '--no-loop', '--drain-quiet', '0s'],
    ...['--port', String(ports.helmgate)],
    ...['--tls-cert', pair.cert, '--tls-key', pair.key, '--tls-ca', pair.ca],
  ],
  { bin: join(root, 'bin', 'helmgate.js'), cwd: folder, env: { ...process.env, ...sandbox.env } },
);
const scraper = new Agent({ connect: { ca: authority.certPem } });
const pool = new Pool(sandbox.url, {
  connections: Math.max(...CLIENTS),
  pipelining: 1,
  connect: {
    ca: await readFile(sandbox.caCertificate, 'utf8'),
    cert: await readFile(sandbox.clientCertificate, 'utf8'),
    key: await readFile(sandbox.clientKey, 'utf8'),
  },
});
try {
  while (!serve.ready) {
    serve.assertAlive();
    await sleep(50);
  }
  await register('bare', ports.bare);
  await register('helmgate', ports.helmgate);
  await untilHeeded();
  await report(await measureAll());
} finally {
  await pool.close();
  await scraper.close();
  bare.kill();
  await serve.stop();
}

async function measureAll(): Promise<readonly Turn[]> {
  for (const side of SIDES) await drive(side, 16, (done) => done < WARM_UP);
  const turns: Turn[] = [];
  const before = await judged();
  let sent = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const clients of CLIENTS) {
      // Another side begins in each round, so that none always follows the same one.
      for (let index = 0; index < SIDES.length; index += 1) {
        const side = SIDES[(index + round) % SIDES.length] ?? 'none';
        const turn = await measure(side, clients, round);
        if (side === 'helmgate') sent += turn.requests;
        turns.push(turn);
      }
    }
  }
  const rules = Array.from({ length: policies }, (_, index) => RULES.map((rule) => `bench-${index}/${rule}`));
  const problems = judgedProblems(before, await judged(), sent, rules.flat());
  if (problems.length > 0) throw new Error(problems.join('; '));
  return turns;
}

async function measure(side: Side, clients: number, round: number): Promise<Turn> {
  const webhook = side === 'none' ? undefined : side === 'bare' ? bare.pid : serve.pid;
  const api = sandbox.pids['kube-apiserver'];
  const cpu = (): readonly number[] => [
    webhook === undefined ? 0 : cpuTimeOf(webhook).ownMs,
    cpuTimeOf(api).ownMs,
    cpuTimeOf(sandbox.pids.etcd).ownMs + cpuTimeOf(process.pid).ownMs,
    machineFigures().busySeconds * 1000,
  ];
  const before = cpu();
  const started = performance.now();
  const times = await drive(side, clients, () => performance.now() - started < seconds * 1000);
  const elapsedMs = performance.now() - started;
  const [ofWebhook = 0, ofApi = 0, ofRest = 0, ofAll = 0] = cpu().map((now, i) => now - (before[i] ?? 0));
  return {
    side,
    clients,
    round,
    requests: times.length,
    p50Ms: rounded(quantile(times, 0.5), 2),
    p99Ms: rounded(quantile(times, 0.99), 2),
    perSecond: Math.round((times.length * 1000) / elapsedMs),
    webhookCpuMs: webhook === undefined ? null : rounded(ofWebhook / times.length, 3),
    apiServerCpuMs: rounded(ofApi / times.length, 3),
    webhookRssMb: webhook === undefined ? null : Math.round(rssMbOf(webhook).now),
    othersCpu: rounded((ofAll - ofWebhook - ofApi - ofRest) / elapsedMs, 2),
  };
}

/** Keeps `clients` requests in flight while `goesOn`; answers the times of all of them in ms. */
async function drive(
  side: Side,
  clients: number,
  goesOn: (done: number) => boolean,
): Promise<readonly number[]> {
  const times: number[] = [];
  const path = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${side}/helmreleases?dryRun=All`;
  const body = JSON.stringify(release(side));
  const client = async (): Promise<void> => {
    while (goesOn(times.length)) {
      const started = performance.now();
      const answer = await pool.request({
        path,
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
      });
      const text = await answer.body.text();
      times.push(performance.now() - started);
      if (answer.statusCode !== 201) throw new Error(`${side}: ${answer.statusCode} ${text}`);
      if (side === 'helmgate' && !isChanged(text)) throw new Error(`not mutated: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return times;
}

function release(namespace: string): object {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'flagger', namespace },
    spec: {
      interval: '10m',
      chart: {
        spec: { chart: 'flagger', version: '*', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
      },
      values: {
        replicaCount: 2,
        resources: { limits: { memory: '512Mi', cpu: '1' } },
        podLabels: { team: 'web' },
      },
    },
  };
}

/** Whether the range was narrowed and the defaults were filled in. */
function isChanged(text: string): boolean {
  const { spec } = JSON.parse(text);
  return spec.chart.spec.version !== '*' && spec.upgrade?.remediation?.retries === 2;
}

function policyText(index: number): string {
  return `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: bench-${index}}
spec:
  rules:
  - id: sources
    allowedSources:
    - {url: ${REPOSITORY}}
  - id: versions
    chartVersion:
      charts: [{name: flagger}]
      within: ">=1.28.0 <2.0.0"
      wider: Narrow
  - id: remediation
    defaults:
      HelmRelease:
        spec.upgrade.remediation: {retries: 2, remediateLastFailure: true, strategy: rollback}
`;
}

/** Both configurations of one side, for its namespace only. */
async function register(side: 'bare' | 'helmgate', port: number): Promise<void> {
  const { mutating, validating } = buildRegistrations({
    name: `bench-${side}`,
    reach: { url: `https://127.0.0.1:${port}` },
    caBundlePem: authority.certPem,
    validatingFailure: 'Fail',
  });
  for (const configuration of [mutating, validating]) {
    const webhooks = (configuration['webhooks'] as readonly JsonObject[]).map((webhook) => ({
      ...webhook,
      failurePolicy: 'Fail',
      namespaceSelector: { matchLabels: { bench: side } },
    }));
    await apply({ ...configuration, webhooks });
  }
}

/** The API server takes about a second to heed new configurations. */
async function untilHeeded(): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const before = (await judged()).requests;
    const text = await postOnce('helmgate');
    if (isChanged(text) && (await judged()).requests === before + 2) {
      await sleep(1_000);
      return;
    }
    await sleep(100);
  }
  throw new Error('the API server does not call the webhooks');
}

async function postOnce(side: Side): Promise<string> {
  const answer = await pool.request({
    path: `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${side}/helmreleases?dryRun=All`,
    method: 'POST',
    body: JSON.stringify(release(side)),
    headers: { 'content-type': 'application/json' },
  });
  return await answer.body.text();
}

function judged(): Promise<Judged> {
  return readJudged(`https://127.0.0.1:${ports.helmgate}/metrics`, scraper);
}

async function report(turns: readonly Turn[]): Promise<void> {
  const rows = CLIENTS.flatMap((clients) =>
    SIDES.map((side) => {
      const own = turns.filter((turn) => turn.side === side && turn.clients === clients);
      const middle = (read: (turn: Turn) => number | null): number | null => {
        const list = own.map(read).filter((value) => value !== null);
        return list.length === 0 ? null : rounded(median(list), 3);
      };
      return {
        side,
        clients,
        requests: own.reduce((sum, turn) => sum + turn.requests, 0),
        p50Ms: middle((turn) => turn.p50Ms),
        p99Ms: middle((turn) => turn.p99Ms),
        perSecond: middle((turn) => turn.perSecond),
        webhookCpuMs: middle((turn) => turn.webhookCpuMs),
        apiServerCpuMs: middle((turn) => turn.apiServerCpuMs),
        webhookRssMb: middle((turn) => turn.webhookRssMb),
        othersCpu: middle((turn) => turn.othersCpu),
      };
    }),
  );
  const peak = serve.pid === undefined ? null : Math.round(rssMbOf(serve.pid).peak);
  if (flags.output === 'json') {
    console.log(
      JSON.stringify({
        rounds,
        seconds,
        rules: policies * RULES.length,
        helmgatePeakRssMb: peak,
        rows,
        turns,
      }),
    );
    return;
  }
  console.log(
    `${rounds} rounds of ${seconds} s for each side, ${policies * RULES.length} rules; medians of the rounds`,
  );
  console.table(rows);
  console.log(`helmgate's process had ${peak} MB at most; every request was judged twice by every rule`);
}

async function startBare(port: number): Promise<ChildProcess & { readonly pid: number }> {
  const script = join(root, 'bench', 'bare-webhook.ts');
  const child = spawn(process.execPath, [script, pair.cert, pair.key, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('the bare webhook did not start');
  return child as ChildProcess & { readonly pid: number };
}

async function kubectl(...args: readonly string[]): Promise<void> {
  await runKubectl(sandbox, args, '');
}

async function apply(manifest: object): Promise<void> {
  await runKubectl(sandbox, ['apply', '-f', '-'], JSON.stringify(manifest));
}

async function runKubectl({ binaries, env }: Sandbox, args: readonly string[], input: string): Promise<void> {
  const { exitCode, stderr } = await runProgram(binaries.kubectl, args, {
    cwd: folder,
    env,
    signal: new AbortController().signal,
    input,
  });
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
}
