/** Equality and order of values, as the CEL specification has them. */
import { CelError, UnknownFactError } from './cel-error.ts';
import { listItem, listSize, mapKeys, mapSize, mapValue } from './containers.ts';
import type { Run } from './run.ts';
import { Duration, Timestamp } from './time-value.ts';
import { isList, isMap, kindOf, TypeValue, UnknownFact, type Value } from './value.ts';

/** Values of different types are not equal; an int equals the double of the same value. Pays for each value looked at. */
export function isEqual(run: Run, left: Value, right: Value): boolean {
  run.charge(1);
  if (left instanceof UnknownFact) throw new UnknownFactError(left);
  if (right instanceof UnknownFact) throw new UnknownFactError(right);
  if (typeof left === 'string' || typeof right === 'string') return isSameText(run, left, right);
  if (isNumber(left)) return isNumber(right) && compareNumbers(left, right) === 0;
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null)
    return left === right;
  if (left instanceof Timestamp) return right instanceof Timestamp && left.ns === right.ns;
  if (left instanceof Duration) return right instanceof Duration && left.ns === right.ns;
  if (left instanceof TypeValue) return right instanceof TypeValue && left.name === right.name;
  if (isList(left)) {
    if (!isList(right) || listSize(left) !== listSize(right)) return false;
    for (let index = 0; index < listSize(left); index += 1) {
      if (!isEqual(run, listItem(left, index), listItem(right, index))) return false;
    }
    return true;
  }
  if (!isMap(left) || !isMap(right)) return false;
  const keys = mapKeys(run, left);
  if (keys.length !== mapSize(run, right)) return false;
  for (const key of keys) {
    const [one, other] = [mapValue(left, key), mapValue(right, key)];
    if (one === undefined || other === undefined || !isEqual(run, one, other)) return false;
  }
  return true;
}

function isSameText(run: Run, left: Value, right: Value): boolean {
  if (typeof left !== 'string' || typeof right !== 'string' || left.length !== right.length) return false;
  run.chargeText(left.length);
  return left === right;
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Undefined when one is not a number (NaN). JavaScript compares an int with a double by value, without rounding. */
function compareNumbers(left: number | bigint, right: number | bigint): -1 | 0 | 1 | undefined {
  if (left < right) return -1;
  if (left > right) return 1;
  return Number.isNaN(left) || Number.isNaN(right) ? undefined : 0;
}

/** The order of two values; undefined when one is NaN, which is neither below nor above anything. */
export function compare(run: Run, left: Value, right: Value, operator: string): -1 | 0 | 1 | undefined {
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') {
    run.chargeText(Math.min(left.length, right.length));
    return compareTexts(left, right);
  }
  if (typeof left === 'boolean' && typeof right === 'boolean')
    return compareNumbers(Number(left), Number(right));
  if (left instanceof Timestamp && right instanceof Timestamp) return compareNumbers(left.ns, right.ns);
  if (left instanceof Duration && right instanceof Duration) return compareNumbers(left.ns, right.ns);
  throw new CelError(`no such overload: ${kindOf(left)} ${operator} ${kindOf(right)}`);
}

/** By code points, as CEL orders text; JavaScript's own order is by UTF-16 units, which differs beyond U+FFFF. */
function compareTexts(left: string, right: string): -1 | 0 | 1 {
  const length = Math.min(left.length, right.length);
  let index = 0;
  while (index < length && left.charCodeAt(index) === right.charCodeAt(index)) index += 1;
  if (index === length) return left.length === right.length ? 0 : left.length < right.length ? -1 : 1;
  const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
  const [aHigh, bHigh] = [isSurrogate(a), isSurrogate(b)];
  if (aHigh !== bHigh) return aHigh ? 1 : -1;
  return a < b ? -1 : 1;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
