import { OverBudgetError, UnknownFactError } from './cel-error.ts';
import { CHARACTERS_PER_UNIT } from './limits.ts';
import { UnknownFact, type Value } from './value.ts';

/** Gives the value of a variable; an UnknownFact where it is not known. */
export type ReadVariable = (name: string) => Value;

/** A step of a compiled expression. */
export type Step = (run: Run) => Value;

/** One evaluation: what it may still spend, the variables it has read and the items that it goes over. */
export class Run {
  /** Values of iteration variables, by the slot that the compiler gave each. */
  readonly locals: Value[] = [];
  readonly #read: ReadVariable;
  #values: Map<string, Value> | undefined;
  readonly #limit: number;
  #left: number;

  constructor(read: ReadVariable, limit: number) {
    this.#read = read;
    this.#limit = limit;
    this.#left = limit;
  }

  /** Pays for work before it is done; throws when nothing is left. */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new OverBudgetError(`it needs more than ${this.#limit} steps`);
  }

  /** Pays for passing over text. */
  chargeText(length: number): void {
    this.charge(1 + Math.floor(length / CHARACTERS_PER_UNIT));
  }

  /** Units spent so far; more than the limit once it ran out. */
  get cost(): number {
    return this.#limit - this.#left;
  }

  variable(name: string): Value {
    const known = this.#values?.get(name);
    if (known !== undefined) return known;
    const value = this.#read(name);
    if (value instanceof UnknownFact) throw new UnknownFactError(value);
    (this.#values ??= new Map<string, Value>()).set(name, value);
    return value;
  }
}
