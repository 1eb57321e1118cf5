import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatPath, parsePath } from '../../../src/core/json/path.ts';
import {
  formatPointer,
  parsePointer,
  valueAt,
  withoutKeyAt,
  withValueAt,
} from '../../../src/core/json/pointer.ts';

describe('JSON pointers', () => {
  it('come back as the tokens they were made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (tokens) => {
        assert.deepEqual(parsePointer(formatPointer(tokens)), tokens);
      }),
    );
  });

  const rfc = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'm~n': 8 };
  const table = [
    ['', rfc],
    ['/foo', rfc.foo],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/m~0n', 8],
    ['/foo/01', undefined],
    ['/foo/-', undefined],
    ['/toString', undefined],
  ] as const;
  for (const [pointer, value] of table) {
    it(`find what RFC 6901 section 5 says at ${JSON.stringify(pointer)}`, () => {
      assert.deepEqual(valueAt(rfc, parsePointer(pointer) ?? ['?']), value);
    });
  }

  it('are refused without a leading slash or with a lone ~', () => {
    assert.equal(parsePointer('a'), undefined);
    assert.equal(parsePointer('/a~2'), undefined);
    assert.equal(parsePointer('/a~'), undefined);
  });

  it('set and remove values in a copy, sharing the rest', () => {
    const from = { a: { b: 1 }, c: { d: 2 } };
    const set = withValueAt(from, ['a', 'x', 'y'], 3);
    assert.deepEqual(set, { a: { b: 1, x: { y: 3 } }, c: { d: 2 } });
    assert.equal(set['c'], from.c);
    assert.deepEqual(withoutKeyAt(set, ['a', 'x']), from);
    assert.equal(withoutKeyAt(from, ['a', 'nothing']), from);
    assert.throws(() => withValueAt({ a: 1 }, ['a', 'b'], 2), /not an object/);
  });
});

describe('field paths', () => {
  it('are dotted, or pointers where keys hold dots', () => {
    assert.deepEqual(parsePath('spec.values.a'), ['spec', 'values', 'a']);
    assert.deepEqual(parsePath('/spec/values/my.key~1x'), ['spec', 'values', 'my.key/x']);
    for (const text of ['', 'a..b', '.a', 'a.', '/a//b', '/~2'])
      assert.equal(parsePath(text), undefined, text);
  });

  it('are shown so that odd keys cannot be mistaken for two parts', () => {
    assert.equal(formatPath(['spec', 'values', 'a.b', 'c']), 'spec.values["a.b"].c');
  });
});
