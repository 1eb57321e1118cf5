import { listSize, mapSize } from '../containers.ts';
import type { Run } from '../run.ts';
import { isList, isMap, type Value } from '../value.ts';
import { codePointCount } from './code-points.ts';
import { type CelFunction, noOverload } from './function-definition.ts';

export const COLLECTION_FUNCTIONS: readonly CelFunction[] = [
  {
    kind: 'global',
    name: 'size',
    signatures: ['size(string): int', 'size(list): int', 'size(map): int'],
    text: 'characters of a text, items of a list, keys of a map',
    call: size,
  },
  {
    kind: 'method',
    name: 'size',
    signatures: ['string.size(): int', 'list.size(): int', 'map.size(): int'],
    text: 'the same as a method',
    call: size,
  },
];

function size(run: Run, args: readonly Value[]): bigint {
  const [value = null] = args;
  if (typeof value === 'string') return BigInt(codePointCount(run, value));
  if (isList(value)) return BigInt(listSize(value));
  if (isMap(value)) return BigInt(mapSize(run, value));
  throw noOverload('size', args);
}
