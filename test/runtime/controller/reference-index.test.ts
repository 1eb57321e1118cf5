import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ReferenceIndex } from '../../../src/runtime/controller/reference-index.ts';

describe('the reference index', () => {
  it('answers what a plain list of the current references would, after any sequence of changes', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const things = fc.uniqueArray(fc.constantFrom('x', 'y', 'z'));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.option(things, { nil: undefined }))), (changes) => {
        const index = new ReferenceIndex();
        const model = new Map<string, readonly string[]>();
        for (const [name, refersTo] of changes) {
          if (refersTo === undefined) {
            index.delete(name);
            model.delete(name);
          } else {
            index.set(name, refersTo);
            model.set(name, refersTo);
          }
        }
        for (const thing of ['x', 'y', 'z']) {
          const expected = [...model].filter(([, list]) => list.includes(thing)).map(([name]) => name);
          assert.deepEqual(index.keysOf(thing).toSorted(), expected.toSorted());
        }
      }),
    );
  });
});
