import { execFile } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';

export interface ChartRepositoryOptions {
  /** Folder of index.yaml and the packages; files may appear and change while it is served. */
  readonly dir: string;
  /** When given, requests without these credentials get 401. */
  readonly basicAuth?: { readonly username: string; readonly password: string };
  /** When given, it speaks HTTPS. PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** A free port without it. */
  readonly port?: number;
}

/** A chart repository on loopback. */
export interface ChartRepository extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Requests so far, refused ones included; of one path (`/index.yaml`) when given. */
  requestCount(path?: string): number;
  /** Closes open connections too. */
  close(): Promise<void>;
}

/** Serves a folder to GET and HEAD. Only plain file names below the folder are answered. */
export async function serveChartRepository(options: ChartRepositoryOptions): Promise<ChartRepository> {
  const counts = new Map<string, number>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    counts.set(path, (counts.get(path) ?? 0) + 1);
    void answerRequest(options, path, request, response);
  };
  const server =
    options.tls === undefined ? createHttpServer(answer) : createHttpsServer(options.tls, answer);
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(options.port ?? 0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((closed) => {
      server.close(() => closed());
    });
  };
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requestCount(path) {
      if (path !== undefined) return counts.get(path) ?? 0;
      return [...counts.values()].reduce((sum, count) => sum + count, 0);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function answerRequest(
  options: ChartRepositoryOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${text}\n`);
  };
  if (!isAuthorized(request.headers.authorization, options.basicAuth)) {
    refuse(401, 'credentials wanted', { 'www-authenticate': 'Basic realm="charts"' });
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(405, 'only GET and HEAD', { allow: 'GET, HEAD' });
    return;
  }
  const file = findServedFile(options.dir, path);
  const size = file === undefined ? undefined : await findFileSize(file);
  if (file === undefined || size === undefined) {
    refuse(404, 'no such file');
    return;
  }
  const type = file.endsWith('.yaml') ? 'application/yaml' : 'application/gzip';
  response.writeHead(200, { 'content-type': type, 'content-length': size });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

function isAuthorized(header: string | undefined, wanted: ChartRepositoryOptions['basicAuth']): boolean {
  if (wanted === undefined) return true;
  const expected = Buffer.from(
    `Basic ${Buffer.from(`${wanted.username}:${wanted.password}`, 'utf8').toString('base64')}`,
  );
  const given = Buffer.from(header ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function findServedFile(dir: string, path: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0')) return undefined;
  const root = resolve(dir);
  const file = resolve(root, `.${decoded}`);
  return file.startsWith(root + sep) ? file : undefined;
}

async function findFileSize(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

const run = promisify(execFile);
/** Packaging and indexing take a tenth of a second; a minute is for a machine that does nothing else well. */
const helmTimeoutMs = 60_000;

export interface PackageChartOptions {
  /** Path of the helm binary. */
  readonly helm: string;
  readonly chartDir: string;
  readonly version: string;
  /** The chart's version without it. */
  readonly appVersion?: string;
  readonly outDir: string;
}

/** Runs `helm package` and answers the path of the .tgz. The folder is made when missing. */
export async function packageChart(options: PackageChartOptions): Promise<string> {
  await mkdir(options.outDir, { recursive: true });
  const { stdout } = await run(
    options.helm,
    [
      'package',
      options.chartDir,
      `--version=${options.version}`,
      `--app-version=${options.appVersion ?? options.version}`,
      `--destination=${options.outDir}`,
    ],
    { timeout: helmTimeoutMs },
  );
  const path = /saved it to: (.+)$/m.exec(stdout)?.[1];
  if (path === undefined) throw new Error(`helm package did not say where the package is: ${stdout}`);
  return path.trim();
}

/** Runs `helm repo index` over the folder; `url` stands before each package's name. Answers the path of index.yaml. */
export async function indexRepository(helm: string, dir: string, url: string): Promise<string> {
  await run(helm, ['repo', 'index', dir, `--url=${url}`], { timeout: helmTimeoutMs });
  return join(dir, 'index.yaml');
}
