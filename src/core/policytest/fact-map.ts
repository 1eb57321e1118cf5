import type { Fact } from '../policy/facts.ts';

/** Facts by key, with an answer for the keys that nobody wrote down. */
export class FactMap<T> extends Map<string, Fact<T>> {
  readonly #absent: Fact<T>;

  constructor(entries: Iterable<readonly [string, Fact<T>]>, absent: Fact<T>) {
    super(entries);
    this.#absent = absent;
  }

  override get(key: string): Fact<T> {
    return super.get(key) ?? this.#absent;
  }

  override has(_key: string): boolean {
    return true;
  }
}
