/** Arithmetic and joining. An int never becomes a double by itself, and one that 64 bits cannot hold is an error. */
import { CelError } from './cel-error.ts';
import { listItems } from './containers.ts';
import type { Run } from './run.ts';
import { Duration, durationOf, Timestamp, timestampOf } from './time-value.ts';
import { CelList, isList, kindOf, MAX_INT, MIN_INT, type Value } from './value.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

/** Applies a binary operator; throws where CEL has none for the types, on division by zero and on overflow. */
export function calculate(run: Run, operator: ArithmeticOperator, left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return checkInt(onInts(operator, left, right));
  if (typeof left === 'number' && typeof right === 'number' && operator !== '%')
    return onDoubles(operator, left, right);
  const result =
    operator === '+' ? join(run, left, right) : operator === '-' ? subtract(left, right) : undefined;
  if (result !== undefined) return result;
  throw new CelError(`no such overload: ${kindOf(left)} ${operator} ${kindOf(right)}`);
}

/** `-value` */
export function negate(value: Value): Value {
  if (typeof value === 'bigint') return checkInt(-value);
  if (typeof value === 'number') return -value;
  throw new CelError(`no such overload: -${kindOf(value)}`);
}

/** The int, when 64 bits hold it. */
export function checkInt(value: bigint): bigint {
  if (value >= MIN_INT && value <= MAX_INT) return value;
  throw new CelError('the result does not fit an int of 64 bits');
}

function onInts(operator: ArithmeticOperator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0n) throw new CelError('division by zero');
      return left / right;
    case '%':
      if (right === 0n) throw new CelError('modulus by zero');
      return left % right;
  }
}

function onDoubles(operator: '+' | '-' | '*' | '/', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
  }
}

function join(run: Run, left: Value, right: Value): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') {
    run.chargeText(left.length + right.length);
    return left + right;
  }
  if (isList(left) && isList(right)) {
    return new CelList([...listItems(run, left), ...listItems(run, right)]);
  }
  if (left instanceof Duration) {
    if (right instanceof Duration) return checkTime(durationOf(left.ns + right.ns));
    if (right instanceof Timestamp) return checkTime(timestampOf(left.ns + right.ns));
  }
  if (left instanceof Timestamp && right instanceof Duration)
    return checkTime(timestampOf(left.ns + right.ns));
  return undefined;
}

function subtract(left: Value, right: Value): Value | undefined {
  if (left instanceof Timestamp && right instanceof Timestamp)
    return checkTime(durationOf(left.ns - right.ns));
  if (left instanceof Timestamp && right instanceof Duration)
    return checkTime(timestampOf(left.ns - right.ns));
  if (left instanceof Duration && right instanceof Duration) return checkTime(durationOf(left.ns - right.ns));
  return undefined;
}

function checkTime<T extends Value>(value: T | undefined): T {
  if (value === undefined) throw new CelError('the result lies outside of the times that CEL can hold');
  return value;
}
