import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import {
  endsLine,
  findLineEnd,
  isSilent,
  readBlockKey,
  skipSpaces,
  startsItem,
} from '../../../src/core/chart/block-key.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyOf = (line: string) => readBlockKey(bytes(line), 0, bytes(line).length);

/** A line, its key, and what stands after the colon. */
const KEYS: readonly (readonly [line: string, key: string, value: string])[] = [
  ['web:', 'web', ''],
  ['web: x', 'web', ' x'],
  ['web:\tx', 'web', '\tx'],
  ['web:\r', 'web', '\r'],
  ['web : x', 'web', ' x'],
  ['web \t: x', 'web', ' x'],
  ['a b: x', 'a b', ' x'],
  ['a:b: x', 'a:b', ' x'],
  ['a#b: x', 'a#b', ' x'],
  ['a-b: c: d', 'a-b', ' c: d'],
  ['nullable:', 'nullable', ''],
  ['xnull:', 'xnull', ''],
  ['nULL:', 'nULL', ''],
  ['"web": x', 'web', ' x'],
  ["'web' : x", 'web', ' x'],
  ['"web"\t:', 'web', ''],
  ['"a: b": c', 'a: b', ' c'],
  ['"# a": c', '# a', ' c'],
  ['"null":', 'null', ''],
  ['"": x', '', ' x'],
  [`${'k'.repeat(255)}:`, 'k'.repeat(255), ''],
];

const NO_KEYS: readonly string[] = [
  ...[
    '',
    'web',
    'web:x',
    'web #: x',
    'web\t#: x',
    '"web"',
    '"web":x',
    '"web" x: y',
    '"web',
    '\'web":',
    '"a\\"b": c',
  ],
  ...[
    '"a\\u0041": c',
    "'it''s': x",
    'null:',
    'Null:',
    'NULL: x',
    'ä: x',
    'a\u0007: x',
    'a\u007f: x',
    '"ä": x',
  ],
  ...Array.from('?:,[]{}#&*!|>%@`-<~=', (first) => `${first}a: x`),
  `${'k'.repeat(256)}:`,
];

describe('the key of a line', () => {
  for (const [line, key, value] of KEYS) {
    it(`of ${JSON.stringify(line.slice(0, 30))} is ${JSON.stringify(key.slice(0, 30))}`, () => {
      assert.deepEqual(keyOf(line), { key, valueFrom: line.length - value.length });
    });
  }

  for (const line of NO_KEYS) {
    it(`of ${JSON.stringify(line.slice(0, 30))} is left to a real parser`, () => {
      assert.equal(keyOf(line), undefined);
    });
  }

  it('is looked for in the line alone, not in what stands before and after it', () => {
    const text = 'a: b\nweb\n: x\n"y\n": z\n';
    const line = (from: number, to: number) => readBlockKey(bytes(text), from, to);
    assert.deepEqual(line(0, 4), { key: 'a', valueFrom: 2 });
    assert.deepEqual([line(5, 8), line(13, 15), line(4, 4), line(99, 120)], Array(4).fill(undefined));
    assert.deepEqual(readBlockKey(bytes('"a": b'), 0, 4), { key: 'a', valueFrom: 4 });
    assert.deepEqual(readBlockKey(bytes('a:b'), 0, 2), { key: 'a', valueFrom: 2 });
    for (const to of [1, 2]) assert.equal(readBlockKey(bytes('"a": b'), 0, to), undefined);
    assert.equal(readBlockKey(bytes('a: b'), 0, 1), undefined);
  });

  it('is the one that a YAML library reads, where one is found', () => {
    const piece = fc.constantFrom(
      'a',
      'B',
      '1',
      ' ',
      ':',
      ': ',
      '#',
      ' #',
      '-',
      '"',
      "'",
      '\\',
      '~',
      'null',
      '<',
      '{',
      ',',
    );
    const line = fc
      .array(piece, { minLength: 1, maxLength: 8 })
      .map((parts) => `${parts.join('').trim()}: 1`);
    fc.assert(
      fc.property(line, (text) => {
        const found = keyOf(text);
        if (found === undefined) return;
        const value = text.slice(found.valueFrom).trim();
        if (!/^\w*$/.test(value)) return;
        assert.deepEqual(Object.keys(parse(text, { schema: 'failsafe' }) as object), [found.key]);
      }),
    );
  });
});

describe('a line', () => {
  const whole = (text: string) => [bytes(text), 0, bytes(text).length] as const;

  it('ends after a key when blanks or a comment follow, and not when a value does', () => {
    for (const text of ['', ' ', '\t ', ' # c', '\t#', '\r', ' \r'])
      assert.equal(endsLine(...whole(text)), true, JSON.stringify(text));
    for (const text of ['#', 'x', ' x', ' - a', '  {']) assert.equal(endsLine(...whole(text)), false, text);
    assert.equal(endsLine(bytes('  x'), 0, 2), true);
  });

  it('starts an item with a dash before a blank or its end', () => {
    for (const text of ['-', '- a', '-\ta', '-\r']) assert.equal(startsItem(...whole(text)), true, text);
    for (const text of ['', '-a', '--', 'a', ' -']) assert.equal(startsItem(...whole(text)), false, text);
    assert.equal(startsItem(bytes('-a'), 0, 1), true);
    assert.equal(startsItem(bytes('- a'), 0, 0), false);
  });

  it('says nothing when it is blank or a comment', () => {
    for (const text of ['', '#', '# a', '   ', '\t', ' \r', '\r'])
      assert.equal(isSilent(...whole(text)), true, JSON.stringify(text));
    for (const text of ['a', ' a', '  # a', '- ', '\ta']) assert.equal(isSilent(...whole(text)), false, text);
    assert.equal(isSilent(bytes(' a'), 0, 1), true);
    assert.equal(isSilent(bytes('a'), 0, 0), true);
  });

  it('ends at its newline, or where the text does', () => {
    const text = bytes('ab\ncd\n');
    assert.deepEqual(
      [findLineEnd(text, 0, 6), findLineEnd(text, 2, 6), findLineEnd(text, 3, 6), findLineEnd(text, 6, 6)],
      [2, 2, 5, 6],
    );
    assert.deepEqual([findLineEnd(text, 0, 2), findLineEnd(text, 0, 1), findLineEnd(text, 3, 4)], [2, 1, 4]);
  });

  it('is indented by spaces alone', () => {
    assert.deepEqual(
      ['', 'a', '  a', ' \ta', '   '].map((text) => skipSpaces(...whole(text))),
      [0, 0, 2, 1, 3],
    );
    assert.equal(skipSpaces(bytes('    a'), 1, 3), 3);
  });
});
