/**
 * From the bytes of a large index.yaml to the versions of one chart: the scan beside a full parse by the YAML library.
 *
 * Each side runs in a child process of its own, so that resident memory is its own. Usage:
 * `node bench/index.ts [--json] [--megabytes 33] [--without-baseline]`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

/** What one side measured; times in ms, memory in MB above the process before the fetch. */
interface Figures {
  readonly side: string;
  readonly fetchedMs: number;
  readonly resolvedMs: number;
  readonly againMs: number;
  readonly peakRssMb: number;
  readonly heldRssMb: number;
  readonly versions: number;
}

const CHART = 'chart-077';
const CHARTS = 150;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    megabytes: { type: 'string', default: '33' },
    'without-baseline': { type: 'boolean', default: false },
    side: { type: 'string' },
    url: { type: 'string' },
  },
});

if (values.side !== undefined) {
  console.log(JSON.stringify(await measure(values.side, values.url ?? '')));
} else {
  await compare(Number(values.megabytes));
}

async function compare(megabytes: number): Promise<void> {
  const index = makeIndex(megabytes * 1e6);
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': index.byteLength }).end(index);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const rows = [await runSide('scan', url)];
    if (!values['without-baseline']) rows.push(await runSide('yaml', url));
    if (values.json) console.log(JSON.stringify({ bytes: index.byteLength, rows }));
    else console.table(rows);
    if (rows.some(({ versions }) => versions === 0 || versions !== rows[0]?.versions)) process.exitCode = 1;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function runSide(side: string, url: string): Promise<Figures> {
  const args = ['--max-old-space-size=3000', import.meta.filename, '--side', side, '--url', url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await readText(child.stdout)) as Figures;
}

async function measure(side: string, url: string): Promise<Figures> {
  const read = side === 'scan' ? await scanSide(url) : await yamlSide(url);
  const before = process.memoryUsage.rss();
  const started = performance.now();
  await read.fetch();
  const fetched = performance.now();
  const versions = read.resolve();
  const resolved = performance.now();
  await read.fetch();
  read.resolve();
  const again = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    side,
    fetchedMs: Math.round(fetched - started),
    resolvedMs: Math.round(resolved - fetched),
    againMs: Math.round(again - resolved),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1000 - before / 1e6),
    heldRssMb: Math.round((process.memoryUsage.rss() - before) / 1e6),
    versions,
  };
}

interface Side {
  readonly fetch: () => Promise<void>;
  readonly resolve: () => number;
}

async function scanSide(url: string): Promise<Side> {
  const { createChartRepositoryClient } = await import('../src/io/chart/client.ts');
  const cacheDir = await mkdtemp(join(tmpdir(), 'bench-index-'));
  const client = createChartRepositoryClient({ cacheDir, userAgent: 'bench' });
  await rm(cacheDir, { recursive: true });
  const access = { url, timeoutMs: 60_000, passCredentials: false };
  let entries: (chart: string) => readonly unknown[] = () => [];
  return {
    async fetch() {
      const index = await client.fetchIndex(access, new AbortController().signal);
      entries = (chart) => index.entries(chart);
    },
    resolve: () => entries(CHART).length,
  };
}

async function yamlSide(url: string): Promise<Side> {
  const { parse } = await import('yaml');
  let text = '';
  return {
    async fetch() {
      const response = await fetch(`${url}/index.yaml`);
      const body = await response.text();
      // The second time nothing has changed, and the baseline is spared its second parse.
      text = body === text ? '' : body;
    },
    resolve() {
      if (text === '') return 0;
      const index = parse(text, { maxAliasCount: 0 }) as { entries: Record<string, readonly unknown[]> };
      return index.entries[CHART]?.length ?? 0;
    },
  };
}

/** An index as `helm repo index` writes it: sorted keys, annotations and dependencies, one chart after the other. */
function makeIndex(bytes: number): Buffer {
  const versionText = makeVersion('chart-000', 0);
  const perChart = Math.ceil(bytes / CHARTS / versionText.length);
  const parts = ['apiVersion: v1\nentries:\n'];
  for (let chart = 0; chart < CHARTS; chart += 1) {
    const name = `chart-${String(chart).padStart(3, '0')}`;
    parts.push(`  ${name}:\n`);
    for (let version = 0; version < perChart; version += 1) parts.push(makeVersion(name, version));
  }
  parts.push('generated: "2026-01-01T00:00:00.000000000Z"\n');
  return Buffer.from(parts.join(''));
}

function makeVersion(name: string, number: number): string {
  const version = `${Math.floor(number / 100)}.${Math.floor(number / 10) % 10}.${number % 10}`;
  const images = Array.from(
    { length: 4 },
    (_, n) => `        - name: part-${n}\n          image: registry.example/${name}/part-${n}:${version}\n`,
  );
  return [
    `  - annotations:\n      category: Infrastructure\n      images: |\n${images.join('')}      licenses: Apache-2.0\n`,
    `    apiVersion: v2\n    appVersion: ${version}\n    created: "2025-01-01T00:00:00.000000000Z"\n`,
    `    dependencies:\n    - name: common\n      repository: oci://registry.example/charts\n      tags:\n      - common\n      version: 2.x.x\n`,
    `    description: "A chart: it deploys ${name} and what ${name} needs, on any cluster."\n`,
    `    digest: ${String(number).padStart(8, 'a').repeat(8)}\n    home: https://example.com/${name}\n    icon: https://example.com/${name}.svg\n`,
    `    keywords:\n    - ${name}\n    - database\n    - cluster\n    maintainers:\n    - name: Example\n      url: https://example.com/charts\n`,
    `    name: ${name}\n    sources:\n    - https://example.com/charts/tree/main/${name}\n    urls:\n    - https://example.com/charts/${name}-${version}.tgz\n    version: ${version}\n`,
  ].join('');
}
