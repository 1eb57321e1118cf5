import type { KubeObject, Resource } from '../../core/api/kube-object.ts';
import type { KubeClient, Reflector } from '../../io/contract.ts';

/** Bytes of JSON kept at most. An object is at most about 1.5 MiB in etcd, so some twenty of the largest fit. */
const MAX_BYTES = 32 * 1024 * 1024;

interface Held {
  readonly resourceVersion: string;
  readonly object: KubeObject;
  readonly bytes: number;
}

/**
 * Whole ConfigMaps and Secrets behind a metadata-only watch: an object is read again only when its resourceVersion
 * is another, so that a pass over an unchanged release costs no request.
 */
export class ObjectCache {
  readonly #kube: Pick<KubeClient, 'find'>;
  readonly #watched: Pick<Reflector, 'find'>;
  readonly #resource: Resource;
  readonly #held = new Map<string, Held>();
  #bytes = 0;

  constructor(resource: Resource, watched: Pick<Reflector, 'find'>, kube: Pick<KubeClient, 'find'>) {
    this.#resource = resource;
    this.#watched = watched;
    this.#kube = kube;
  }

  /** The object as the API server has it, or undefined when there is none. */
  async find(namespace: string, name: string, signal: AbortSignal): Promise<KubeObject | undefined> {
    const key = `${namespace}/${name}`;
    const watched = this.#watched.find(namespace, name)?.metadata.resourceVersion;
    const held = this.#held.get(key);
    if (held !== undefined && held.resourceVersion === watched) {
      // Moved to the end: the front is what was not used for longest.
      this.#held.delete(key);
      this.#held.set(key, held);
      return held.object;
    }
    this.#drop(key);
    const object = await this.#kube.find({ resource: this.#resource, namespace, name }, signal);
    if (object !== undefined) this.#keep(key, object);
    return object;
  }

  #keep(key: string, object: KubeObject): void {
    const bytes = JSON.stringify(object).length;
    this.#held.set(key, { resourceVersion: object.metadata.resourceVersion ?? '', object, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#held.get(key)?.bytes ?? 0;
    this.#held.delete(key);
  }
}
