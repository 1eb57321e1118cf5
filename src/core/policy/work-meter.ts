/** A judgement takes more work than it may cost. The rule that meets it denies. */
export class WorkLimitError extends Error {}

/**
 * Steps that all rules of a set together may take for one object: a second at worst, of the five that the webhook is registered with.
 * A validating call judges an object four times at most (with the set before a reload, as of a moment ago, and as it came, besides).
 */
export const MAX_EVALUATION_STEPS = 100_000_000;

/** Counts the work of a judgement in steps, of 10 ns at worst, so that no object can make it long. */
export class WorkMeter {
  #steps = 0;
  #limit: number;
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

  /** Steps that may still be charged. */
  get left(): number {
    return Math.max(0, this.#limit - this.#steps);
  }

  /** Begins anew, with another limit when one is given. */
  reset(limit: number = this.#limit): void {
    this.#steps = 0;
    this.#limit = limit;
  }

  /** Counts work that is done already, within what was left. */
  add(steps: number): void {
    this.#steps += steps;
  }

  /** Counts work; throws {@link WorkLimitError} once the limit is passed. */
  charge(steps: number): void {
    this.add(steps);
    if (this.#steps > this.#limit) throw new WorkLimitError(this.#message);
  }
}

/** The meter of one evaluation of a set; its steps may be fewer than {@link MAX_EVALUATION_STEPS} where an answer is not worth as many. */
export function evaluationMeter(limit: number = MAX_EVALUATION_STEPS): WorkMeter {
  return new WorkMeter(
    limit,
    'the rules take more work on this object than one judgement may cost: make it smaller, or the rules fewer',
  );
}
