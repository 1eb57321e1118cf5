/** Remembers the last verdict on each release, so that the audit log gets a row when it changes and not each interval. */
export class VerdictMemory {
  readonly #last = new Map<string, string>();

  /** Whether the verdict differs from the one before; remembers it. */
  isNew(key: string, verdict: string): boolean {
    if (this.#last.get(key) === verdict) return false;
    this.#last.set(key, verdict);
    return true;
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}
