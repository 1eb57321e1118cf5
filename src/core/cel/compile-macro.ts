import { articleOf, hasKey, shown } from './access.ts';
import { CelError } from './cel-error.ts';
import { attempt, type Compiler, notBool, type Scope } from './compiler.ts';
import { listItem, listSize, mapKeys } from './containers.ts';
import type { CallNode, ExpressionNode } from './expression-tree.ts';
import { MACROS, type Macro } from './macros.ts';
import type { Run, Step } from './run.ts';
import { CelList, isList, isMap, Optional, type Value } from './value.ts';

const BY_NAME: ReadonlyMap<string, Macro> = new Map(
  MACROS.map((macro) => [`${macro.kind} ${macro.name}`, macro]),
);

/** The macro that a call is, if it is one; the same name with another number of arguments is a function, or nothing. */
export function findMacro(kind: Macro['kind'], name: string, args: number): Macro | undefined {
  const macro = BY_NAME.get(`${kind} ${name}`);
  return macro?.args.includes(args) === true ? macro : undefined;
}

/** Compiles the call of a macro. */
export function compileMacro({ name }: Macro, node: CallNode, scope: Scope, compiler: Compiler): Step {
  const [first, second, third] = node.args;
  const { receiver } = node;
  if (first === undefined) throw new Error(`the macro ${name} without an argument`);
  if (name === 'has') return compileHas(first, scope, compiler);
  if (receiver !== undefined && second === undefined)
    return compileOr(name, receiver, first, scope, compiler);
  if (receiver === undefined || second === undefined || first.kind !== 'name') {
    compiler.problem(first.start, `the first argument of ${name} must be a name`);
    return never;
  }
  const slot = compiler.newSlot();
  const inner = new Map([...scope, [first.name, slot]]);
  if (name === 'cel.bind' && third !== undefined) {
    const [value, body] = [compiler.step(second, scope), compiler.step(third, inner)];
    return (run) => {
      run.charge(1);
      run.locals[slot] = value(run);
      return body(run);
    };
  }
  const items = compiler.step(receiver, scope);
  const text = compiler.textOf(receiver);
  const test = { step: compiler.step(second, inner), text: compiler.textOf(second) };
  const loop = { items, text, slot };
  if (name === 'all' || name === 'exists') return quantifier(loop, test, name === 'exists');
  if (name === 'exists_one') return existsOne(loop, test);
  if (name === 'filter') return collect(loop, test, (run) => run.locals[slot] ?? null);
  if (third === undefined) return collect(loop, undefined, test.step);
  return collect(loop, test, compiler.step(third, inner));
}

const never: Step = () => {
  throw new Error('an expression with problems was evaluated');
};

function compileHas(node: ExpressionNode, scope: Scope, compiler: Compiler): Step {
  // The library's checker knows no other form, although CEL allows any expression in front of the field.
  if (node.kind !== 'select' || !isFieldPath(node)) {
    const hint = 'ask for other keys with: "key" in map';
    compiler.problem(node.start, 'has() takes fields only, such as has(object.spec.suspend)', hint);
    return never;
  }
  const operand = compiler.step(node.operand, scope);
  const { field } = node;
  const text = compiler.textOf(node.operand);
  return (run) => {
    run.charge(1);
    return hasKey(operand(run), field, text);
  };
}

/** `a.b.c` */
function isFieldPath(node: ExpressionNode): boolean {
  return node.kind === 'name' || (node.kind === 'select' && isFieldPath(node.operand));
}

function compileOr(
  name: string,
  receiver: ExpressionNode,
  other: ExpressionNode,
  scope: Scope,
  compiler: Compiler,
): Step {
  const [optional, instead] = [compiler.step(receiver, scope), compiler.step(other, scope)];
  const [text, otherText] = [compiler.textOf(receiver), compiler.textOf(other)];
  return (run) => {
    run.charge(1);
    const first = asOptional(optional(run), text);
    if (name === 'orValue') return first.value ?? instead(run);
    return first.value === undefined ? asOptional(instead(run), otherText) : first;
  };
}

function asOptional(value: Value, text: string): Optional {
  if (value instanceof Optional) return value;
  throw new CelError(`${shown(text)} is ${articleOf(value)}, not an optional; read it with .?`);
}

interface Loop {
  readonly items: Step;
  readonly text: string;
  readonly slot: number;
}

interface Test {
  readonly step: Step;
  readonly text: string;
}

/** `all` and `exists` are `&&` and `||` over the items: one that decides wins over errors of others. */
function quantifier(loop: Loop, { step, text }: Test, decisive: boolean): Step {
  return (run) => {
    let failure: CelError | undefined;
    const decided = visitItems(run, loop, () => {
      const result = attempt(run, step);
      if (result === decisive) return true;
      if (result !== !decisive) failure ??= result instanceof CelError ? result : notBool(result, text);
      return false;
    });
    if (decided) return decisive;
    if (failure !== undefined) throw failure;
    return !decisive;
  };
}

function existsOne(loop: Loop, test: Test): Step {
  return (run) => {
    let count = 0;
    visitItems(run, loop, () => {
      if (holds(run, test)) count += 1;
      return false;
    });
    return count === 1;
  };
}

function collect(loop: Loop, test: Test | undefined, value: Step): Step {
  return (run) => {
    const collected: Value[] = [];
    visitItems(run, loop, () => {
      if (test === undefined || holds(run, test)) collected.push(value(run));
      return false;
    });
    return new CelList(collected);
  };
}

function holds(run: Run, { step, text }: Test): boolean {
  const result = step(run);
  if (typeof result !== 'boolean') throw notBool(result, text);
  return result;
}

/** Puts the items of a list, or the keys of a map, into the loop's slot one after the other until `visit` says that it is decided. */
function visitItems(run: Run, { items, text, slot }: Loop, visit: () => boolean): boolean {
  run.charge(1);
  const container = items(run);
  if (isMap(container)) {
    return mapKeys(run, container).some((key) => {
      run.locals[slot] = key;
      return visit();
    });
  }
  if (!isList(container))
    throw new CelError(`${shown(text)} is ${articleOf(container)}, not a list or a map`);
  const size = listSize(container);
  for (let index = 0; index < size; index += 1) {
    run.charge(1);
    run.locals[slot] = listItem(container, index);
    if (visit()) return true;
  }
  return false;
}
