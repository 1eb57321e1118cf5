import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { mergeValues } from '../../../src/core/release/merge-values.ts';
import { composeValues } from '../../../src/core/release/values.ts';
import {
  MAX_VALUES_CHARS,
  MAX_VALUES_DEPTH,
  MAX_VALUES_TOKENS,
  readValuesYaml,
} from '../../../src/core/release/values-yaml.ts';

function valuesOf(text: string): unknown {
  const read = readValuesYaml(text);
  return read.ok ? read.values : read.code;
}

describe('a values file', () => {
  const table: readonly (readonly [text: string, values: unknown])[] = [
    ['', {}],
    ['# nothing\n', {}],
    ['~', {}],
    ['---\n...\n', {}],
    ['a: yes\nb: No\nc: on\nd: y\ne: n', { a: true, b: false, c: true, d: true, e: false }],
    ['y: 1\non: 2\nno: 3', { true: 2, false: 3 }],
    ['a: 017\nb: 0o17\nc: 0x1F\nd: 0b11\ne: 1_000', { a: 15, b: 15, c: 31, d: 3, e: 1000 }],
    ['a: 1e3\nb: 1.50\nc: -0\nd: .5\ne: 1.', { a: 1000, b: 1.5, c: 0, d: 0.5, e: 1 }],
    ['a: "yes"\nb: \'1\'\nc: !!str 1\nd: !mine 1', { a: 'yes', b: '1', c: '1', d: '1' }],
    ['a: 2001-12-14\nb: 1:30', { a: '2001-12-14', b: '1:30' }],
    ['a: 9007199254740993', { a: 9007199254740992 }],
    ['a: !!binary aGk=', { a: 'hi' }],
    ['a: !!int x', 'Invalid'],
    ['a: !!float 3', { a: 3 }],
    ['1: a\n1.5: b\n1000000.0: c\ntrue: d', { 1: 'a', 1.5: 'b', '1e+06': 'c', true: 'd' }],
    ['~: a', 'Invalid'],
    [
      '-0.0: a\n16777217.0: b\n1e21: c\n0.00001: d',
      { '-0': 'a', '1.6777216e+07': 'b', '1e+21': 'c', '1e-05': 'd' },
    ],
    ['[a]: b', 'Invalid'],
    ['a: .inf', 'Invalid'],
    ['- a', 'Invalid'],
    ['text', 'Invalid'],
    ['a: [', 'Invalid'],
    ['a: 1\na: 2', { a: 2 }],
    ['a: 1\n---\nb: [', { a: 1 }],
    ['a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    ['a: &x 1\nb: &x 2\nc: *x', { a: 1, b: 2, c: 2 }],
    ['a: *x', 'Invalid'],
    ['a: &x [*x]', 'Invalid'],
    ['a: &x {p: 1, q: 2}\nb: {p: 5, <<: *x, q: 7}', { a: { p: 1, q: 2 }, b: { p: 1, q: 7 } }],
    ['b:\n  <<: [{p: 1}, {p: 2, q: 3}]', { b: { p: 1, q: 3 } }],
    ['b: {<<: 1}', 'Invalid'],
    ['"<<": {a: 1}', { '<<': { a: 1 } }],
    ['a: |\n  x', { a: 'x' }],
    ['a: |\n  x\n', { a: 'x\n' }],
    ['a: |\n  x\n  ', { a: 'x\n' }],
    ['a: >+\n  x\n\n  y', { a: 'x\ny' }],
    ['a: |+\n  x\n\n', { a: 'x\n\n' }],
    ['a: |\n  x\n  y\nb: >-\n  x\n  y', { a: 'x\ny\n', b: 'x y' }],
  ];
  for (const [text, values] of table) {
    it(`reads ${JSON.stringify(text)} as go-yaml v2 does`, () => assert.deepEqual(valuesOf(text), values));
  }

  it('has no prototype to reach through __proto__', () => {
    const read = readValuesYaml('__proto__: {polluted: true}\nconstructor: 1');
    assert.ok(read.ok);
    assert.deepEqual(Object.keys(read.values), ['__proto__', 'constructor']);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    const merged = mergeValues(read.values, { a: 1 });
    assert.deepEqual(Object.keys(merged), ['__proto__', 'constructor', 'a']);
    assert.equal(Object.getPrototypeOf(merged), Object.prototype);
  });

  it('is refused beyond the limits of size, depth, tokens and alias expansion, and accepted at them', () => {
    assert.equal(valuesOf(`#${'x'.repeat(MAX_VALUES_CHARS)}`), 'TooLarge');
    assert.deepEqual(valuesOf(`#${'x'.repeat(MAX_VALUES_CHARS - 1)}`), {});
    const nested = (depth: number): string => `a: ${'['.repeat(depth)}${']'.repeat(depth)}`;
    assert.equal(valuesOf(nested(MAX_VALUES_DEPTH + 1)), 'TooDeep');
    assert.notEqual(valuesOf(nested(MAX_VALUES_DEPTH - 1)), 'TooDeep');
    assert.equal(valuesOf(`a: ${'{b: '.repeat(150_000)}`), 'TooDeep');
    assert.equal(valuesOf(`${'- '.repeat(20_000)}x`), 'TooDeep');
    assert.equal(valuesOf(`a: [${'1,'.repeat(MAX_VALUES_TOKENS)}1]`), 'TooLarge');
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const bomb = names.map((name, index) => {
      const item = index === 0 ? 'x' : `*${names[index - 1]}`;
      return `${name}: &${name} [${Array(9).fill(item).join(',')}]`;
    });
    assert.equal(valuesOf(bomb.join('\n')), 'TooManyNodes');
  });

  it('never shows its text in an error', () => {
    for (const text of [
      'password: [hunter2',
      'a: !!int hunter2',
      'a: *hunter2',
      '"hunter2',
      '\thunter2: [',
    ]) {
      const read = readValuesYaml(text);
      assert.ok(!read.ok, text);
      assert.ok(!read.message.includes('hunter2'), read.message);
    }
  });

  it('reads back JSON that was written as YAML', () => {
    const keys = fc.stringMatching(/^[a-z]{1,5}$/);
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const values = fc.dictionary(
      keys,
      fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(keys, leaf)),
    );
    fc.assert(
      fc.property(values, (object) => {
        const read = readValuesYaml(JSON.stringify(object));
        assert.ok(read.ok);
        assert.deepEqual(read.values, JSON.parse(JSON.stringify(object)));
      }),
    );
    assert.deepEqual(valuesOf(stringify({ a: { b: [1, 'x'] } })), { a: { b: [1, 'x'] } });
  });
});

