import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { withoutKeyAt, withValueAt } from '../../../src/core/json/pointer.ts';
import { readYaml, type YamlDocument } from '../../../src/core/policy/yaml-file.ts';
import { type RewriteResult, rewriteYaml } from '../../../src/core/yamledit/rewrite-yaml.ts';

type Edit = (object: JsonObject) => JsonObject;

const set =
  (path: string, value: Json): Edit =>
  (object) =>
    withValueAt(object, path.split('.'), value);
const remove =
  (path: string): Edit =>
  (object) =>
    withoutKeyAt(object, path.split('.'));
const all =
  (...edits: readonly Edit[]): Edit =>
  (object) =>
    edits.reduce((each, edit) => edit(each), object);

function documentsOf(text: string): readonly YamlDocument[] {
  const read = readYaml({ file: 'f', text }, 'manifest');
  assert.ok(read.ok);
  return read.documents;
}

function edited(text: string, edit: Edit, document = 0): RewriteResult {
  const source = { file: 'app.yaml', text };
  const read = readYaml(source, 'manifest');
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.errors));
  const from = read.documents[document]?.value as JsonObject;
  return rewriteYaml(source, read.documents, [{ document, tokens: [], from, to: edit(from) }]);
}

const cases: readonly (readonly [title: string, before: string, edit: Edit, after: string])[] = [
  [
    'adds a field behind the last one, in front of the comments that end the block',
    'spec:\n  interval: 5m # often\n  # retries: 3\n# end\n',
    set('spec.timeout', '1m'),
    'spec:\n  interval: 5m # often\n  timeout: 1m\n  # retries: 3\n# end\n',
  ],
  [
    'adds a field behind a comment that belongs to the block above',
    'spec:\n  install:\n    crds: Skip\n    # more to come\n  # end of spec\n',
    set('spec.timeout', '1m'),
    'spec:\n  install:\n    crds: Skip\n    # more to come\n  timeout: 1m\n  # end of spec\n',
  ],
  [
    'takes over four columns of indentation',
    'spec:\n    install:\n        crds: Skip\n',
    set('spec.upgrade.remediation.retries', 3),
    'spec:\n    install:\n        crds: Skip\n    upgrade:\n        remediation:\n            retries: 3\n',
  ],
  [
    'writes lists as the others are written: dashes below the key',
    'a:\n- 1\nb: 2\n',
    set('c', ['x', { y: 1, z: [2] }]),
    'a:\n- 1\nb: 2\nc:\n- x\n- "y": 1\n  z:\n  - 2\n',
  ],
  [
    'writes lists as the others are written: dashes indented',
    'a:\n    - 1\nb: 2\n',
    set('c', ['x']),
    'a:\n    - 1\nb: 2\nc:\n    - x\n',
  ],
  [
    'adds to a flow mapping in its own style',
    'spec: {interval: 5m, chart: { spec: {chart: x} }} # all\n',
    all(set('spec.timeout', '1m'), set('spec.chart.metadata', { labels: { a: 'b' } })),
    'spec: {interval: 5m, chart: { spec: {chart: x}, metadata: { labels: { a: b } } }, timeout: 1m} # all\n',
  ],
  [
    'adds to a flow mapping over several lines, behind its last comment',
    'spec: {\n  interval: 5m, # a\n  suspend: false # b\n}\n',
    set('spec.timeout', '1m'),
    'spec: {\n  interval: 5m, # a\n  suspend: false, # b\n  timeout: 1m\n}\n',
  ],
  [
    'quotes like its neighbours, when all of them are quoted',
    's: {"a": 1, "b": 2}\n',
    set('s.c', 'x'),
    's: {"a": 1, "b": 2, "c": "x"}\n',
  ],
  [
    'leaves plain what stands beside a plain key',
    's: {"a": 1, b: 2}\n',
    set('s.c', 'x'),
    's: {"a": 1, b: 2, c: x}\n',
  ],
  [
    'writes as tightly as its neighbours',
    's: {"a":1,"b":2}\n',
    set('s.c', 'x'),
    's: {"a":1,"b":2,"c":"x"}\n',
  ],
  [
    'keeps a blank behind a plain key, without which it is no key',
    's: {a: 1,b: 2}\n',
    set('s.c', 3),
    's: {a: 1,b: 2,c: 3}\n',
  ],
  ['pads braces as they are padded', 's: { a: 1 }\n', set('s.b', 2), 's: { a: 1, b: 2 }\n'],
  ['adds to tight JSON', '{"spec":{"a":1}}\n', set('spec.b', { c: 'x' }), '{"spec":{"a":1,"b":{"c":"x"}}}\n'],
  ['adds to JSON with blanks', '{"spec": {"a": 1}}\n', set('spec.b', 'x'), '{"spec": {"a": 1, "b": "x"}}\n'],
  ['keeps a trailing comma', 'spec: {\n  a: 1,\n}\n', set('spec.b', 2), 'spec: {\n  a: 1,\n  b: 2,\n}\n'],
  ['fills an empty flow mapping', 'spec: {} # none\n', set('spec.a', 1), 'spec: {a: 1} # none\n'],
  [
    'fills a key that has no value',
    'spec: # all of it\nkind: X\n',
    set('spec', { a: 1 }),
    'spec: # all of it\n  a: 1\nkind: X\n',
  ],
  [
    'fills a key that has no value at the end of the file',
    'kind: X\nspec:',
    set('spec', { a: 1 }),
    'kind: X\nspec:\n  a: 1',
  ],
  ['keeps single quotes', "v: '*' # any\n", set('v', '>=1.0.0'), "v: '>=1.0.0' # any\n"],
  ['keeps double quotes', 'v: "*" # any\n', set('v', '1.x'), 'v: "1.x" # any\n'],
  [
    'quotes a plain value only where it must',
    'v: 1.x\nw: x\n',
    all(set('v', '2.x'), set('w', '1.10')),
    'v: 2.x\nw: "1.10"\n',
  ],
  ['prefers the quotes of the file', "a: 'x'\nv: 1.x\n", set('v', '>=2'), "a: 'x'\nv: '>=2'\n"],
  ['replaces a text of several lines', 'v: |\n  one\n  two\nw: 1\n', set('v', 'short'), 'v: short\nw: 1\n'],
  [
    'removes a field and keeps its comment',
    'spec:\n  # about a\n  a: 1 # why\n  b: 2\n',
    remove('spec.a'),
    'spec:\n  # about a\n  # why\n  b: 2\n',
  ],
  [
    'removes the first field behind a dash',
    '- a: 1\n  b: 2\n',
    (list) => [{ b: 2 }] as unknown as typeof list,
    '- b: 2\n',
  ],
  ['removes the last field of a block', 'spec:\n  a: 1\nkind: X\n', remove('spec.a'), 'spec: {}\nkind: X\n'],
  [
    'removes from a flow mapping',
    'spec: {a: 1, b: 2, c: 3}\n',
    all(remove('spec.a'), remove('spec.c')),
    'spec: {b: 2}\n',
  ],
  [
    'puts an item in front, above the comment of the first one',
    'files:\n  # base\n  - base.yaml\n  - prod.yaml # last\n',
    set('files', ['new.yaml', 'base.yaml', 'prod.yaml']),
    'files:\n  - new.yaml\n  # base\n  - base.yaml\n  - prod.yaml # last\n',
  ],
  [
    'puts an item in front of a flow list',
    'files: [base.yaml]\n',
    set('files', ['new.yaml', 'base.yaml']),
    'files: [new.yaml, base.yaml]\n',
  ],
  [
    'keeps Windows line ends and the missing one at the end',
    'spec:\r\n  a: 1\r\nkind: X',
    all(set('spec.b', { c: 1 }), set('z', 1)),
    'spec:\r\n  a: 1\r\n  b:\r\n    c: 1\r\nkind: X\r\nz: 1',
  ],
  [
    'keeps what is unknown, large or odd',
    'a: 12345678901234567890 # big\n"b c": ~\nd: 0x1F\n',
    set('e', 1),
    'a: 12345678901234567890 # big\n"b c": ~\nd: 0x1F\ne: 1\n',
  ],
  [
    'keeps an anchor that nobody uses',
    'a: &here 1\nb: &there\n  c: 1\n',
    all(set('a', 2), set('b.d', 1)),
    'a: &here 2\nb: &there\n  c: 1\n  d: 1\n',
  ],
  [
    'leaves anchors and aliases elsewhere alone',
    'x: &x {a: 1}\ny: *x\nz:\n  b: 1\n',
    set('z.c', 1),
    'x: &x {a: 1}\ny: *x\nz:\n  b: 1\n  c: 1\n',
  ],
  [
    'writes a text of several lines as a block',
    'a: 1\n',
    set('b', 'one\n\ntwo\n'),
    'a: 1\nb: |\n  one\n\n  two\n',
  ],
  [
    'keeps the layout of compact JSON',
    '{"a":1,"b":{}}',
    all(set('b.c', '1'), set('d', [])),
    '{"a":1,"b":{"c":"1"},"d":[]}',
  ],
  [
    'keeps the layout of indented JSON',
    '{\n\t"a": {\n\t\t"b": [1]\n\t},\n\t"c": {}\n}\n',
    all(set('a.b', [1, 2]), set('a.d', { e: 1 }), set('c.f', 1)),
    '{\n\t"a": {\n\t\t"b": [1, 2],\n\t\t"d": {\n\t\t\t"e": 1\n\t\t}\n\t},\n\t"c": {\n\t\t"f": 1\n\t}\n}\n',
  ],
];

