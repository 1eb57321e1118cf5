import { didYouMean } from '../policy/did-you-mean.ts';
import { CelError } from './cel-error.ts';
import { compileMacro, findMacro } from './compile-macro.ts';
import type { Compiler, Scope } from './compiler.ts';
import type { CallNode, ExpressionNode, Literal } from './expression-tree.ts';
import { callKey, FUNCTION_BY_CALL, FUNCTIONS } from './functions/function-catalogue.ts';
import { arityOf, type CelFunction } from './functions/function-definition.ts';
import { MAX_COST } from './limits.ts';
import { MACROS } from './macros.ts';
import { Run, type Step } from './run.ts';
import type { Value } from './value.ts';

/** Compiles a call of a function or of a macro. */
export function compileCall(node: CallNode, scope: Scope, compiler: Compiler): Step {
  const { kind, name, args } = calledAs(node, scope, compiler);
  const macro = findMacro(kind, name, node.args.length);
  if (macro !== undefined) return compileMacro(macro, node, scope, compiler);
  const called = FUNCTION_BY_CALL.get(callKey(kind, name, args.length));
  if (called === undefined) {
    reportUnknown(node, kind, name, compiler);
    // What a macro binds is no name where its arguments do not fit.
    if (!MACROS.some((known) => known.kind === kind && known.name === name))
      for (const arg of args) compiler.step(arg, scope);
    return () => null;
  }
  const steps = args.map((arg) => compiler.step(arg, scope));
  const literals = args.map(literalOf);
  const prepared = called.prepare?.(literals);
  if (prepared !== undefined && 'problem' in prepared) {
    compiler.problem(args[prepared.index]?.start ?? node.start, prepared.problem);
    return () => null;
  }
  if (literals.every((literal) => literal !== undefined)) return constant(called, literals, node, compiler);
  const call = prepared?.call ?? called.call;
  return (run) => {
    run.charge(1);
    const values: Value[] = [];
    for (const step of steps) values.push(step(run));
    return call(run, values);
  };
}

interface Called {
  readonly kind: CelFunction['kind'];
  readonly name: string;
  /** The receiver of a method comes first. */
  readonly args: readonly ExpressionNode[];
}

/** `semver.compare(a, b)` is a function of the group semver, unless something of that name stands in the expression. */
function calledAs({ name, receiver, args }: CallNode, scope: Scope, compiler: Compiler): Called {
  if (receiver === undefined) return { kind: 'global', name, args };
  if (
    receiver.kind === 'name' &&
    !scope.has(receiver.name) &&
    !compiler.isVariable(receiver.name) &&
    SPACES.has(receiver.name)
  )
    return { kind: 'member', name: `${receiver.name}.${name}`, args };
  return { kind: 'method', name, args: [receiver, ...args] };
}

/** `semver`, `url`, `optional`, `cel`. */
export const SPACES: ReadonlySet<string> = new Set(
  [...FUNCTIONS, ...MACROS]
    .filter(({ kind }) => kind === 'member')
    .map(({ name }) => name.split('.')[0] ?? ''),
);

function literalOf(node: ExpressionNode): Literal | undefined {
  return node.kind === 'literal' ? node.value : undefined;
}

/** What all arguments are written for is computed once; when it fails it would fail at every request. */
function constant(called: CelFunction, literals: readonly Value[], node: CallNode, compiler: Compiler): Step {
  try {
    const value = called.call(new Run(() => null, MAX_COST), literals);
    return (run) => {
      run.charge(1);
      return value;
    };
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    compiler.problem(node.start, error.message);
    return () => null;
  }
}

function reportUnknown(node: CallNode, kind: CelFunction['kind'], name: string, compiler: Compiler): void {
  const known = [
    ...FUNCTIONS.map((entry) => ({ ...entry, args: [arityOf(entry) - (entry.kind === 'method' ? 1 : 0)] })),
    ...MACROS,
  ].filter((entry) => entry.kind === kind);
  const offset = compiler.nameOffset(node);
  const same = known.filter((entry) => entry.name === name);
  if (same.length > 0) {
    const counts = [...new Set(same.flatMap(({ args }) => args))].toSorted((a, b) => a - b).join(' or ');
    compiler.problem(
      offset,
      `${name} takes ${counts} argument${counts === '1' ? '' : 's'}, not ${node.args.length}`,
    );
    return;
  }
  const hint = didYouMean(
    name,
    known.map((entry) => entry.name),
  );
  compiler.problem(offset, `there is no ${kind === 'method' ? 'method' : 'function'} ${name}()`, hint);
}
