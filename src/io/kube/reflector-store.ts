import type { KubeObject } from '../../core/api/kube-object.ts';
import type { ReflectorEvent } from '../contract.ts';

/** The objects that a reflector knows, and what a change to them means for its listener. */
export interface ReflectorStore {
  find(namespace: string, name: string): KubeObject | undefined;
  list(): readonly KubeObject[];
  /** Takes a whole new list; objects that it lacks are deleted. */
  replace(objects: readonly KubeObject[]): readonly ReflectorEvent[];
  /** Takes a watch event of type ADDED or MODIFIED. */
  put(object: KubeObject): readonly ReflectorEvent[];
  /** Takes a watch event of type DELETED. */
  remove(object: KubeObject): readonly ReflectorEvent[];
}

export function createReflectorStore(): ReflectorStore {
  const objects = new Map<string, KubeObject>();

  function put(object: KubeObject): readonly ReflectorEvent[] {
    const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
    const before = objects.get(key);
    if (before !== undefined && before.metadata.resourceVersion === object.metadata.resourceVersion)
      return [];
    objects.set(key, object);
    if (before === undefined) return [{ type: 'added', object }];
    if (before.metadata.uid === object.metadata.uid) return [{ type: 'updated', object }];
    // Deleted and created again under the same name while nobody looked.
    return [
      { type: 'deleted', object: before },
      { type: 'added', object },
    ];
  }

  return {
    find: (namespace, name) => objects.get(keyOf(namespace, name)),
    list: () => [...objects.values()],
    put,
    replace(list) {
      const seen = new Set(
        list.map((object) => keyOf(object.metadata.namespace ?? '', object.metadata.name)),
      );
      const events: ReflectorEvent[] = [];
      for (const [key, object] of objects) {
        if (seen.has(key)) continue;
        objects.delete(key);
        events.push({ type: 'deleted', object });
      }
      for (const object of list) events.push(...put(object));
      return events;
    },
    remove(object) {
      const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
      return objects.delete(key) ? [{ type: 'deleted', object }] : [];
    },
  };
}

/** Neither part can hold a slash. */
function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
