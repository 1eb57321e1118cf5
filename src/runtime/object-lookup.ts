import type { KubeObject, Resource } from '../core/api/kube-object.ts';
import type { KubeClient, Reflector } from '../io/contract.ts';

/** Finds objects for facts: in a local copy, or by asking. Rejects when it cannot know. */
export interface ObjectLookup {
  /** Undefined when there is no such object, also where the cluster does not know its kind. */
  find(
    resource: Resource,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined>;
  /** All objects of a kind; undefined when no copy is kept, or it has heard nothing for so long that it is not believed. */
  list?(resource: Resource): readonly KubeObject[] | undefined;
  /** Version of the API server, `v1.36.3`. */
  kubeVersion?(signal: AbortSignal): Promise<string>;
}

/** A local copy that has heard nothing for this long is not believed: a watch gets a bookmark about every minute. */
const MAX_STALENESS_MS = 120_000;

export interface LookupParts {
  /** Copies by kind. */
  readonly reflectors: ReadonlyMap<string, Pick<Reflector, 'find' | 'list' | 'stalenessMs'>>;
  readonly client: Pick<KubeClient, 'find'>;
  readonly kubeVersion: (signal: AbortSignal) => Promise<string>;
}

/**
 * Looks in the local copies first and asks the API server for what they do not hold: an object applied a moment ago, together with the
 * one that refers to it, may not have reached the watch yet. Kinds without a copy (few refer to them, and their CRDs need not be there)
 * are asked for each time.
 */
export function lookupThrough({ reflectors, client, kubeVersion }: LookupParts): ObjectLookup {
  const fresh = (resource: Resource) => {
    const copy = reflectors.get(resource.kind);
    return copy === undefined || copy.stalenessMs() > MAX_STALENESS_MS ? undefined : copy;
  };
  return {
    find: async (resource, namespace, name, signal) => {
      const local = fresh(resource)?.find(namespace, name);
      if (local !== undefined) return local;
      const ref = resource.namespaced ? { resource, namespace, name } : { resource, name };
      return client.find(ref, signal);
    },
    list: (resource) => fresh(resource)?.list(),
    kubeVersion,
  };
}
