/**
 * A candidate policy over a log of 100,000 decisions: `helmgate replay` as a whole process, beside a pass that only reads and parses the
 * same rows. The log is written by the webhook's own judging first. Usage:
 * `node bench/replay.ts [--json] [--rows 100000] [--objects 5000]`; `--objects` is how many different objects there are.
 */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { JsonObject } from '../src/core/json/json.ts';
import { parseJson } from '../src/core/json/parse.ts';
import { readRows } from '../src/io/auditlog/read-rows.ts';
import { recordLog } from '../test/cli/recorded-log.ts';
import { rounded, rssMbOf } from './process-figures.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rows: { type: 'string', default: '100000' },
    objects: { type: 'string', default: '5000' },
    parse: { type: 'string' },
  },
});

if (values.parse === undefined) await compare(Number(values.rows), Number(values.objects));
else await parseOnly(values.parse);

function policy(within: string): string {
  return `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: bench}
spec:
  rules:
  - {id: versions, chartVersion: {within: "${within}"}}
  - {id: retries, defaults: {HelmRelease: {spec.upgrade.remediation.retries: 3}}}
  - {id: sources, allowedSources: [{url: https://charts.example.com}]}
`;
}

/** HelmReleases of some 2 KB; every tenth one is denied. */
function release(number: number): JsonObject {
  const sourceRef = { kind: 'HelmRepository', name: 'charts' };
  const version = number % 10 === 0 ? '3.0.0' : '>=1.0.0 <2.0.0';
  const values = Object.fromEntries(
    Array.from({ length: 30 }, (_item, index) => [
      `key${index}`,
      { text: `value ${index} of ${number}`, on: true },
    ]),
  );
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: `release-${number}`, namespace: `team-${number % 50}` },
    spec: { interval: '5m', values, chart: { spec: { chart: 'app', version, sourceRef } } },
  };
}

async function compare(rows: number, objects: number): Promise<void> {
  const repository: JsonObject = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    spec: { url: 'https://charts.example.com' },
  };
  const cluster = Object.fromEntries(
    Array.from({ length: 50 }, (_item, index) => [`HelmRepository/team-${index}/charts`, repository]),
  );
  // Each request leaves a row at either endpoint.
  const requests = Array.from({ length: rows / 2 }, (_item, index) => ({ object: release(index % objects) }));
  await using log = await recordLog(policy('<3.0.0'), requests, cluster);
  const candidate = join(log.folder, 'candidate');
  await mkdir(candidate);
  await writeFile(join(candidate, 'policy.yaml'), policy('>=1.5.0'));
  const main = JSON.stringify(new URL('../src/main.ts', import.meta.url).href);
  const run = ['--input-type=module', '-e', `(await import(${main})).main(process.argv.slice(1))`];
  const self = fileURLToPath(import.meta.url);
  const sides = [
    await measure('helmgate replay', [...run, 'replay', '-p', candidate, '--audit', log.audit, '-o', 'json']),
    await measure('read and parse the rows', [self, '--parse', log.audit]),
  ];
  if (values.json) console.log(JSON.stringify({ rows, objects, sides }));
  else console.table(sides);
}

async function measure(side: string, args: readonly string[]): Promise<object> {
  const started = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let peakRssMb = 0;
  const timer = setInterval(() => {
    try {
      const { peak } = rssMbOf(child.pid ?? 0);
      // None where it has just ended.
      if (peak > peakRssMb) peakRssMb = peak;
    } catch {
      // It has gone.
    }
  }, 20);
  const stdout = await text(child.stdout);
  clearInterval(timer);
  const seconds = rounded((performance.now() - started) / 1000, 2);
  const { replayed, newlyDenied, newlyAllowed } = JSON.parse(stdout) as {
    readonly replayed?: number;
    readonly newlyDenied?: number;
    readonly newlyAllowed?: number;
  };
  return { side, seconds, peakRssMb: Math.round(peakRssMb), replayed, newlyDenied, newlyAllowed };
}

async function parseOnly(path: string): Promise<void> {
  let rows = 0;
  for await (const line of readRows(path, { signal: new AbortController().signal })) {
    if (parseJson(line.text).ok) rows += 1;
  }
  console.log(JSON.stringify({ rows }));
}
