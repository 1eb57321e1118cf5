import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiGate } from '../contract.ts';
import type { KubeAccess } from '../kube-access.ts';
import { createDiscoveryCache } from './discovery-cache.ts';
import type { GateParts } from './gate-parts.ts';
import { handleRequest } from './gate-request.ts';
import { parseTarget } from './request-target.ts';
import { createSession, type Session } from './session.ts';
import { answerStatus } from './status-answer.ts';
import { createUpstream } from './upstream.ts';

export interface ApiGateOptions {
  readonly access: KubeAccess;
  /** Called with what went wrong inside the gate itself; the child has been given a 500. */
  readonly onError?: (error: unknown) => void;
}

/** client-go sends about ten short headers. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Ten children with their watches; more is not ours. */
const MAX_CONNECTIONS = 1_024;
const HEADERS_TIMEOUT_MS = 10_000;
/** A body of at most some MiB over loopback. */
const REQUEST_TIMEOUT_MS = 60_000;
/** client-go keeps idle connections for 90 s; the side that closes later loses no request. */
const KEEP_ALIVE_MS = 95_000;

/**
 * Opens the gate: a listener on a free loopback port, through which helm children speak to the API server under our identity.
 * Each session has a path token of its own; without one nothing is served.
 */
export async function createApiGate(options: ApiGateOptions): Promise<ApiGate> {
  const sessions = new Map<string, Session>();
  const closing = new AbortController();
  const parts: GateParts = {
    upstream: createUpstream(options.access),
    discovery: createDiscoveryCache(),
    closing: closing.signal,
  };
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => void serve(request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = parseTarget(request.url ?? '');
    const session = target === undefined ? undefined : sessions.get(target.token);
    // A browser that was led here by a name of its own has another Host.
    if (target === undefined || session === undefined || request.headers.host !== host) {
      answerStatus(response, 'NotFound', 'not found');
      return;
    }
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    response.once('close', () => {
      // An answer that went out whole leaves nothing to stop.
      if (!response.writableFinished) abort();
    });
    session.closing.signal.addEventListener('abort', abort, { once: true });
    try {
      await handleRequest(parts, session, target, request, response, gone.signal);
    } catch (error) {
      if (gone.signal.aborted || closing.signal.aborted) response.destroy();
      else answerFailure(error, response);
    } finally {
      session.closing.signal.removeEventListener('abort', abort);
    }
  }

  function answerFailure(error: unknown, response: ServerResponse): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NEVER_SENT.has(code)) {
      answerStatus(response, 'ServiceUnavailable', `the API server cannot be reached: ${code}`);
    } else if (/^(?:UND_ERR_|E[A-Z]+$)/.test(code)) {
      answerStatus(response, 'BadGateway', `the connection to the API server broke: ${code}`);
    } else {
      answerStatus(response, 'InternalError', 'the gate failed; see its log');
      options.onError?.(error);
    }
  }

  return {
    open(sessionOptions) {
      const session = createSession(sessionOptions);
      sessions.set(session.token, session);
      return {
        server: `http://${host}/${session.token}`,
        async close() {
          sessions.delete(session.token);
          session.closing.abort();
        },
      };
    },
    async close() {
      closing.abort();
      for (const session of sessions.values()) session.closing.abort();
      sessions.clear();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await Promise.all([closed, parts.upstream.close()]);
    },
  };
}

/** Errors before the request left: it was not executed. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
