import { checkInt } from '../arithmetic.ts';
import { CelError } from '../cel-error.ts';
import type { Run } from '../run.ts';
import { Duration, formatSpan, formatTimestamp, Timestamp } from '../time-value.ts';
import { kindOf, TypeValue, type Value } from '../value.ts';
import { type CelFunction, noOverload } from './function-definition.ts';

const INT_OF_TIMESTAMP = 'int(google.protobuf.Timestamp): int';
const TEXT_OF_TIME = [
  'string(google.protobuf.Timestamp): string',
  'string(google.protobuf.Duration): string',
];

export const CONVERSION_FUNCTIONS: readonly CelFunction[] = [
  {
    kind: 'global',
    name: 'int',
    signatures: ['int(int): int', 'int(double): int', 'int(string): int', INT_OF_TIMESTAMP],
    added: [INT_OF_TIMESTAMP],
    text: 'a whole number: a double cut towards zero, a text of digits, the seconds since 1970 of a timestamp',
    call: toInt,
  },
  {
    kind: 'global',
    name: 'double',
    signatures: ['double(double): double', 'double(int): double', 'double(string): double'],
    text: 'a number with decimals',
    call: toDouble,
  },
  {
    kind: 'global',
    name: 'string',
    signatures: [
      'string(string): string',
      'string(int): string',
      'string(double): string',
      'string(bool): string',
      ...TEXT_OF_TIME,
    ],
    added: TEXT_OF_TIME,
    text: 'the value as text; a timestamp in RFC 3339, a duration in seconds such as 3600s',
    call: toText,
  },
  {
    kind: 'global',
    name: 'bool',
    signatures: ['bool(bool): bool', 'bool(string): bool'],
    text: 'true or false from a text: 1, t, true, True, TRUE, 0, f, false, False, FALSE',
    call: toBool,
  },
  {
    kind: 'global',
    name: 'dyn',
    signatures: ['dyn(dyn): dyn'],
    text: 'the value, with its type left to be checked when it is evaluated',
    call: (_run, [value = null]) => value,
  },
  {
    kind: 'global',
    name: 'type',
    signatures: ['type(dyn): type'],
    text: 'the type of a value: int, double, string, bool, list, map, null_type, ...',
    call: (_run, [value = null]) => new TypeValue(kindOf(value)),
  },
];

function toInt(_run: Run, args: readonly Value[]): bigint {
  const [value = null] = args;
  if (typeof value === 'bigint') return value;
  if (value instanceof Timestamp) return BigInt(Math.floor(value.ms / 1000));
  if (typeof value === 'number' && Number.isFinite(value)) return checkInt(BigInt(Math.trunc(value)));
  if (typeof value === 'string' && /^[+-]?[0-9]{1,19}$/.test(value)) return checkInt(BigInt(value));
  throw typeof value === 'string' || typeof value === 'number'
    ? new CelError('int: the value is no whole number')
    : noOverload('int', args);
}

const DECIMAL = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

function toDouble(run: Run, args: readonly Value[]): number {
  const [value = null] = args;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') throw noOverload('double', args);
  run.chargeText(value.length);
  if (value.length <= 400 && DECIMAL.test(value)) return Number(value);
  throw new CelError('double: the text is no number');
}

function toText(_run: Run, args: readonly Value[]): string {
  const [value = null] = args;
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isNaN(value) ? 'NaN' : String(value).replace('Infinity', 'Inf').replace(/^Inf/, '+Inf');
    default:
      if (value instanceof Timestamp) return formatTimestamp(value);
      if (value instanceof Duration) return formatSpan(value);
      throw noOverload('string', args);
  }
}

const TRUE = ['1', 't', 'true', 'True', 'TRUE'];
const FALSE = ['0', 'f', 'false', 'False', 'FALSE'];

function toBool(_run: Run, args: readonly Value[]): boolean {
  const [value = null] = args;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw noOverload('bool', args);
  if (TRUE.includes(value)) return true;
  if (FALSE.includes(value)) return false;
  throw new CelError('bool: the text is neither true nor false');
}
