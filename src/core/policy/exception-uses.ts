/** Which exceptions are needed, and which nothing needs any more. */
import type { Decision } from './decision.ts';
import type { CompiledException } from './exception.ts';
import type { PolicySet } from './policy-set.ts';

/**
 * Counts the uses of exceptions over decisions: one for each decision and rule. A dry run counts none, nor does the mutating
 * endpoint's decision, which names none.
 */
export class ExceptionUses {
  readonly #uses = new Map<string, number>();

  add({ exceptions = [] }: Pick<Decision, 'exceptions'>, dryRun: boolean): void {
    if (dryRun) return;
    for (const { exception } of exceptions) this.#uses.set(exception, this.usesOf(exception) + 1);
  }

  /** By the exception's name; 0 for one that was never needed. */
  usesOf(exception: string): number {
    return this.#uses.get(exception) ?? 0;
  }

  /**
   * The exceptions of a set that nothing needed so far, in the order of the files: after the decisions about all objects that exist,
   * those that nothing needs any more.
   */
  unusedOf(set: PolicySet): readonly CompiledException[] {
    return (set.exceptions ?? []).filter(({ name }) => this.usesOf(name) === 0);
  }
}
