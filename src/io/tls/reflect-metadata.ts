/**
 * @peculiar/x509 builds its registry with tsyringe, which refuses to load without `Reflect.getMetadata`. The three
 * functions it calls are defined here, unless a fuller implementation is already there. Import this before the library.
 */
type MetadataOf = Map<unknown, unknown>;
const store = new WeakMap<object, MetadataOf>();

const defineMetadata = (key: unknown, value: unknown, target: object): void => {
  const own = store.get(target) ?? new Map<unknown, unknown>();
  own.set(key, value);
  store.set(target, own);
};

const getOwnMetadata = (key: unknown, target: object): unknown => store.get(target)?.get(key);

const getMetadata = (key: unknown, target: object): unknown => {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const own = store.get(at);
    if (own?.has(key) === true) return own.get(key);
  }
  return undefined;
};

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { defineMetadata, getOwnMetadata, getMetadata });
