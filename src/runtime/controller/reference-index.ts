/**
 * Who refers to what: for each thing (a ConfigMap, a source, a release's place in storage) the keys of the objects that
 * name it. Things are texts made by the caller, `Kind/namespace/name`.
 */
export class ReferenceIndex {
  readonly #byThing = new Map<string, Set<string>>();
  readonly #byKey = new Map<string, readonly string[]>();

  /** Replaces what `key` refers to. */
  set(key: string, things: readonly string[]): void {
    this.delete(key);
    if (things.length === 0) return;
    this.#byKey.set(key, things);
    for (const thing of things) {
      const keys = this.#byThing.get(thing);
      if (keys === undefined) this.#byThing.set(thing, new Set([key]));
      else keys.add(key);
    }
  }

  delete(key: string): void {
    for (const thing of this.#byKey.get(key) ?? []) {
      const keys = this.#byThing.get(thing);
      keys?.delete(key);
      if (keys?.size === 0) this.#byThing.delete(thing);
    }
    this.#byKey.delete(key);
  }

  /** Keys of the objects that refer to the thing. */
  keysOf(thing: string): readonly string[] {
    return [...(this.#byThing.get(thing) ?? [])];
  }
}
