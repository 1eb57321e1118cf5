import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { Json } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { basePathOf, createApiServerPool, identityHeaders } from '../api-server-pool.ts';
import type { KubeAccess } from '../kube-access.ts';
import { KubeError, kubeErrorOf, unreachable } from './kube-error.ts';

export interface TransportOptions {
  readonly userAgent: string;
  /** `system:serviceaccount:<namespace>:<name>`; never empty. */
  readonly impersonate?: string;
}

export interface TransportRequest {
  readonly method: string;
  /** Starts with `/`; already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Json;
  readonly contentType?: string;
  readonly accept?: string;
  /** Response limit in bytes. */
  readonly maxBytes?: number;
}

/** Requests as JSON and as streams. Failures reject with a KubeError, an abort with the signal's reason. */
export interface KubeTransport {
  json(request: TransportRequest, signal: AbortSignal): Promise<Json>;
  /** The body of a GET that never ends by itself (a watch). */
  stream(request: TransportRequest, signal: AbortSignal): Promise<Readable>;
  close(): Promise<void>;
}

/** Parallel short requests of one identity; kube-apiserver's own fairness queues beyond that. */
const MAX_CONNECTIONS = 32;
/** The API server refuses objects over 3 MiB; base64 and JSON escapes at most double one, managedFields add to it. */
export const MAX_OBJECT_BYTES: number = 8 * 1024 * 1024;
/** Error answers are a Status of some hundred bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Silence within an answer that has begun: the server writes it in one go. */
const BODY_IDLE_MS = 30_000;
/** A 429 was not executed, so any method may be sent again; client-go does it too, ten times. */
const MAX_RETRIES = 3;
const MAX_RETRY_WAIT_MS = 10_000;

/** Opens pooled connections to the API server for one identity; watches get sockets of their own. */
export function createTransport(access: KubeAccess, options: TransportOptions): KubeTransport {
  const pool = createApiServerPool(access, { connections: MAX_CONNECTIONS });
  const watchPool = createApiServerPool(access, { connections: null });
  const basePath = basePathOf(access);

  async function send(
    target: Dispatcher,
    request: TransportRequest,
    bodyTimeout: number,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const what = `${request.method} ${request.path}`;
    const body = request.body === undefined ? null : stringifyJson(request.body);
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      const headers = await identityHeaders(access, options.impersonate);
      let response: Dispatcher.ResponseData;
      try {
        response = await target.request({
          method: request.method as Dispatcher.HttpMethod,
          path: `${basePath}${request.path}${queryText(request.query)}`,
          headers: {
            ...headers,
            accept: request.accept ?? 'application/json',
            'user-agent': options.userAgent,
            ...(body === null ? {} : { 'content-type': request.contentType ?? 'application/json' }),
          },
          body,
          bodyTimeout,
          signal,
        });
      } catch (error) {
        signal.throwIfAborted();
        // A kept-alive socket that the server just closed: a read is safe to send once more.
        if (attempt === 0 && request.method === 'GET' && isLostSocket(error)) continue;
        throw unreachable(error, what);
      }
      if (response.statusCode < 300) return response;
      const failure = await failureOf(response);
      if (failure.status !== 429 || attempt >= MAX_RETRIES) throw failure;
      await sleep(Math.min(failure.retryAfterMs ?? 1_000, MAX_RETRY_WAIT_MS), undefined, { signal }).catch(
        () => signal.throwIfAborted(),
      );
    }
  }

  return {
    async json(request, signal) {
      const response = await send(pool, request, BODY_IDLE_MS, signal);
      const what = `${request.method} ${request.path}`;
      const text = await readText(response.body, request.maxBytes ?? MAX_OBJECT_BYTES, what, signal);
      if (text === '') return null;
      const parsed = parseJson(text);
      if (parsed.ok) return parsed.value;
      const message = `${what}: ${parsed.message}`;
      throw new KubeError({ status: response.statusCode, reason: 'InvalidAnswer', message });
    },
    async stream(request, signal) {
      return (await send(watchPool, request, 0, signal)).body;
    },
    async close() {
      await Promise.all([pool.destroy(), watchPool.destroy()]);
    },
  };
}

function queryText(query: TransportRequest['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function isLostSocket(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

async function failureOf(response: Dispatcher.ResponseData): Promise<KubeError> {
  const header = response.headers['retry-after'];
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      chunks.push(bytes);
      if (size > MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status line already says what happened; a cut explanation is still shown as far as it came.
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString('utf8');
  return kubeErrorOf(response.statusCode, text, typeof header === 'string' ? header : undefined);
}

async function readText(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
  what: string,
  signal: AbortSignal,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > maxBytes) break;
      chunks.push(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(error, what);
  }
  if (size > maxBytes) {
    const message = `${what}: the answer is longer than ${maxBytes} bytes`;
    throw new KubeError({ status: 0, reason: 'AnswerTooLarge', message });
  }
  return Buffer.concat(chunks).toString('utf8');
}
