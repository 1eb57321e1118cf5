import { CelError } from '../cel-error.ts';
import type { Literal } from '../expression-tree.ts';
import type { Run } from '../run.ts';
import { kindOf, type Value } from '../value.ts';

/** A function that expressions can call. */
export interface CelFunction {
  /** `global` is called as `size(x)`, `method` as `x.size()`, `member` as `semver.compare(a, b)`. */
  readonly kind: 'global' | 'method' | 'member';
  readonly name: string;
  /** In the library's notation, for its checker and for the reference; all take the same number of arguments. */
  readonly signatures: readonly string[];
  /** Those of them that the library's checker does not know by itself; of a `member`, all but those of `optional`. */
  readonly added?: readonly string[];
  /** One line, for the reference. */
  readonly text: string;
  /** The receiver of a method is the first argument. Pays for work that grows with its arguments; throws a CelError. */
  readonly call: (run: Run, args: readonly Value[]) => Value;
  /** Looks at the arguments that are written in the expression, when it is loaded; the others are undefined. */
  readonly prepare?: (literals: readonly (Literal | undefined)[]) => Prepared | undefined;
}

/** What a written argument gives: a call made for it, or what is wrong with it. */
export type Prepared =
  | { readonly call: CelFunction['call'] }
  | { readonly problem: string; readonly index: number };

/** Arguments that a function takes, its receiver included. */
export function arityOf({ kind, signatures }: CelFunction): number {
  const list = /\((.*)\):/.exec(signatures[0] ?? '')?.[1] ?? '';
  return (list === '' ? 0 : list.split(',').length) + (kind === 'method' ? 1 : 0);
}

/** An argument that must be a text. */
export function textArgument(name: string, args: readonly Value[], index: number): string {
  const value = args[index];
  if (typeof value === 'string') return value;
  throw noOverload(name, args);
}

/** An argument that must be an int, as a number: texts and lists are far below 2^53. */
export function intArgument(name: string, args: readonly Value[], index: number): number {
  const value = args[index];
  if (typeof value === 'bigint') return Number(value);
  throw noOverload(name, args);
}

export function noOverload(name: string, args: readonly Value[]): CelError {
  return new CelError(`no such overload: ${name}(${args.map(kindOf).join(', ')})`);
}
