import { articleOf, shown } from './access.ts';
import { CelError } from './cel-error.ts';
import type { ExpressionNode } from './expression-tree.ts';
import { ERROR_COST } from './limits.ts';
import type { Run, Step } from './run.ts';
import type { Value } from './value.ts';

/** Names bound by macros, and the slot of each. */
export type Scope = ReadonlyMap<string, number>;

/** What the compilers of single nodes need of the one that compiles the whole. */
export interface Compiler {
  /** Compiles a node below. */
  step(node: ExpressionNode, scope: Scope): Step;
  /** The text of a node. */
  textOf(node: ExpressionNode): string;
  /** Reports what is wrong; the step that is returned then is never run. */
  problem(offset: number, message: string, hint?: string): void;
  newSlot(): number;
  isVariable(name: string): boolean;
  /** Offset of the name of a call. */
  nameOffset(node: ExpressionNode & { readonly kind: 'call' }): number;
}

/** The value of a step, or the error that it gave. What is no error of CEL goes through, above all the end of the budget. */
export function attempt(run: Run, step: Step): Value | CelError {
  try {
    return step(run);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    run.charge(ERROR_COST);
    return error;
  }
}

/** The error for a value that should have been true or false. */
export function notBool(value: Value, text: string): CelError {
  return new CelError(`${shown(text)} is ${articleOf(value)}, not true or false`);
}
