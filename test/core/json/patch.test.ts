import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import jsonpatch from 'jsonpatch';
import { applyPatch } from '../../../src/core/json/apply.ts';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { diffJson } from '../../../src/core/json/diff.ts';
import { digestOfJson } from '../../../src/core/json/digest.ts';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

const key = fc.oneof(
  fc.constantFrom('a', 'b', '', '/', '~', '~1', 'a.b', '0', '-'),
  fc.string({ maxLength: 3 }),
);
const { object } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));
const documents = fc.tuple(object, object) as fc.Arbitrary<[JsonObject, JsonObject]>;

/** The independent implementation refuses `__proto__` keys silently, so they are tested on their own. */
const hasProto = (value: JsonObject) => JSON.stringify(value).includes('__proto__');

describe('diff and apply', () => {
  it('give the target again, by an independent implementation and by our own', () => {
    fc.assert(
      fc.property(documents, ([from, to]) => {
        fc.pre(!hasProto(from) && !hasProto(to));
        const patch = diffJson(from, to);
        const theirs = jsonpatch.apply_patch(structuredClone(from), structuredClone(patch) as never);
        assert.deepEqual(JSON.parse(JSON.stringify(theirs)), JSON.parse(JSON.stringify(to)));
        assert.ok(isEqualJson(applyPatch(from, patch), to));
      }),
      { numRuns: 1000 },
    );
  });

  it('give the same operations whatever order the keys came in', () => {
    fc.assert(
      fc.property(documents, ([from, to]) => {
        const turned = (value: JsonObject) => Object.fromEntries(Object.entries(value).reverse());
        assert.equal(JSON.stringify(diffJson(turned(from), turned(to))), JSON.stringify(diffJson(from, to)));
      }),
    );
  });

  it('say nothing about equal documents', () => {
    assert.deepEqual(diffJson({ a: [1, { b: 2n }] }, { a: [1, { b: 2n }] }), []);
  });

  it('take __proto__ and constructor for plain keys', () => {
    const from = JSON.parse('{"a": {}}') as JsonObject;
    const to = JSON.parse('{"a": {"__proto__": {"x": 1}, "constructor": 2}}') as JsonObject;
    const patched = applyPatch(from, diffJson(from, to));
    assert.equal(JSON.stringify(patched), JSON.stringify(to));
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('refuse an operation whose target is not there', () => {
    assert.throws(() => applyPatch({}, [{ op: 'replace', path: '/a', value: 1 }]), /does not exist/);
    assert.throws(() => applyPatch({}, [{ op: 'remove', path: '/a' }]), /does not exist/);
    assert.throws(() => applyPatch({}, [{ op: 'add', path: '/a/b', value: 1 }]), /has no parent/);
  });
});

describe('canonical JSON', () => {
  it('is one text for equal values and another for different ones', () => {
    fc.assert(
      fc.property(documents, ([left, right]) => {
        assert.equal(canonicalJson(left) === canonicalJson(right), isEqualJson(left, right));
      }),
    );
  });

  it('sorts keys and keeps integers beyond 2^53 in full', () => {
    const value = { b: [9_007_199_254_740_993n, true], a: { z: null, y: 'x' }, 10: 1, 9: 2 };
    assert.equal(canonicalJson(value), '{"10":1,"9":2,"a":{"y":"x","z":null},"b":[9007199254740993,true]}');
    assert.match(digestOfJson(value), /^sha256:[0-9a-f]{64}$/);
  });
});
