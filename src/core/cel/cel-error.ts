import type { UnknownFact } from './value.ts';

/** An error of CEL: `||`, `&&`, `all` and `exists` go on after it where the rest decides (CEL specification, "Logical operators"). */
export class CelError extends Error {
  override readonly name: string = 'CelError';
}

/** The expression has read a fact that is not known. It is absorbed as errors are: `unknown || true` is true. */
export class UnknownFactError extends CelError {
  override readonly name = 'UnknownFactError';
  readonly fact: UnknownFact;

  constructor(fact: UnknownFact) {
    super(`${fact.what} is not known (${fact.why})`);
    this.fact = fact;
  }
}

/** The evaluation has spent what it may. Nothing absorbs this one, so it is no CelError. */
export class OverBudgetError extends Error {
  override readonly name = 'OverBudgetError';
}