describe('values from references', () => {
  const data: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'ConfigMap/cm': {
      'values.yaml': 'a: 1\nm: {x: 1, l: [1, 2]}',
      other: 'a: 2\nm: {l: [3]}',
      bad: 'secret: [',
    },
    'Secret/sec': { 'values.yaml': 'm: {z: 3}' },
  };
  const compose = (valuesFrom: readonly object[], values?: JsonObject): ReturnType<typeof composeValues> =>
    composeValues(
      { valuesFrom: valuesFrom as never, ...(values === undefined ? {} : { values }) },
      'ns',
      (kind, name) => data[`${kind}/${name}`],
    );

  it('are merged in order, maps deeply, lists replaced, inline values last', () => {
    const composed = compose(
      [
        { kind: 'ConfigMap', name: 'cm' },
        { kind: 'ConfigMap', name: 'cm', valuesKey: 'other' },
        { kind: 'Secret', name: 'sec' },
      ],
      { m: { x: null }, big: 9007199254740993n },
    );
    assert.deepEqual(composed, {
      ok: true,
      values: { a: 2, m: { x: null, l: [3], z: 3 }, big: 9007199254740992 },
    });
  });

  const missing: readonly (readonly [object, code: string])[] = [
    [{ kind: 'Secret', name: 'cm' }, 'NotFound'],
    [{ kind: 'ConfigMap', name: 'cm', valuesKey: 'toString' }, 'KeyNotFound'],
  ];
  for (const [reference, code] of missing) {
    it(`that lead nowhere are an error ${code} unless optional`, () => {
      const composed = compose([reference]);
      assert.equal(!composed.ok && composed.error.code, code);
      assert.deepEqual(compose([{ ...reference, optional: true }], { a: 1 }), { ok: true, values: { a: 1 } });
    });
  }

  it('that hold no YAML are an error even when optional, which names the reference and not the text', () => {
    const composed = compose([{ kind: 'ConfigMap', name: 'cm', valuesKey: 'bad', optional: true }]);
    assert.deepEqual(composed, {
      ok: false,
      error: {
        code: 'Invalid',
        index: 0,
        message:
          "could not resolve optional ConfigMap chart values reference 'ns/cm' with key 'bad': line 1: not valid YAML (BAD_INDENT)",
      },
    });
  });
});
