import type { Reflector, ReflectorEvent, ReflectorOptions, StartReflector } from '../io/contract.ts';

type Listener = ReflectorOptions['onEvent'];

interface Shared {
  readonly reflector: Reflector;
  readonly listeners: Set<Listener>;
}

/**
 * Lets all who watch the same resource with the same selection share one copy and one watch: the loop and the webhook of one
 * process hold each object once. Whoever comes later is told of what is there already. The watch ends when the last one
 * closes; its errors go to the `onError` of the first.
 */
export function shareReflectors(start: StartReflector): StartReflector {
  const running = new Map<string, Shared>();
  return (resource, { onEvent, onError, ...selection }) => {
    const { group, version, plural } = resource;
    const { namespace, labelSelector, fieldSelector, metadataOnly = false } = selection;
    const key = JSON.stringify([
      group,
      version,
      plural,
      namespace,
      labelSelector,
      fieldSelector,
      metadataOnly,
    ]);
    const known = running.get(key);
    if (known !== undefined) return join(known, onEvent, () => running.delete(key));
    const own: Listener = (event) => onEvent(event);
    const listeners = new Set([own]);
    const reflector = start(resource, {
      ...selection,
      onEvent: (event) => tellAll(listeners, event),
      ...(onError === undefined ? {} : { onError }),
    });
    const shared = { reflector, listeners };
    running.set(key, shared);
    return viewOf(shared, own, () => running.delete(key));
  };
}

/** Whoever comes later hears of what is there before anything new, and not before it holds its reflector. */
function join(shared: Shared, onEvent: Listener, onLast: () => void): Reflector {
  let live = false;
  const own: Listener = (event) => {
    if (live) onEvent(event);
  };
  shared.listeners.add(own);
  queueMicrotask(() => {
    if (!shared.listeners.has(own)) return;
    live = true;
    for (const object of shared.reflector.list()) onEvent({ type: 'added', object });
  });
  return viewOf(shared, own, onLast);
}

function viewOf({ reflector, listeners }: Shared, own: Listener, onLast: () => void): Reflector {
  return {
    synced: (signal) => reflector.synced(signal),
    find: (namespace, name) => reflector.find(namespace, name),
    list: () => reflector.list(),
    stalenessMs: () => reflector.stalenessMs(),
    close: async () => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      onLast();
      await reflector.close();
    },
  };
}

/** One listener that throws keeps nothing from the others; the reflector hears of the first. */
function tellAll(listeners: ReadonlySet<Listener>, event: ReflectorEvent): void {
  const failures: unknown[] = [];
  for (const listener of listeners) {
    try {
      listener(event);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
