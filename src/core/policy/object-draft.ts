import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';

/**
 * An object under several changes. What one of them had to copy is written in place by the next, so that many changes below one parent cost
 * one copy of it; the object that it was made of, and the values that are set, stay as they are.
 */
export class ObjectDraft {
  #object: JsonObject;
  /** Copies of this draft's own, which nobody else has seen, and how many keys each has. */
  readonly #copies = new Map<JsonObject, number>();

  constructor(object: JsonObject) {
    this.#object = object;
  }

  /** The object with all changes so far; the one that came while there are none. It goes on changing with the draft. */
  get object(): JsonObject {
    return this.#object;
  }

  /** Sets a value below the root. Parents that are absent or null become objects; one that is anything else is the caller's mistake and throws. */
  set(tokens: readonly string[], value: Json): void {
    const last = tokens.at(-1);
    if (last === undefined) throw new Error('a value cannot be set at the root');
    this.#object = this.#writable(this.#object);
    let parent = this.#object;
    for (const token of tokens.slice(0, -1)) {
      const child = (Object.hasOwn(parent, token) ? parent[token] : undefined) ?? {};
      if (!isJsonObject(child)) throw new Error(`the parent at ${token} is not an object`);
      const writable = this.#writable(child);
      this.#put(parent, token, writable);
      parent = writable;
    }
    this.#put(parent, last, value);
  }

  /** Takes out what stands below the root; what is not there stays so. Parents stay, also when nothing else is in them. */
  remove(tokens: readonly string[]): void {
    const last = tokens.at(-1);
    const place = tokens.slice(0, -1);
    const holder = valueAt(this.#object, place);
    if (last === undefined || !isJsonObject(holder) || !Object.hasOwn(holder, last)) return;
    this.#object = this.#writable(this.#object);
    let parent = this.#object;
    for (const token of place) {
      const child = parent[token];
      if (!isJsonObject(child)) return;
      const writable = this.#writable(child);
      this.#put(parent, token, writable);
      parent = writable;
    }
    Reflect.deleteProperty(parent, last);
    this.#copies.set(parent, this.#size(parent) - 1);
  }

  /** Whether an object without keys stands there. */
  isEmptyAt(tokens: readonly string[]): boolean {
    const value = valueAt(this.#object, tokens);
    return isJsonObject(value) && this.#size(value) === 0;
  }

  #writable(object: JsonObject): JsonObject {
    if (this.#copies.has(object)) return object;
    const copy = { ...object };
    this.#copies.set(copy, this.#size(copy));
    return copy;
  }

  #size(object: JsonObject): number {
    return this.#copies.get(object) ?? Object.keys(object).length;
  }

  /** As an own property, so that `__proto__` stays plain data. */
  #put(copy: JsonObject, key: string, value: Json): void {
    if (!Object.hasOwn(copy, key)) this.#copies.set(copy, this.#size(copy) + 1);
    Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  }
}
