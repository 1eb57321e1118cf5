import type { Resource } from '../../core/api/kube-object.ts';
import { isJsonObject, type Json } from '../../core/json/json.ts';
import { hasStatus } from './kube-error.ts';
import type { KubeTransport } from './transport.ts';

export interface Discovery {
  /** The resource that serves a kind, or undefined when the API server has none. */
  resourceFor(apiVersion: string, kind: string, signal: AbortSignal): Promise<Resource | undefined>;
}

/** A kind that was found is believed this long: kinds move between resources only when a CRD is replaced. */
const HIT_TTL_MS = 60_000;
/** A kind that was not found is looked for again after this: its CRD may be seconds away. */
const MISS_TTL_MS = 1_000;
/** Group versions kept; a cluster has some hundred. */
const MAX_ENTRIES = 512;
const MAX_BYTES = 16 * 1024 * 1024;
/** `v1` or `group/v1`: what may become part of a path. */
const API_VERSION = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[a-z0-9]{1,63}$/;

interface Entry {
  readonly resources: readonly Resource[];
  readonly readAtMs: number;
}

/** Discovery by group version, cached. `nowMs` is a monotonic clock in milliseconds. */
export function createDiscovery(
  transport: KubeTransport,
  nowMs: () => number = () => performance.now(),
): Discovery {
  const cache = new Map<string, Entry>();

  async function read(apiVersion: string, signal: AbortSignal): Promise<readonly Resource[]> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      return resourcesOf(
        apiVersion,
        await transport.json({ method: 'GET', path, maxBytes: MAX_BYTES }, signal),
      );
    } catch (error) {
      if (hasStatus(error, 404)) return [];
      throw error;
    }
  }

  return {
    async resourceFor(apiVersion, kind, signal) {
      if (!API_VERSION.test(apiVersion)) return undefined;
      const known = cache.get(apiVersion);
      const hit = known?.resources.find((resource) => resource.kind === kind);
      const ttlMs = hit === undefined ? MISS_TTL_MS : HIT_TTL_MS;
      if (known !== undefined && nowMs() - known.readAtMs < ttlMs) return hit;
      const resources = await read(apiVersion, signal);
      if (cache.size >= MAX_ENTRIES) cache.clear();
      cache.set(apiVersion, { resources, readAtMs: nowMs() });
      return resources.find((resource) => resource.kind === kind);
    },
  };
}

function resourcesOf(apiVersion: string, answer: Json): readonly Resource[] {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const list = isJsonObject(answer) ? answer['resources'] : undefined;
  if (!Array.isArray(list)) return [];
  return (list as readonly Json[]).flatMap((item) => {
    if (!isJsonObject(item)) return [];
    const { name: plural, kind, namespaced } = item;
    // Names with a slash are subresources.
    if (typeof plural !== 'string' || plural.includes('/') || typeof kind !== 'string') return [];
    return [{ group: group ?? '', version: version ?? '', plural, kind, namespaced: namespaced === true }];
  });
}
