import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse as parseWhole, stringify } from 'yaml';
import { type BoundedYaml, parseBoundedYaml, type YamlBounds } from '../../../src/core/chart/bounded-yaml.ts';
import type { Json } from '../../../src/core/json/json.ts';

const WIDE: YamlBounds = { maxChars: 10_000, maxDepth: 50, maxNodes: 10_000, maxLexemes: 10_000 };
const parse = (text: string, bounds: Partial<YamlBounds> = {}) =>
  parseBoundedYaml(text, { ...WIDE, ...bounds });
const value = (given: Json): BoundedYaml => ({ ok: true, value: given });
const refused = (message: string): BoundedYaml => ({ ok: false, message });

const READ: readonly (readonly [text: string, value: Json])[] = [
  ['', null],
  ['# only a comment\n', null],
  ['null', null],
  ['~', null],
  ['a:', { a: null }],
  ['1.10', '1.10'],
  ['{a: true, b: 0x10, c: 2026-01-01, d: "null"}', { a: 'true', b: '0x10', c: '2026-01-01', d: 'null' }],
  ['- a\n- [b, [c]]\n- {d: {}}\n', ['a', ['b', ['c']], { d: {} }]],
  ['a: {x: 1}\nb: {x: 1}\nx: 1\n', { a: { x: '1' }, b: { x: '1' }, x: '1' }],
  ['[{a: 1}, {a: 2}]', [{ a: '1' }, { a: '2' }]],
  ['a: |\n  a: 1\n  a: 2\n', { a: 'a: 1\na: 2\n' }],
  ['--- {a: 1}\n...\n', { a: '1' }],
  ['&x a', 'a'],
];

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ['a: 1\na: 2\n', 'map keys must be unique, "a" is not'],
  ['{"a": 1, \'a\': 2}', 'map keys must be unique, "a" is not'],
  ['b: [{c: {d: 1, d: 2}}]', 'map keys must be unique, "d" is not'],
  ['? {e: 1, e: 2}\n: x\n', 'map keys must be unique, "e" is not'],
  ['\'\': 1\n"": 2\n', 'map keys must be unique, "" is not'],
  [`{${'k'.repeat(101)}: 1, ${'k'.repeat(101)}: 2}`, `map keys must be unique, "${'k'.repeat(100)}" is not`],
  ['[&a 1, *a]', 'the alias *a is not followed'],
  ['{&a b: 1, *a : 2}', 'the alias *a is not followed'],
  ['a: 1\n---\na: 2\n', 'more than one YAML document'],
];

describe('YAML within bounds', () => {
  for (const [text, expected] of READ) {
    it(`reads ${JSON.stringify(text)} with every scalar but null as it is written`, () => {
      assert.deepEqual(parse(text), value(expected));
    });
  }

  for (const [text, message] of REFUSED) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}: ${message.slice(0, 60)}`, () => {
      assert.deepEqual(parse(text), refused(message));
    });
  }

  it('says in one line what is wrong with a text that is no YAML', () => {
    for (const text of ['a: "never closed', '[1', '@', 'a: b: c', '\tx: 1\n y']) {
      const read = parse(text);
      assert.equal(read.ok, false, text);
      assert.match(read.ok ? '' : read.message, /^\S[^\n]*[^:\n]$/);
    }
  });

  it('reads as many characters as its bound and no more', () => {
    assert.deepEqual(parse('abc', { maxChars: 3 }), value('abc'));
    assert.deepEqual(parse('abcd', { maxChars: 3 }), refused('YAML of 4 characters, at most 3 are read'));
  });

  const NESTED: readonly (readonly [string, (depth: number) => string])[] = [
    ['flow lists', (depth) => `${'['.repeat(depth)}x${']'.repeat(depth)}`],
    ['flow maps', (depth) => `${'{a: '.repeat(depth)}x${'}'.repeat(depth)}`],
    ['block lists', (depth) => `${'- '.repeat(depth)}x`],
    [
      'block maps',
      (depth) => Array.from({ length: depth }, (_, at) => `${' '.repeat(at)}a:`).join('\n') + ' x',
    ],
    ['keys', (depth) => `${'? '.repeat(depth)}x`],
  ];
  for (const [what, nested] of NESTED) {
    it(`reads ${what} as deep as its bound and no deeper, however deep they are`, () => {
      for (const maxDepth of [1, 2, 8]) {
        assert.equal(parse(nested(maxDepth), { maxDepth }).ok, true, `${maxDepth}`);
        for (const more of [1, 2, 100])
          assert.deepEqual(
            parse(nested(maxDepth + more), { maxDepth }),
            refused(`YAML nested deeper than ${maxDepth} levels`),
          );
      }
    });
  }

  it('counts each scalar, list and map as a node, and the document', () => {
    for (const [text, nodes] of [
      ['[a, b, c]', 5],
      ['a: b', 4],
      ['{a: {b: [c]}}', 7],
    ] as const) {
      assert.equal(parse(text, { maxNodes: nodes }).ok, true, text);
      assert.deepEqual(parse(text, { maxNodes: nodes - 1 }), refused(`more than ${nodes - 1} YAML nodes`));
    }
  });

  it('gives up at the first lexeme beyond its bound', () => {
    const least = (text: string) => {
      let maxLexemes = 0;
      while (!parse(text, { maxLexemes }).ok) maxLexemes += 1;
      return maxLexemes;
    };
    const perItem = ['a', ',', 'the mark before a scalar'].length;
    assert.equal(least('[a,a,a,a]') - least('[a,a,a]'), perItem);
    const bound = least('[a]') - 1;
    assert.deepEqual(parse('[a]', { maxLexemes: bound }), refused(`more than ${bound} YAML lexemes`));
    assert.deepEqual(parse('[[[[', { maxLexemes: 3, maxDepth: 50 }), refused('more than 3 YAML lexemes'));
  });

  it('reads of what a YAML library writes the same as the library does', () => {
    const marks = fc.constantFrom(...Array.from('a0 :{[|~"\\\n\té'), ' #', '- ', "'");
    const text = fc.string({ unit: marks });
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(
          text.filter((key) => key !== ''),
          tie('tree'),
          { maxKeys: 3, noNullPrototype: true },
        ),
      ),
    }));
    fc.assert(
      fc.property(tree, (given) => {
        const text = stringify(given);
        assert.deepEqual(parse(text), value(parseWhole(text) as Json));
      }),
    );
  });
});
