import { STATUS_CODES } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { displayUrl, isDowngrade, readRepositoryUrl } from '../../core/chart/chart-url.ts';
import type { RepositoryAccess } from '../contract.ts';
import { TooManyBytesError } from './byte-limit.ts';
import { ChartError } from './chart-error.ts';
import { isPublicAddress, NOT_PUBLIC, publicLookup } from './public-address.ts';
import type { TlsIdentities } from './tls-identity.ts';

/** Go's default is 10; repositories that redirect to object storage need one or two. */
const MAX_REDIRECTS = 5;

/** Node's own default. */
const MAX_HEADER_BYTES = 16 * 1024;

export interface FetchOptions {
  readonly access: RepositoryAccess;
  readonly url: URL;
  /** Sent to every hop; never credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the error messages start with, as Flux words it. */
  readonly failure: string;
  readonly signal: AbortSignal;
}

/** An answer with status 200 or 304. */
export interface FetchedResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Buffer>;
}

export interface HttpFetchSettings {
  readonly userAgent: string;
  readonly identities: TlsIdentities;
  readonly lookup?: LookupFunction;
  /** `host` or `host:port` that repositories may lead to although their addresses are not public. */
  readonly trustedHosts: ReadonlySet<string>;
}

/**
 * One GET, redirects followed, under the repository's own timeout; `consume` reads the body within it.
 *
 * The repository's own origin was configured and admitted, so it may be anywhere, loopback included. Everything that a
 * repository *leads to* (redirects, and chart URLs on another origin) must be a public address, checked
 * on the address that is connected to, or be named in `trustedHosts`; and https never goes on to http. Credentials and
 * client certificates go to the repository's own origin; to the first host of a chart URL elsewhere only with
 * `passCredentials` (helm's rule), and never to where a redirect leads off that host.
 */
export async function httpFetch<T>(
  settings: HttpFetchSettings,
  options: FetchOptions,
  consume: (response: FetchedResponse) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(options.access.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  try {
    return await follow(settings, options, signal, consume);
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    if (timeout.aborted) {
      throw new ChartError(
        'Failed',
        `${options.failure}: Get "${displayUrl(options.url)}": no complete answer within ${options.access.timeoutMs} ms`,
        { retriable: true, cause: error },
      );
    }
    throw asChartError(error, options);
  }
}

async function follow<T>(
  settings: HttpFetchSettings,
  options: FetchOptions,
  signal: AbortSignal,
  consume: (response: FetchedResponse) => Promise<T>,
): Promise<T> {
  const home = new URL(options.access.url);
  let url = options.url;
  if (isDowngrade(home, url)) throw refuseHop(options, url, 'an https repository may not lead to http');
  let entrusted = true;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    // Once a request has been sent elsewhere it never carries credentials again, even when it is led back.
    entrusted &&=
      url.origin === home.origin || (options.access.passCredentials && url.origin === options.url.origin);
    const agent = openAgent(settings, options, url, entrusted);
    try {
      const response = await request(url, {
        dispatcher: agent,
        method: 'GET',
        headers: {
          ...options.headers,
          'user-agent': settings.userAgent,
          ...(entrusted ? authorization(options.access) : {}),
        },
        signal,
      });
      const location = isRedirect(response.statusCode) ? single(response.headers['location']) : undefined;
      if (location === undefined) {
        if (response.statusCode !== 200 && response.statusCode !== 304)
          throw refuseStatus(options, url, response.statusCode);
        return await consume({
          status: response.statusCode,
          header: (name) => single(response.headers[name]),
          body: response.body,
        });
      }
      url = nextHop(options, url, location);
    } finally {
      await agent.destroy();
    }
  }
  throw refuseHop(options, url, `more than ${MAX_REDIRECTS} redirects`);
}

/** An agent of its own for each hop: connections never serve two repositories, and nothing stays open between polls. */
function openAgent(settings: HttpFetchSettings, options: FetchOptions, url: URL, entrusted: boolean): Agent {
  const trusted =
    isSameHost(url, new URL(options.access.url)) ||
    settings.trustedHosts.has(url.host) ||
    settings.trustedHosts.has(url.hostname);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (!trusted && isIP(literal) !== 0 && !isPublicAddress(literal)) {
    throw refuseHop(options, url, 'it is not a public address');
  }
  const lookup = trusted ? settings.lookup : publicLookup(settings.lookup);
  const secureContext =
    url.protocol === 'https:' ? settings.identities.contextFor(options.access, entrusted) : undefined;
  return new Agent({
    connections: 1,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect: {
      timeout: options.access.timeoutMs,
      ...(lookup === undefined ? {} : { lookup }),
      ...(secureContext === undefined ? {} : { secureContext }),
    },
  });
}

/** The configured origin itself, or its https side when both ports are the default ones. */
function isSameHost(url: URL, home: URL): boolean {
  return (
    url.origin === home.origin || (url.hostname === home.hostname && url.port === '' && home.port === '')
  );
}

function nextHop(options: FetchOptions, from: URL, location: string): URL {
  const read = URL.canParse(location, from.href)
    ? readRepositoryUrl(new URL(location, from.href).href)
    : undefined;
  if (read === undefined || !read.ok)
    throw refuseHop(
      options,
      from,
      `it redirects to no usable URL${read === undefined ? '' : `: ${read.message}`}`,
    );
  if (isDowngrade(from, read.url))
    throw refuseHop(options, read.url, 'a redirect may not lead from https to http');
  return read.url;
}

function authorization(access: RepositoryAccess): Record<string, string> {
  if (access.username === undefined && access.password === undefined) return {};
  const pair = Buffer.from(`${access.username ?? ''}:${access.password ?? ''}`, 'utf8').toString('base64');
  return { authorization: `Basic ${pair}` };
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value[0];
}

function refuseHop(options: FetchOptions, url: URL, why: string): ChartError {
  return new ChartError('Failed', `${options.failure}: Get "${displayUrl(url)}": refused, ${why}`, {
    retriable: false,
  });
}

/** Not found may pass: an index can appear in front of its charts. What the client did wrong does not. */
function refuseStatus(options: FetchOptions, url: URL, status: number): ChartError {
  const text =
    `${options.failure}: failed to fetch ${displayUrl(url)} : ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  if (status === 401 || status === 403) {
    return new ChartError('AuthenticationFailed', `${text}; check the Secret named by secretRef`, {
      retriable: false,
    });
  }
  const retriable = status >= 500 || status === 404 || status === 408 || status === 425 || status === 429;
  return new ChartError('Failed', text, { retriable });
}

function asChartError(error: unknown, options: FetchOptions): Error {
  if (error instanceof ChartError || error instanceof TooManyBytesError) return error;
  const shape = error instanceof Error ? (error as Error & { code?: unknown }) : undefined;
  const text = shape?.message ?? String(error);
  const retriable = shape?.code !== NOT_PUBLIC;
  return new ChartError('Failed', `${options.failure}: Get "${displayUrl(options.url)}": ${text}`, {
    retriable,
    cause: error,
  });
}
