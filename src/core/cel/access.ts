/** Fields of maps and items of lists: reading them, and asking whether they are there. */
import { CelError, UnknownFactError } from './cel-error.ts';
import { listItem, listSize, mapValue } from './containers.ts';
import { isList, isMap, kindOf, NONE, Optional, UnknownFact, type Value } from './value.ts';

/**
 * `operand.field` and `operand[key]`. `text` is the operand as it is written, for messages. Below an optional everything is optional.
 * Throws where there is no such key.
 */
export function readKey(operand: Value, key: Value, text: string): Value {
  if (operand instanceof Optional) return readOptionalKey(operand, key, text);
  const value = findKey(operand, key, text);
  if (value !== undefined) return value;
  if (isList(operand)) {
    const size = listSize(operand);
    throw new CelError(`index ${keyText(key)} is outside of ${shown(text)}, which has ${size} items`);
  }
  throw new CelError(`${shown(text)} has no key ${keyText(key)} (ask for it with has() or .?)`);
}

/** `operand.?field` and `operand[?key]`: none where there is no such key; below null, as below none, there is nothing. */
export function readOptionalKey(operand: Value, key: Value, text: string): Optional {
  const inner = operand instanceof Optional ? operand.value : operand;
  if (inner === undefined || inner === null) return NONE;
  const value = findKey(inner, key, text);
  return value === undefined ? NONE : new Optional(value);
}

/** `has(operand.field)`; a field that is null is there. */
export function hasKey(operand: Value, field: string, text: string): boolean {
  const inner = operand instanceof Optional ? operand.value : operand;
  return inner !== undefined && findKey(inner, field, text) !== undefined;
}

function findKey(operand: Value, key: Value, text: string): Value | undefined {
  if (isMap(operand)) return known(mapValue(operand, key));
  if (!isList(operand)) {
    throw new CelError(`${shown(text)} is ${articleOf(operand)}, so it has no key ${keyText(key)}`);
  }
  const index = typeof key === 'bigint' || Number.isSafeInteger(key) ? Number(key) : undefined;
  if (index === undefined) throw new CelError(`${shown(text)} is a list; ${keyText(key)} is no index of it`);
  return index >= 0 && index < listSize(operand) ? known(listItem(operand, index)) : undefined;
}

function known(value: Value | undefined): Value | undefined {
  if (value instanceof UnknownFact) throw new UnknownFactError(value);
  return value;
}

/** `null`, `a string`, `an int`. */
export function articleOf(value: Value): string {
  const kind = kindOf(value);
  if (kind === 'null_type') return 'null';
  const name = kind.replace('google.protobuf.', '').toLowerCase();
  return `${name === 'int' ? 'an' : 'a'} ${name.replace('_type', '')}`;
}

/** A key in a message; a long one is cut. */
export function keyText(key: Value): string {
  if (typeof key === 'string') return JSON.stringify(key.length > 80 ? `${key.slice(0, 77)}...` : key);
  return typeof key === 'bigint' || typeof key === 'number' || typeof key === 'boolean'
    ? String(key)
    : articleOf(key);
}

/** A piece of an expression in a message: one line of at most 60 characters. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
