import { createReadStream } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { findMismatch } from '../../core/chart/archive-check.ts';
import type { ChartMetadata } from '../../core/chart/chart-metadata.ts';
import { readRepositoryUrl, resolveChartUrl } from '../../core/chart/chart-url.ts';
import type {
  ChartRepositoryClient,
  FetchedChart,
  IndexEntry,
  RepositoryAccess,
  RepositoryIndex,
} from '../contract.ts';
import { BadArchiveError, inspectArchive } from './archive-inspect.ts';
import { limitBytes, TooManyBytesError } from './byte-limit.ts';
import { ChartError } from './chart-error.ts';
import { ChartStore } from './chart-store.ts';
import { type HttpFetchSettings, httpFetch } from './http-fetch.ts';
import { IndexCache, readRepositoryIndex } from './index-cache.ts';
import { fetchIndexBytes } from './index-fetch.ts';
import { CHART_LIMITS, type ChartLimits } from './limits.ts';
import { digestOf, TlsIdentities } from './tls-identity.ts';

export interface ChartClientOptions {
  /** Folder of our own for chart archives; made (0700) when missing. */
  readonly cacheDir: string;
  readonly userAgent: string;
  readonly limits?: Partial<ChartLimits>;
  /** Resolves host names; `dns.lookup` when absent. */
  readonly lookup?: LookupFunction;
  /**
   * `host` or `host:port` outside the public Internet that a repository may lead to by redirect or by a chart URL. A
   * repository's own origin never needs to be listed.
   */
  readonly trustedHosts?: readonly string[];
}

/** Charts whose inspection is remembered: they need no second look while their bytes hash to the same digest. */
const MAX_INSPECTED = 2_000;

const PULL_FAILURE = 'chart pull error: failed to download chart for remote reference';

/** Fetches indexes and charts over HTTP(S), bounded, and keeps both: index texts in memory, charts in `cacheDir`. */
export function createChartRepositoryClient(options: ChartClientOptions): ChartRepositoryClient {
  return new HttpChartRepositoryClient(options);
}

class HttpChartRepositoryClient implements ChartRepositoryClient {
  readonly #limits: ChartLimits;
  readonly #settings: HttpFetchSettings;
  readonly #indexes: IndexCache;
  readonly #store: ChartStore;
  readonly #inspected = new Map<string, ChartMetadata>();

