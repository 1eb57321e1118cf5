import fc from 'fast-check';

/** Texts of expressions by their type, over the fields of SAMPLE; some of them cannot be evaluated. */
export interface Grammar {
  readonly int: fc.Arbitrary<string>;
  readonly text: fc.Arbitrary<string>;
  readonly bool: fc.Arbitrary<string>;
  readonly list: fc.Arbitrary<string>;
}

/** What the expressions read. */
export const SAMPLE = { i: 3, j: -7, zero: 0, s: 'Abc', e: '', t: true, l: [1, 2, 3], n: { a: 1 } } as const;

/** Expressions nested so many levels; `names` are variables of type int in scope. */
export function wellTyped(depth: number, names: readonly string[] = []): Grammar {
  const ints = [
    '0',
    '1',
    '2',
    '5',
    '-3',
    'object.i',
    'object.j',
    'object.zero',
    'object.n.a',
    'object.none',
    ...names,
  ];
  const leaf = {
    int: fc.constantFrom(...ints),
    text: fc.constantFrom('"a"', '"Ab"', "''", '"bc"', 'object.s', 'object.e', 'object.none'),
    bool: fc.constantFrom(
      'true',
      'false',
      'object.t',
      'has(object.s)',
      'has(object.none)',
      'has(object.none.x)',
    ),
    list: fc.constantFrom('[1, 2]', 'object.l', '[object.i]', 'object.none'),
  };
  if (depth === 0) return leaf;
  const { int, text, bool, list } = wellTyped(depth - 1, names);
  const name = `x${depth}`;
  const inner = wellTyped(depth - 1, [...names, name]);
  const make = (parts: readonly fc.Arbitrary<string>[], build: (...parts: readonly string[]) => string) =>
    fc.tuple(...parts).map((made) => build(...made));
  const operator = (...operators: readonly string[]) => fc.constantFrom(...operators);
  return {
    int: fc.oneof(
      leaf.int,
      make([int, operator('+', '-', '*', '/', '%'), int], (a, op, b) => `(${a} ${op} ${b})`),
      make([text], (a) => `size(${a})`),
      make([list], (a) => `${a}.size()`),
      make([text, text], (a, b) => `${a}.indexOf(${b})`),
      make([list, int], (a, b) => `${a}[${b}]`),
      make([bool, int, int], (a, b, c) => `(${a} ? ${b} : ${c})`),
      make([int, inner.int], (a, b) => `cel.bind(${name}, ${a}, ${b})`),
      make([int], (a) => `object.?none.orValue(${a})`),
    ),
    text: fc.oneof(
      leaf.text,
      make([text, text], (a, b) => `(${a} + ${b})`),
      make([text, int], (a, b) => `${a}.substring(${b})`),
      make([text], (a) => `${a}.lowerAscii()`),
      make([int], (a) => `string(${a})`),
      make([bool, text, text], (a, b, c) => `(${a} ? ${b} : ${c})`),
    ),
    bool: fc.oneof(
      leaf.bool,
      make([bool, operator('&&', '||'), bool], (a, op, b) => `(${a} ${op} ${b})`),
      make([bool], (a) => `!${a}`),
      make([int, operator('==', '!=', '<', '<=', '>', '>='), int], (a, op, b) => `(${a} ${op} ${b})`),
      make([text, operator('==', '!=', '<', '>='), text], (a, op, b) => `(${a} ${op} ${b})`),
      make([list, operator('==', '!='), list], (a, op, b) => `(${a} ${op} ${b})`),
      make([text, operator('contains', 'startsWith', 'endsWith'), text], (a, op, b) => `${a}.${op}(${b})`),
      make([int, list], (a, b) => `(${a} in ${b})`),
      make(
        [list, operator('all', 'exists', 'exists_one'), inner.bool],
        (a, op, b) => `${a}.${op}(${name}, ${b})`,
      ),
    ),
    list: fc.oneof(
      leaf.list,
      make([int, int], (a, b) => `[${a}, ${b}]`),
      make([list, list], (a, b) => `(${a} + ${b})`),
      make([list, inner.int], (a, b) => `${a}.map(${name}, ${b})`),
      make([list, inner.bool], (a, b) => `${a}.filter(${name}, ${b})`),
    ),
  };
}
