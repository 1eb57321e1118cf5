import { setTimeout as sleep } from 'node:timers/promises';
import type { Resource } from '../../core/api/kube-object.ts';
import { isJsonObject, type Json } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import type {
  KubeErrorShape,
  Reflector,
  ReflectorEvent,
  ReflectorOptions,
  StartReflector,
} from '../contract.ts';
import type { KubeAccess } from '../kube-access.ts';
import { KubeError, kubeErrorOf, unreachable } from './kube-error.ts';
import { asKubeObject, listPages, METADATA_OBJECT } from './list-pages.ts';
import { type ReflectorOutcome, type ReflectorState, stepReflector } from './reflector-state.ts';
import { createReflectorStore } from './reflector-store.ts';
import { collectionPath } from './resource-path.ts';
import { createTransport, type KubeTransport, MAX_OBJECT_BYTES, type TransportOptions } from './transport.ts';
import { WatchLineTooLong, watchLines } from './watch-lines.ts';

/** Time and chance, for tests. */
export interface ReflectorTuning {
  /** Monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /**
   * A watch without a sign of life for this long is taken for dead. The API server sends a bookmark about every 60 s:
   * two missed ones and half a minute.
   */
  readonly idleMs: number;
}

const TUNING: ReflectorTuning = {
  nowMs: () => performance.now(),
  random: Math.random,
  idleMs: 150_000,
};

/** Watches are ended by the server after a random time in this range, so that they do not all end at once. */
const WATCH_SECONDS_MIN = 240;
const WATCH_SECONDS_SPREAD = 60;

/** All reflectors of one identity; `close` ends the connections of them all. */
export interface Reflectors {
  readonly start: StartReflector;
  close(): Promise<void>;
}

/** Opens the connections that reflectors of one identity share. */
export function createReflectors(access: KubeAccess, options: TransportOptions): Reflectors {
  const transport = createTransport(access, options);
  return {
    start: (resource, options) => startReflector(transport, resource, options),
    close: () => transport.close(),
  };
}

/**
 * Keeps a local copy of a resource by list and watch until it is closed. Errors go to `onError` and are retried for
 * ever; what `onEvent` throws goes there too, as reason `ListenerFailed`.
 */
