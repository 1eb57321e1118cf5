import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { basePathOf, createApiServerPool, identityHeaders } from '../api-server-pool.ts';
import type { KubeAccess } from '../kube-access.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query, canonical. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Buffer | null;
  /** Who the request is made as; undefined for ourselves. Required, so that no caller forgets to say it. */
  readonly impersonateUser: string | undefined;
  /** Watches get sockets without a limit on their number. */
  readonly longLived: boolean;
}

/** The API server as the gate sees it: requests under our identity or one that we impersonate, answers as streams. */
export interface Upstream {
  send(request: UpstreamRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** Ten helm children with some parallel requests each; more wait in line. */
const MAX_CONNECTIONS = 64;
/** What a child may say to the API server; above all no identity of its own. */
const FORWARDED: readonly string[] = [
  'accept',
  'content-type',
  'content-length',
  'user-agent',
  'if-none-match',
  'kubectl-command',
  'kubectl-session',
];
/** RFC 9110 section 7.6.1, and what undici has already undone. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

export function createUpstream(access: KubeAccess): Upstream {
  const pool = createApiServerPool(access, { connections: MAX_CONNECTIONS });
  const watchPool = createApiServerPool(access, { connections: null });
  const basePath = basePathOf(access);
  return {
    async send(request, signal) {
      return (request.longLived ? watchPool : pool).request({
        method: request.method as Dispatcher.HttpMethod,
        path: `${basePath}${request.path}`,
        headers: { ...request.headers, ...(await identityHeaders(access, request.impersonateUser)) },
        body: request.body,
        signal,
      });
    },
    async close() {
      await Promise.all([pool.destroy(), watchPool.destroy()]);
    },
  };
}

/** The headers of a child that go on. Protobuf is taken out of Accept, so that every answer can be read here. */
export function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = headers[name];
    if (typeof value === 'string') forwarded[name] = value;
  }
  const accept = (forwarded['accept'] ?? '')
    .split(',')
    .filter((type) => !type.trim().startsWith('application/vnd.kubernetes.protobuf'));
  forwarded['accept'] = accept.join(',').trim() === '' ? 'application/json' : accept.join(',').trim();
  return forwarded;
}

/** The headers of an answer that go back; its length is set by whoever writes the body. */
export function returnedHeaders(
  headers: Dispatcher.ResponseData['headers'],
): Record<string, string | string[]> {
  const named = String(headers['connection'] ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const returned: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.includes(name)) returned[name] = value;
  }
  return returned;
}
