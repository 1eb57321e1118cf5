import { isJsonObject } from '../core/json/json.ts';
import type { KubeClient } from '../io/contract.ts';
import type { Clock } from './clock.ts';

/** An API server is upgraded a few times a year, and replicas of two versions answer in turn for some minutes then. */
const MAX_AGE_MS = 5 * 60_000;
/** `GET /version` is answered from memory. */
const TIMEOUT_MS = 5_000;

/** The version of the API server, asked for now and then. */
export interface KubeVersion {
  /** `v1.36.3`; rejects when the server does not say. */
  get(signal: AbortSignal): Promise<string>;
  /** What was last heard, without waiting; one that is old is asked for meanwhile. */
  latest(): string | undefined;
}

export function createKubeVersion(kube: Pick<KubeClient, 'request'>, clock: Pick<Clock, 'now'>): KubeVersion {
  let known: { readonly version: string; readonly atMs: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const answer = await kube.request('GET', '/version', undefined, AbortSignal.timeout(TIMEOUT_MS));
    const version = isJsonObject(answer) ? answer['gitVersion'] : undefined;
    if (typeof version !== 'string') throw new Error('the API server does not say its version');
    known = { version, atMs: clock.now() };
    return version;
  }

  function refresh(): Promise<string> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  const isOld = (): boolean => known === undefined || clock.now() - known.atMs > MAX_AGE_MS;
  return {
    async get(signal) {
      signal.throwIfAborted();
      return known === undefined || isOld() ? await refresh() : known.version;
    },
    latest() {
      if (isOld()) refresh().catch(() => {});
      return known?.version;
    },
  };
}
