/** Texts that a parser of YAML explodes on, made as large as one likes; all of them are no policies. */
export interface HostileText {
  readonly name: string;
  /** A text of about `size` parts. */
  readonly make: (size: number) => string;
  /** The first error, with its place. */
  readonly error: RegExp;
}

const HEAD = 'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n';
const times = (size: number, part: (index: number) => string): string =>
  Array.from({ length: size }, (_, index) => part(index)).join('');

export const HOSTILE_TEXTS: readonly HostileText[] = [
  {
    name: 'an alias bomb, each list of nine times the one before',
    make: (size) => times(size, (at) => `a${at}: &a${at} [${`*a${Math.max(0, at - 1)}, `.repeat(9)}]\n`),
    error: /^b\.yaml:1:9: the anchor &a0 is not accepted here/,
  },
  {
    name: 'an alias that contains itself',
    make: (size) => `a: &a [${'*a, '.repeat(size)}]\n`,
    error: /^b\.yaml:1:7: the anchor &a is not accepted here/,
  },
  {
    name: 'deep nesting of lists',
    make: (size) => `${HEAD}  rules: ${'['.repeat(size)}${']'.repeat(size)}\n`,
    error: /^b\.yaml:5:\d+: nested too deeply here/,
  },
  {
    name: 'deep nesting of mappings',
    make: (size) => `${HEAD}  rules: ${'{a: '.repeat(size)}\n`,
    error: /^b\.yaml:5:\d+: nested too deeply here/,
  },
  {
    name: 'deep nesting by dashes',
    make: (size) => `${HEAD}  rules:\n  ${'- '.repeat(size)}a\n`,
    error: /^b\.yaml:6:\d+: nested too deeply here/,
  },
  {
    name: 'deep nesting by explicit keys',
    make: (size) => `${'? '.repeat(size)}a\n`,
    error: /^b\.yaml:1:\d+: nested too deeply here/,
  },
  {
    name: 'merge keys, quadratic: each mapping merges the one before',
    make: (size) =>
      HEAD + times(size, (at) => `  a${at}: &a${at} {<<: *a${Math.max(0, at - 1)}, k${at}: 1}\n`),
    error: /^b\.yaml:5:\d+: the anchor &a0 is not accepted here/,
  },
  {
    name: 'merge keys, quadratic: each mapping merges a list',
    make: (size) => HEAD + times(size, () => '  - {<<: [{a: 1}, {b: 2}]}\n'),
    error: /^b\.yaml:5:6: merge keys are not accepted here/,
  },
  {
    name: 'unknown tags',
    make: (size) => `${HEAD}  rules: [${'!!js/function "process.exit()", !x 1, '.repeat(size)}]\n`,
    error: /^b\.yaml:5:\d+: the tag tag:yaml\.org,2002:js\/function is not accepted here/,
  },
  {
    name: 'duplicate keys',
    make: (size) => HEAD + times(size, () => '  rules: []\n'),
    error: /^b\.yaml:6:3: Map keys must be unique/,
  },
  {
    name: 'one mapping of many keys, each to be compared with each',
    make: (size) => `${HEAD}  rules: []\n${times(size, (at) => `  k${at}: 1\n`)}`,
    error: /^b\.yaml:6:3: unknown field "k0" in spec/,
  },
  {
    name: 'many documents, each wrong',
    make: (size) => times(size, () => '---\nkind: 1\n'),
    error: /^b\.yaml:2:1: the document lacks the field apiVersion/,
  },
  {
    name: 'an error in each character',
    make: (size) => ']'.repeat(size),
    error: /^b\.yaml:1:1: Unexpected flow-seq-end token/,
  },
  {
    name: 'errors within one document',
    make: (size) => `a: [${', - '.repeat(size)}]\n`,
    error: /^b\.yaml:1:\d+: Implicit keys of flow sequence pairs/,
  },
];