  constructor(options: ChartClientOptions) {
    this.#limits = { ...CHART_LIMITS, ...options.limits };
    this.#settings = {
      userAgent: options.userAgent,
      identities: new TlsIdentities(),
      trustedHosts: new Set(options.trustedHosts ?? []),
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
    };
    this.#indexes = new IndexCache(this.#limits.maxIndexCacheBytes);
    this.#store = new ChartStore(options.cacheDir, this.#limits);
  }

  async fetchIndex(access: RepositoryAccess, signal: AbortSignal): Promise<RepositoryIndex> {
    signal.throwIfAborted();
    const repository = readHome(access);
    const key = digestOf([
      access.url,
      access.username,
      access.password,
      access.caPem,
      access.certPem,
      access.keyPem,
    ]);
    const known = this.#indexes.find(key);
    const answer = await fetchIndexBytes(
      this.#settings,
      access,
      repository,
      known,
      this.#limits.maxIndexBytes,
      signal,
    );
    if (answer.kind === 'fetched') {
      const index = readRepositoryIndex(answer.bytes, answer.digest);
      this.#indexes.put(key, { index, bytes: answer.bytes, validators: answer.validators });
      return index;
    }
    if (known === undefined)
      throw new ChartError('Failed', 'index unchanged from nothing', { retriable: true });
    this.#indexes.put(key, { ...known, validators: answer.validators });
    return known.index;
  }

  async fetchChart(access: RepositoryAccess, entry: IndexEntry, signal: AbortSignal): Promise<FetchedChart> {
    signal.throwIfAborted();
    const repository = readHome(access);
    const folder = digestOf([repository.href, access.username]).slice(0, 16);
    const kept = entry.digest === undefined ? undefined : await this.#findKept(folder, entry, entry.digest);
    return kept ?? (await this.#download(access, repository, folder, entry, signal));
  }

  async #findKept(folder: string, entry: IndexEntry, hex: string): Promise<FetchedChart | undefined> {
    if (!/^[0-9a-f]{64}$/.test(hex)) return undefined;
    const path = await this.#store.find(folder, hex);
    if (path === undefined) return undefined;
    const metadata = this.#inspected.get(hex) ?? (await this.#inspect(path, hex, entry));
    return pinned(path, hex, metadata, entry);
  }

  async #download(
    access: RepositoryAccess,
    repository: URL,
    folder: string,
    entry: IndexEntry,
    signal: AbortSignal,
  ): Promise<FetchedChart> {
    const received = await httpFetch(
      this.#settings,
      {
        access,
        url: readChartUrl(repository, entry),
        // A .tgz is taken as it lies there: some servers label it `Content-Encoding: gzip`.
        headers: { 'accept-encoding': 'identity' },
        failure: PULL_FAILURE,
        signal,
      },
      async (response) => {
        if (response.status !== 200)
          throw new ChartError('ChartPullError', `${PULL_FAILURE}: status ${response.status}`, {
            retriable: true,
          });
        const declared = Number(response.header('content-length') ?? 0);
        if (declared > this.#limits.maxChartBytes) throw new TooManyBytesError(this.#limits.maxChartBytes);
        return await this.#store.receive(limitBytes(response.body, this.#limits.maxChartBytes));
      },
    ).catch((error: unknown) => {
      throw asPullError(error);
    });
    try {
      if (entry.digest !== undefined && entry.digest !== received.hex)
        throw digestMismatch(entry, received.hex);
      const metadata = await this.#inspect(received.path, received.hex, entry);
      pinned(received.path, received.hex, metadata, entry);
      return pinned(await this.#store.keep(folder, received), received.hex, metadata, entry);
    } finally {
      await this.#store.discard(received.path);
    }
  }

  async #inspect(path: string, hex: string, entry: IndexEntry): Promise<ChartMetadata> {
    try {
      const metadata = await inspectArchive(createReadStream(path), this.#limits.archive);
      for (const oldest of this.#inspected.keys()) {
        if (this.#inspected.size < MAX_INSPECTED) break;
        this.#inspected.delete(oldest);
      }
      this.#inspected.set(hex, metadata);
      return metadata;
    } catch (error) {
      if (!(error instanceof BadArchiveError)) throw error;
      throw refuseChart(entry, error.message, error);
    }
  }
}

function readHome(access: RepositoryAccess): URL {
  const read = readRepositoryUrl(access.url);
  if (read.ok) return read.url;
  throw new ChartError('URLInvalid', `invalid Helm repository URL: ${read.message}`, { retriable: false });
}

/** The first URL alone counts, as in Flux (flux.md 1.7). */
function readChartUrl(repository: URL, entry: IndexEntry): URL {
  const [reference] = entry.urls;
  if (reference === undefined) throw refuseChart(entry, 'it has no downloadable URLs');
  const read = resolveChartUrl(repository, reference);
  if (read.ok) return read.url;
  throw refuseChart(entry, `its URL is not usable: ${read.message}`);
}

function pinned(path: string, hex: string, metadata: ChartMetadata, entry: IndexEntry): FetchedChart {
  const mismatch = findMismatch(metadata, entry.name, entry.version);
  if (mismatch !== undefined) throw refuseChart(entry, mismatch);
  return { path, digest: `sha256:${hex}`, ...metadata };
}

function digestMismatch(entry: IndexEntry, hex: string): ChartError {
  return new ChartError(
    'ChartDigestMismatch',
    `chart ${entry.name} ${entry.version} has digest sha256:${hex}, the index says ${JSON.stringify(entry.digest?.slice(0, 80))}: not used`,
    { retriable: false },
  );
}

function refuseChart(entry: IndexEntry, why: string, cause?: unknown): ChartError {
  return new ChartError('ChartPullError', `chart pull error: chart ${entry.name} ${entry.version}: ${why}`, {
    retriable: false,
    cause,
  });
}

/** Failures of the transport, which the fetcher words for sources, get the reason that HelmChart has for them. */
function asPullError(error: unknown): unknown {
  if (error instanceof TooManyBytesError) {
    return new ChartError('ChartPullError', `${PULL_FAILURE}: the chart has ${error.message}`, {
      retriable: false,
      cause: error,
    });
  }
  if (!(error instanceof ChartError) || error.reason !== 'Failed') return error;
  return new ChartError('ChartPullError', error.message, { retriable: error.retriable, cause: error });
}
