import type { RepositoryIndex } from '../../io/contract.ts';

/** An index and what it was fetched for: it counts only while the repository still says the same. */
export interface HeldIndex {
  readonly index: RepositoryIndex;
  /** The URL that it came from. */
  readonly url: string;
}

/** The newest index of each HelmRepository, by `namespace/name`. */
export class IndexStore {
  readonly #held = new Map<string, HeldIndex>();

  find(key: string): HeldIndex | undefined {
    return this.#held.get(key);
  }

  /** Keeps an index; true when its content or its URL differs from the one before. */
  keep(key: string, held: HeldIndex): boolean {
    const before = this.#held.get(key);
    this.#held.set(key, held);
    return before?.index.digest !== held.index.digest || before.url !== held.url;
  }

  drop(key: string): void {
    this.#held.delete(key);
  }
}
