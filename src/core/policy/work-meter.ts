/** A judgement takes more work than it may cost. The rule that meets it denies. */
export class WorkLimitError extends Error {}

/** Counts the work of one judgement in steps, of 10 ns at worst, so that no values can make it long. */
export class WorkMeter {
  #steps = 0;
  readonly #limit: number;
  readonly #message: string;

  /** `message` says in one line what takes too much work. */
  constructor(limit: number, message: string) {
    this.#limit = limit;
    this.#message = message;
  }

  /** Steps since the last reset. */
  get steps(): number {
    return this.#steps;
  }

  reset(): void {
    this.#steps = 0;
  }

  /** Throws {@link WorkLimitError} once the limit is passed. */
  charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#limit) throw new WorkLimitError(this.#message);
  }
}
