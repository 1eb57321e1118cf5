import { calculate, negate } from './arithmetic.ts';
import { CelError, UnknownFactError } from './cel-error.ts';
import { compare, isEqual } from './compare.ts';
import { attempt, type Compiler, notBool, type Scope } from './compiler.ts';
import { listItem, listSize, mapValue } from './containers.ts';
import type { BinaryNode, ConditionalNode, LogicalNode, UnaryNode } from './expression-tree.ts';
import type { Run, Step } from './run.ts';
import { isList, isMap, kindOf, type Value } from './value.ts';

/**
 * `&&` and `||`: the side that decides wins, also over an error of the other one (CEL specification, "Logical operators"). Where nothing
 * decides, what is unknown goes before an error: it may be known the next time.
 */
export function compileLogical(node: LogicalNode, scope: Scope, compiler: Compiler): Step {
  const [left, right] = [compiler.step(node.left, scope), compiler.step(node.right, scope)];
  const [leftText, rightText] = [compiler.textOf(node.left), compiler.textOf(node.right)];
  const decisive = node.operator === '||';
  return (run) => {
    run.charge(1);
    const first = attempt(run, left);
    if (first === decisive) return decisive;
    const second = attempt(run, right);
    if (second === decisive) return decisive;
    if (first === !decisive && second === !decisive) return !decisive;
    const failures = [failureOf(first, leftText), failureOf(second, rightText)];
    throw failures.find((failure) => failure instanceof UnknownFactError) ?? failures[0] ?? failures[1];
  };
}

function failureOf(result: Value | CelError, text: string): CelError | undefined {
  if (typeof result === 'boolean') return undefined;
  return result instanceof CelError ? result : notBool(result, text);
}

export function compileConditional(node: ConditionalNode, scope: Scope, compiler: Compiler): Step {
  const condition = compiler.step(node.condition, scope);
  const text = compiler.textOf(node.condition);
  const [yes, no] = [compiler.step(node.yes, scope), compiler.step(node.no, scope)];
  return (run) => {
    run.charge(1);
    const value = condition(run);
    if (typeof value !== 'boolean') throw notBool(value, text);
    return value ? yes(run) : no(run);
  };
}

export function compileUnary(node: UnaryNode, scope: Scope, compiler: Compiler): Step {
  const operand = compiler.step(node.operand, scope);
  const text = compiler.textOf(node.operand);
  if (node.operator === '-') {
    return (run) => {
      run.charge(1);
      return negate(operand(run));
    };
  }
  return (run) => {
    run.charge(1);
    const value = operand(run);
    if (typeof value !== 'boolean') throw notBool(value, text);
    return !value;
  };
}

export function compileBinary(node: BinaryNode, scope: Scope, compiler: Compiler): Step {
  const [left, right] = [compiler.step(node.left, scope), compiler.step(node.right, scope)];
  const apply = binaryOperation(node.operator);
  return (run) => {
    run.charge(1);
    return apply(run, left(run), right(run));
  };
}

function binaryOperation(operator: BinaryNode['operator']): (run: Run, left: Value, right: Value) => Value {
  switch (operator) {
    case '==':
      return isEqual;
    case '!=':
      return (run, left, right) => !isEqual(run, left, right);
    case 'in':
      return isIn;
    case '<':
      return (run, left, right) => compare(run, left, right, '<') === -1;
    case '>':
      return (run, left, right) => compare(run, left, right, '>') === 1;
    case '<=':
      return (run, left, right) => (compare(run, left, right, '<=') ?? 1) <= 0;
    case '>=':
      return (run, left, right) => (compare(run, left, right, '>=') ?? -1) >= 0;
    default:
      return (run, left, right) => calculate(run, operator, left, right);
  }
}

function isIn(run: Run, value: Value, container: Value): boolean {
  if (isMap(container)) return mapValue(container, value) !== undefined;
  if (!isList(container)) throw new CelError(`no such overload: ${kindOf(value)} in ${kindOf(container)}`);
  const size = listSize(container);
  for (let index = 0; index < size; index += 1) {
    if (isEqual(run, value, listItem(container, index))) return true;
  }
  return false;
}
