import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { valueAt, withoutKeyAt, withValueAt } from '../../../src/core/json/pointer.ts';
import { ObjectDraft } from '../../../src/core/policy/object-draft.ts';

describe('a draft of an object', () => {
  it('becomes what setting and removing values one after another makes, and changes neither the object nor the values', () => {
    const key = fc.constantFrom('a', 'b', '__proto__', 'constructor');
    const value = fc.constantFrom<() => JsonObject | number>(
      () => 1,
      () => 2,
      () => ({}),
      () => ({ a: 1 }),
    );
    const path = fc.array(key, { minLength: 1, maxLength: 3 });
    let refused = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(path, value), { maxLength: 8 }), (changes) => {
        const from: JsonObject = { a: { b: { a: 1 } }, c: { d: 1 } };
        const written = changes.map(([tokens, make]) => [tokens, make()] as const);
        const draft = new ObjectDraft(from);
        let expected = from;
        for (const [tokens, set] of written) {
          if (set === undefined) {
            expected = withoutKeyAt(expected, tokens);
            draft.remove(tokens);
            continue;
          }
          try {
            expected = withValueAt(expected, tokens, set);
          } catch {
            refused += 1;
            assert.throws(() => draft.set(tokens, set), /is not an object/);
            return;
          }
          draft.set(tokens, set);
        }
        assert.equal(JSON.stringify(draft.object), JSON.stringify(expected));
        assert.deepEqual(from, { a: { b: { a: 1 } }, c: { d: 1 } });
        assert.equal(draft.object['c'], from['c']);
        for (const tokens of [['a'], ['a', 'b'], ['b'], ['__proto__']]) {
          const there = valueAt(expected, tokens);
          const empty = isJsonObject(there) && Object.keys(there).length === 0;
          assert.equal(draft.isEmptyAt(tokens), empty);
        }
        for (const [index, [, set]] of written.entries()) assert.deepEqual(set, changes[index]?.[1]());
      }),
    );
    assert.ok(refused > 0);
  });

  it('is the object itself while nothing was set, and takes null for absent', () => {
    const from = { a: null };
    const draft = new ObjectDraft(from);
    assert.equal(draft.object, from);
    draft.set(['a', 'b'], 1);
    assert.deepEqual(draft.object, { a: { b: 1 } });
    assert.throws(() => draft.set([], 1));
  });

  it('copies a parent once for many changes below it', () => {
    let copied = 0;
    const watched = new Proxy(
      { k: 1 },
      {
        ownKeys: (target) => {
          copied += 1;
          return Reflect.ownKeys(target);
        },
      },
    );
    const draft = new ObjectDraft({ spec: { values: watched } });
    for (let index = 0; index < 100; index += 1) draft.set(['spec', 'values', `d${index}`], 1);
    assert.equal(copied, 1);
  });
});