export function startReflector(
  transport: KubeTransport,
  resource: Resource,
  options: ReflectorOptions,
  tuning: ReflectorTuning = TUNING,
): Reflector {
  const store = createReflectorStore();
  const closing = new AbortController();
  const firstList = Promise.withResolvers<void>();
  firstList.promise.catch(() => {});
  let lastSignMs = tuning.nowMs();

  function emit(events: readonly ReflectorEvent[]): void {
    for (const event of events) {
      try {
        options.onEvent(event);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        options.onError?.({ status: 0, reason: 'ListenerFailed', message });
      }
    }
  }

  function report(error: KubeErrorShape): void {
    if (!closing.signal.aborted) options.onError?.(error);
  }

  async function list(): Promise<ReflectorOutcome> {
    try {
      const { resourceVersion, objects } = await listPages(transport, resource, options, closing.signal);
      lastSignMs = tuning.nowMs();
      emit(store.replace(objects));
      firstList.resolve();
      return { type: 'listed', resourceVersion };
    } catch (error) {
      const shape = shapeOf(error, `list of ${resource.plural}`);
      report(shape);
      return { type: 'listFailed', ...retryAfter(shape) };
    }
  }

  async function watch(from: string): Promise<ReflectorOutcome> {
    const startedMs = tuning.nowMs();
    const ended = new AbortController();
    const stop = (): void => ended.abort();
    closing.signal.addEventListener('abort', stop, { once: true });
    let idle = false;
    const idleTimer = setTimeout(() => {
      idle = true;
      ended.abort();
    }, tuning.idleMs);
    let resourceVersion = from;
    const end = (
      cause: 'closed' | 'expired' | 'unreadable' | 'failed',
      error?: KubeErrorShape,
    ): ReflectorOutcome => {
      if (error !== undefined) report(error);
      const livedMs = tuning.nowMs() - startedMs;
      return { type: 'watchEnded', resourceVersion, livedMs, cause, ...retryAfter(error) };
    };
    try {
      const stream = await transport.stream(watchRequest(from), ended.signal);
      for await (const line of watchLines(signsOf(stream, idleTimer), MAX_OBJECT_BYTES)) {
        const event = parseEvent(line);
        if (event.type === 'ERROR') {
          const error = statusOf(event.object);
          return end(error.status === 410 ? 'expired' : 'failed', error.status === 410 ? undefined : error);
        }
        const version = versionOf(event.object);
        if (event.type !== 'BOOKMARK') {
          const object = asKubeObject(event.object, resource, options.metadataOnly === true);
          emit(event.type === 'DELETED' ? store.remove(object) : store.put(object));
        }
        resourceVersion = version ?? resourceVersion;
      }
      return end('closed');
    } catch (error) {
      if (idle) {
        const message = `watch of ${resource.plural}: no sign of life for ${tuning.idleMs} ms`;
        return end('closed', { status: 0, reason: 'WatchIdle', message });
      }
      if (error instanceof WatchLineTooLong) {
        const message = `watch of ${resource.plural}: an event longer than ${MAX_OBJECT_BYTES} bytes`;
        return end('unreadable', { status: 0, reason: 'AnswerTooLarge', message });
      }
      const shape = shapeOf(error, `watch of ${resource.plural}`);
      if (shape.status === 410) return end('expired');
      return end(shape.reason === 'InvalidAnswer' ? 'unreadable' : 'failed', shape);
    } finally {
      clearTimeout(idleTimer);
      closing.signal.removeEventListener('abort', stop);
      ended.abort();
    }
  }

  async function* signsOf(stream: AsyncIterable<unknown>, idleTimer: NodeJS.Timeout): AsyncGenerator {
    for await (const chunk of stream) {
      lastSignMs = tuning.nowMs();
      idleTimer.refresh();
      yield chunk;
    }
  }

  function watchRequest(from: string): Parameters<KubeTransport['stream']>[0] {
    return {
      method: 'GET',
      path: collectionPath(resource, options.namespace),
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: from,
        timeoutSeconds: String(WATCH_SECONDS_MIN + Math.floor(tuning.random() * WATCH_SECONDS_SPREAD)),
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      },
      accept: options.metadataOnly === true ? METADATA_OBJECT : 'application/json',
    };
  }

  async function perform(state: ReflectorState): Promise<ReflectorOutcome> {
    switch (state.name) {
      case 'Listing':
        return list();
      case 'Watching':
        return watch(state.resourceVersion);
      case 'Pausing':
        await sleep(state.delayMs, undefined, { signal: closing.signal }).catch(() => {});
        return { type: 'paused' };
    }
  }

  async function run(): Promise<void> {
    let state: ReflectorState = { name: 'Listing', failures: 0 };
    while (!closing.signal.aborted) state = stepReflector(state, await perform(state), tuning.random());
    firstList.reject(new KubeError({ status: 0, reason: 'Closed', message: 'the reflector was closed' }));
  }

  const finished = run();
  return {
    async synced(signal) {
      signal.throwIfAborted();
      const aborted = Promise.withResolvers<never>();
      const abort = (): void => aborted.reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      try {
        await Promise.race([firstList.promise, aborted.promise]);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    find: (namespace, name) => store.find(namespace, name),
    list: () => store.list(),
    stalenessMs: () => tuning.nowMs() - lastSignMs,
    async close() {
      closing.abort();
      await finished;
    },
  };
}

function parseEvent(line: string): { readonly type: string; readonly object: Json | undefined } {
  const parsed = parseJson(line);
  if (!parsed.ok) {
    throw new KubeError({ status: 0, reason: 'InvalidAnswer', message: 'a watch event is not JSON' });
  }
  const event = parsed.value;
  if (!isJsonObject(event) || typeof event['type'] !== 'string') {
    throw new KubeError({ status: 0, reason: 'InvalidAnswer', message: 'a watch event has no type' });
  }
  return { type: event['type'], object: event['object'] };
}

function versionOf(object: Json | undefined): string | undefined {
  const metadata = isJsonObject(object) ? object['metadata'] : undefined;
  const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

function statusOf(object: Json | undefined): KubeError {
  const code = isJsonObject(object) ? object['code'] : undefined;
  return kubeErrorOf(typeof code === 'number' ? code : 500, JSON.stringify(object ?? null), undefined);
}

function shapeOf(error: unknown, what: string): KubeErrorShape {
  return error instanceof KubeError ? error : unreachable(error, what);
}

function retryAfter(error: KubeErrorShape | undefined): { readonly retryAfterMs?: number } {
  return error?.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
}
