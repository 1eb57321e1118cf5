import { createSecureContext } from 'node:tls';
import { Pool } from 'undici';
import type { KubeAccess } from './kube-access.ts';

export interface ApiServerPoolOptions {
  /** Connections at most; requests beyond it wait in line. Null for no limit (watches: each holds one). */
  readonly connections: number | null;
}

/** TCP and TLS handshake. The server is in the same cluster or on the same machine: 5 s covers two lost SYNs. */
const CONNECT_TIMEOUT_MS = 5_000;
/** kube-apiserver gives up on a request after 60 s by itself (`--request-timeout`), so it answers before this. */
const HEADERS_TIMEOUT_MS = 65_000;
/** kube-apiserver closes idle connections after 90 s; leaving at 60 s avoids writing into a closing socket. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Pooled TLS connections to one API server under one identity.
 *
 * HTTP/1.1 on purpose: one request a socket means that an abort, an idle timeout or a dead peer concerns that request
 * alone; over HTTP/2 all watches of an identity would share one TCP stream and its head-of-line blocking.
 */
export function createApiServerPool(access: KubeAccess, options: ApiServerPoolOptions): Pool {
  const { origin } = new URL(access.server);
  return new Pool(origin, {
    connections: options.connections,
    allowH2: false,
    pipelining: 1,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // Silence inside a body is judged by the callers: a watch may be quiet, a list may not.
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      rejectUnauthorized: !access.insecureSkipTlsVerify,
      // Made once: otherwise the PEM texts are parsed again for every connection.
      secureContext: createSecureContext({
        ...(access.ca === undefined ? {} : { ca: access.ca }),
        ...(access.cert === undefined ? {} : { cert: access.cert }),
        ...(access.key === undefined ? {} : { key: access.key }),
      }),
      ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
    },
  });
}

/** Path that stands before every request path, for servers behind a prefix; empty for most. */
export function basePathOf(access: KubeAccess): string {
  const { pathname } = new URL(access.server);
  return pathname === '/' ? '' : pathname.replace(/\/+$/, '');
}

/** Headers that say who we are. Throws when the user to impersonate is empty: that would act as ourselves. */
export async function identityHeaders(
  access: KubeAccess,
  impersonateUser: string | undefined,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  const token = await access.token();
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  const user = impersonateUser ?? access.impersonateUser;
  if (user !== undefined) {
    if (user.trim() === '') throw new Error('refused: the user to impersonate is empty');
    headers['impersonate-user'] = user;
  }
  return headers;
}
