/** What looks like a call but takes expressions instead of values. */
export interface Macro {
  /** `semver.compare` is a function, `cel.bind` a macro; the others are called as `list.all(x, ...)`, or `has` alone. */
  readonly kind: 'global' | 'method' | 'member';
  readonly name: string;
  readonly args: readonly number[];
  /** As it is written, for the reference. */
  readonly usage: string;
  readonly text: string;
}

export const MACROS: readonly Macro[] = [
  {
    kind: 'global',
    name: 'has',
    args: [1],
    usage: 'has(a.b.c)',
    text: 'whether the last field is there; an error when one before it is not',
  },
  {
    kind: 'method',
    name: 'all',
    args: [2],
    usage: 'list.all(x, test)',
    text: 'whether the test holds for all items; of a map, for all keys',
  },
  {
    kind: 'method',
    name: 'exists',
    args: [2],
    usage: 'list.exists(x, test)',
    text: 'whether it holds for one at least',
  },
  {
    kind: 'method',
    name: 'exists_one',
    args: [2],
    usage: 'list.exists_one(x, test)',
    text: 'whether it holds for exactly one',
  },
  {
    kind: 'method',
    name: 'filter',
    args: [2],
    usage: 'list.filter(x, test)',
    text: 'the items for which it holds',
  },
  {
    kind: 'method',
    name: 'map',
    args: [2, 3],
    usage: 'list.map(x, value), list.map(x, test, value)',
    text: 'a value for each item, or for each that passes the test',
  },
  {
    kind: 'member',
    name: 'cel.bind',
    args: [3],
    usage: 'cel.bind(x, value, expression)',
    text: 'the expression with a name for a value',
  },
  {
    kind: 'method',
    name: 'orValue',
    args: [1],
    usage: 'optional.orValue(value)',
    text: 'the value of the optional, or what is given instead',
  },
  {
    kind: 'method',
    name: 'or',
    args: [1],
    usage: 'optional.or(optional)',
    text: 'the optional when it has a value, else the other one',
  },
];