describe('rewriting YAML', () => {
  for (const [title, before, edit, after] of cases) {
    it(title, () => {
      const result = edited(before, edit);
      assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.errors));
      assert.equal(result.text, after);
    });
  }

  it('edits several values of several documents at once', () => {
    const text = '# first\na: 1\n---\n# empty\n---\nitems:\n- b: 1 # one\n- b: 2\n';
    const result = rewriteYaml({ file: 'f', text }, documentsOf(text), [
      { document: 0, tokens: [], from: { a: 1 }, to: { a: 2 } },
      { document: 1, tokens: ['items', '0'], from: { b: 1 }, to: { b: 3, c: 4 } },
      { document: 1, tokens: ['items', '1'], from: { b: 2 }, to: { b: 2, c: 5 } },
    ]);
    assert.ok(result.ok);
    assert.equal(
      result.text,
      '# first\na: 2\n---\n# empty\n---\nitems:\n- b: 3 # one\n  c: 4\n- b: 2\n  c: 5\n',
    );
  });

  const refused: readonly (readonly [
    title: string,
    text: string,
    edit: Edit,
    place: string,
    message: RegExp,
  ])[] = [
    [
      'an alias',
      'a: &a {x: 1}\nb: *a\n',
      set('b.y', 1),
      '2:4',
      /^cannot be edited: the alias \*a stands where a change is needed$/,
    ],
    [
      'what an alias refers to',
      'a: &a\n  x: 1\nb: *a\n',
      set('a.y', 1),
      '2:3',
      /^cannot be edited: a change is needed within the anchor &a, which is used elsewhere too$/,
    ],
    ['a value within it', 'a: &a {x: {y: 1}}\nb: *a\n', set('a.x.y', 2), '1:7', /anchor &a/],
    ['a value with an anchor that would go', 'a: {x: &v 1}\nb: *v\n', remove('a'), '1:11', /anchor &v/],
    [
      'a document that would be all new',
      'a: 1\n',
      () => ({ b: 1 }),
      '1:1',
      /the whole document would have to be written anew/,
    ],
  ];
  for (const [title, text, edit, place, message] of refused) {
    it(`refuses to touch ${title}, with its place`, () => {
      const result = edited(text, edit);
      assert.ok(!result.ok);
      assert.equal(result.errors.length, 1);
      const [error] = result.errors;
      assert.equal(`${error?.line}:${error?.column}`, place);
      assert.match(error?.message ?? '', message);
      assert.ok(error?.hint !== undefined);
    });
  }

  it('refuses what it was asked to change when that is not what stands there', () => {
    const text = 'a: 1\nb: 2\n';
    const result = rewriteYaml({ file: 'f', text }, documentsOf(text), [
      { document: 0, tokens: [], from: { a: 1, b: 3 }, to: { a: 5, b: 3 } },
    ]);
    assert.ok(!result.ok);
    assert.match(result.errors[0]?.message ?? '', /the result would not read as asked/);
  });
});
