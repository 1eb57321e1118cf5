import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { Json } from '../../../src/core/json/json.ts';
import type { PatchOperation } from '../../../src/core/json/patch.ts';

const add = (path: string, value: Json = 'x'): PatchOperation => ({ op: 'add', path, value });
const replace = (path: string, value: Json = 'x'): PatchOperation => ({ op: 'replace', path, value });
const remove = (path: string): PatchOperation => ({ op: 'remove', path });

const DOCUMENT = { a: { b: null, '': 1 }, list: ['p', 'q'], 'm/n': 0, '~': 0 };

const APPLIED: readonly (readonly [operation: PatchOperation, result: Json])[] = [
  [add('/c'), { ...DOCUMENT, c: 'x' }],
  [add('/a', 7), { ...DOCUMENT, a: 7 }],
  [add('/a/b'), { ...DOCUMENT, a: { b: 'x', '': 1 } }],
  [add('/a/'), { ...DOCUMENT, a: { b: null, '': 'x' } }],
  [add('/m~1n'), { ...DOCUMENT, 'm/n': 'x' }],
  [add('/~0'), { ...DOCUMENT, '~': 'x' }],
  [add(''), 'x'],
  [add('/list/0'), { ...DOCUMENT, list: ['x', 'p', 'q'] }],
  [add('/list/2'), { ...DOCUMENT, list: ['p', 'q', 'x'] }],
  [add('/list/-'), { ...DOCUMENT, list: ['p', 'q', 'x'] }],
  [replace('/a/b'), { ...DOCUMENT, a: { b: 'x', '': 1 } }],
  [replace('/list/1'), { ...DOCUMENT, list: ['p', 'x'] }],
  [replace(''), 'x'],
  [remove('/list/0'), { ...DOCUMENT, list: ['q'] }],
  [remove('/a/b'), { ...DOCUMENT, a: { '': 1 } }],
];

const REFUSED: readonly (readonly [operation: PatchOperation, message: RegExp])[] = [
  [add('c'), /is no JSON pointer/],
  [remove(''), /whole document cannot be removed/],
  [add('/c/d'), /has no parent/],
  [add('/a/c/d'), /has no parent/],
  [add('/constructor/d'), /has no parent/],
  [add('/m~1n/d'), /leads through a value that has no parts/],
  [add('/a/b/c'), /leads through a value that has no parts/],
  [replace('/c'), /does not exist/],
  [remove('/toString'), /does not exist/],
  [replace('/list/2'), /does not exist/],
  [remove('/list/-'), /does not exist/],
  [add('/list/2/a'), /has no parent/],
  ...['/list/3', '/list/-1', '/list/01', '/list/', '/list/a', '/list/1.0', '/list/1e0'].map(
    (path) => [add(path), /does not exist/] as const,
  ),
  [replace('/list/01'), /does not exist/],
  [add('/list//a'), /has no parent/],
];

describe('a patch', () => {
  for (const [operation, result] of APPLIED) {
    it(`${operation.op} ${operation.path} gives what RFC 6902 says, and leaves the document alone`, () => {
      const before = structuredClone(DOCUMENT);
      assert.deepEqual(applyPatch(DOCUMENT, [operation]), result);
      assert.deepEqual(DOCUMENT, before);
    });
  }

  for (const [operation, message] of REFUSED) {
    it(`${operation.op} ${operation.path} that does not fit is refused, by name`, () => {
      assert.throws(() => applyPatch(DOCUMENT, [operation]), message);
    });
  }

  it('is applied in order', () => {
    assert.deepEqual(applyPatch({}, [add('/a', {}), add('/a/b', 1), replace('/a/b', 2)]), { a: { b: 2 } });
    assert.deepEqual(applyPatch(DOCUMENT, []), DOCUMENT);
  });
});
