import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import type { AuditLog } from '../../io/contract.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerUnread, COME_BACK } from './answer.ts';
import { createApp } from './app.ts';
import { createBodyBudget } from './body-budget.ts';
import type { Endpoint, Judging } from './judging.ts';
import {
  CONNECTION_CHECK_MS,
  HANDSHAKE_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  WEBHOOK_LIMITS,
  type WebhookLimits,
} from './limits.ts';
import { handleReview } from './review-handler.ts';

/** A certificate chain and its key, in PEM; checked by whoever read them. */
export interface ServingPair {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface WebhookOptions<Request> {
  /** Address to listen on; 127.0.0.1 when absent. */
  readonly host?: string;
  /** Port to listen on; a free one when absent or 0. */
  readonly port?: number;
  readonly pair: ServingPair;
  /** When given, reviews are taken only from callers whose client certificate this CA signed; probes and metrics stay open. */
  readonly clientCaPem?: string;
  readonly judging: Judging<Request>;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Why no traffic should come yet, in one line each; empty means ready. */
  readonly notReady: () => readonly string[];
  /** The wall clock, for audit rows. */
  readonly now: () => Date;
  readonly limits?: Partial<WebhookLimits>;
}

export interface Webhook {
  readonly address: string;
  readonly port: number;
  /**
   * Ends without a lost request: /readyz answers 503 from now on, reviews are still decided but with
   * `Connection: close`, until none came for 10 s (43 s at most); late ones are then told to come back, and the listener closes.
   */
  drain(): Promise<void>;
  /** Closes at once, cutting what is in flight. */
  close(): Promise<void>;
  /** Serves new handshakes with another pair, and forgets session tickets. The pair must have been checked before. */
  replacePair(pair: ServingPair, clientCaPem?: string): void;
}

type Phase = 'serving' | 'draining' | 'tail';

/** Serves /mutate, /validate, /healthz, /readyz and /metrics over TLS. Rejects when the port cannot be had. */
export async function startWebhook<Request>(options: WebhookOptions<Request>): Promise<Webhook> {
  const limits: WebhookLimits = { ...WEBHOOK_LIMITS, ...options.limits };
  const budget = createBodyBudget(limits.maxBufferedBytes);
  const load = { phase: 'serving' as Phase, inFlight: 0, lastReviewMs: 0 };

  const review = async (
    endpoint: Endpoint,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    if (options.clientCaPem !== undefined && !isAuthorized(request)) {
      options.metrics.requestRefused(403);
      answerUnread(request, response, 403, 'a client certificate of the API server is needed');
      return;
    }
    if (load.phase === 'tail' || load.inFlight >= limits.maxConcurrentReviews) {
      options.metrics.requestRefused(503);
      answerUnread(request, response, 503, 'busy or stopping; come back', COME_BACK);
      return;
    }
    load.inFlight += 1;
    load.lastReviewMs = performance.now();
    try {
      const handler = { ...options, budget, maxBodyBytes: limits.maxBodyBytes };
      await handleReview(handler, endpoint, request, response);
    } finally {
      load.inFlight -= 1;
    }
  };

  const app = createApp({
    review,
    readiness: () => (load.phase === 'serving' ? options.notReady() : ['stopping']),
    metrics: options.metrics,
    log: options.log,
  });
  const server = createServer(
    {
      ...secureContext(options.pair, options.clientCaPem),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: CONNECTION_CHECK_MS,
    },
    (request, response) => {
      if (load.phase !== 'serving') response.setHeader('connection', 'close');
      app(request, response);
    },
  );
  server.maxConnections = limits.maxConnections;
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await listen(server, options.host ?? '127.0.0.1', options.port ?? 0);
  const { address, port } = server.address() as AddressInfo;

  let draining: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeServer(server, 0);
    return closing;
  };
  const drain = async (): Promise<void> => {
    load.phase = 'draining';
    const startMs = performance.now();
    const stepMs = Math.min(100, limits.drainQuietMs / 4);
    for (;;) {
      const nowMs = performance.now();
      const quietMs = nowMs - Math.max(load.lastReviewMs, startMs);
      if (load.inFlight === 0 && quietMs >= limits.drainQuietMs) break;
      if (nowMs - startMs >= limits.drainMaxMs) break;
      await sleep(stepMs);
    }
    load.phase = 'tail';
    await sleep(limits.drainTailMs);
    closing ??= closeServer(server, limits.drainTailMs);
    await closing;
  };
  return {
    address,
    port,
    drain: () => {
      draining ??= drain();
      return draining;
    },
    close,
    replacePair: (pair, clientCaPem) => {
      server.setSecureContext(secureContext(pair, clientCaPem ?? options.clientCaPem));
      server.setTicketKeys(randomBytes(TICKET_KEYS_BYTES));
    },
  };
}

/** What `tls.Server.setTicketKeys` takes. */
const TICKET_KEYS_BYTES = 48;

function secureContext(pair: ServingPair, clientCaPem: string | undefined) {
  const base = { cert: pair.certPem, key: pair.keyPem, minVersion: 'TLSv1.2' } as const;
  // Not rejected in the handshake: the kubelet's probes come without a certificate, and a refusal can then be counted.
  return clientCaPem === undefined
    ? base
    : { ...base, ca: clientCaPem, requestCert: true, rejectUnauthorized: false };
}

function isAuthorized(request: IncomingMessage): boolean {
  return (request.socket as { readonly authorized?: boolean }).authorized === true;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Stops listening and closes idle connections; what is in flight has `graceMs` to end. */
async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (graceMs > 0) await Promise.race([closed, sleep(graceMs)]);
  server.closeAllConnections();
  await closed;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
