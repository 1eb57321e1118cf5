import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { applyEdits } from '../../../src/core/policy/apply-edits.ts';
import type { Edit } from '../../../src/core/policy/decision.ts';
import {
  type Attempt,
  findRepair,
  MAX_EVALUATIONS,
  repairText,
} from '../../../src/core/policy/find-repair.ts';

const set = (path: string, value: Edit['value']): Edit => ({
  tokens: path.split('.'),
  ...(value === undefined ? {} : { value }),
});

/** A judge made of demands: each wants a value at a path, and proposes alternatives while it is not there. */
interface Demand {
  readonly path: string;
  readonly value: number;
  readonly alternatives: readonly (readonly Edit[])[];
}

function judgeOf(demands: readonly Demand[], counts = { judged: 0 }): (object: JsonObject) => Attempt {
  return (object) => {
    counts.judged += 1;
    const open = demands.filter(({ path, value }) => valueAt(object, path.split('.')) !== value);
    return { allowed: open.length === 0, proposals: open.map(({ alternatives }) => alternatives), steps: 1 };
  };
}

describe('the smallest edit that passes', () => {
  it('takes one edit that cures two findings before two that cure one each', () => {
    const judge = (object: JsonObject): Attempt => {
      const cured = valueAt(object, ['kind']) === 'both';
      const left = cured || valueAt(object, ['left']) === 1;
      const right = cured || valueAt(object, ['right']) === 1;
      const proposals = [
        ...(left ? [] : [[[set('left', 1)], [set('kind', 'both')]]]),
        ...(right ? [] : [[[set('right', 1)], [set('kind', 'both')]]]),
      ];
      return { allowed: left && right, proposals, steps: 1 };
    };
    assert.deepEqual(findRepair({}, judge)?.edits, [set('kind', 'both')]);
  });

  it('follows what a first edit brings to light', () => {
    const judge = (object: JsonObject): Attempt => {
      if (valueAt(object, ['url']) !== 'good')
        return { allowed: false, proposals: [[[set('url', 'good')]]], steps: 1 };
      const rest = valueAt(object, ['chart']) === 'known';
      return { allowed: rest, proposals: rest ? [] : [[[set('chart', 'known')]]], steps: 1 };
    };
    assert.deepEqual(findRepair({ url: 'bad' }, judge)?.edits, [set('url', 'good'), set('chart', 'known')]);
  });

  it('proposes nothing when a finding has no cure, when cures contradict, or when a path leads nowhere', () => {
    assert.equal(findRepair({}, judgeOf([{ path: 'a', value: 1, alternatives: [] }])), undefined);
    const fight = [
      { path: 'a', value: 1, alternatives: [[set('a', 1)]] },
      { path: 'a', value: 2, alternatives: [[set('a', 2)]] },
    ];
    assert.equal(findRepair({}, judgeOf(fight)), undefined);
    const through = [{ path: 'a.b', value: 1, alternatives: [[set('a.b', 1)]] }];
    assert.equal(findRepair({ a: 'text' }, judgeOf(through)), undefined);
  });

  it('judges a bounded number of times, however many findings and alternatives there are', () => {
    const demands = Array.from({ length: 30 }, (_item, index) => ({
      path: `f${index}`,
      value: 1,
      alternatives: [[set(`f${index}`, 2)], [set(`f${index}`, 3)], [set(`f${index}`, 1)]],
    }));
    const counts = { judged: 0 };
    assert.equal(findRepair({}, judgeOf(demands, counts)), undefined);
    assert.equal(counts.judged, MAX_EVALUATIONS);
  });

  it('takes no more steps than it may besides the verdict, and says so by proposing nothing', () => {
    const demands = ['a', 'b', 'c'].map((path) => ({ path, value: 1, alternatives: [[set(path, 1)]] }));
    const steps: number[] = [];
    const told: number[] = [];
    const judge = (object: JsonObject, maxSteps: number): Attempt => {
      told.push(maxSteps);
      // A judgement that is dearer than the others is stopped where the search ends.
      const cost = Math.min(maxSteps, steps.length === 2 ? 6 : 3);
      steps.push(cost);
      return { ...judgeOf(demands)(object), steps: cost };
    };
    assert.equal(findRepair({}, judge, 10), undefined);
    assert.deepEqual(
      [steps, told],
      [
        [3, 3, 6],
        [10, 10, 7],
      ],
    );
    assert.equal(
      findRepair({}, (object) => ({ ...judgeOf(demands)(object), steps: 11 }), 10),
      undefined,
    );
    assert.equal(findRepair({}, judgeOf(demands), 100)?.edits.length, 3);
  });

  it('passes when it is applied, and none of its edits can be left out', () => {
    const path = fc.constantFrom('a', 'b', 'c', 'd.e');
    const demand = fc
      .tuple(
        path,
        fc.integer({ min: 1, max: 2 }),
        fc.array(fc.tuple(path, fc.integer({ min: 1, max: 2 })), { maxLength: 2 }),
      )
      .map(
        ([at, value, others]): Demand => ({
          path: at,
          value,
          alternatives: [
            [
              ...others
                .map(([other, number]) => set(other, number))
                .filter(({ tokens }) => tokens.join('.') !== at),
              set(at, value),
            ],
            [set(at, value)],
          ],
        }),
      );
    let found = 0;
    fc.assert(
      fc.property(fc.array(demand, { minLength: 1, maxLength: 3 }), (demands) => {
        const judge = judgeOf(demands);
        const repair = findRepair({ a: 9 }, judge);
        if (repair === undefined) return;
        found += 1;
        const passes = (edits: readonly Edit[]) => judge(applyEdits({ a: 9 }, edits) ?? {}).allowed;
        assert.ok(passes(repair.edits));
        for (const left of repair.edits) assert.ok(!passes(repair.edits.filter((edit) => edit !== left)));
      }),
    );
    assert.ok(found > 30, `${found} repairs`);
  });

  it('reads as one line', () => {
    const edits = [
      set('spec.timeout', '30s'),
      set('spec.suspend', undefined),
      { tokens: ['a b'], value: 'x\ny' },
    ];
    assert.equal(repairText(edits), 'spec.timeout: "30s"; remove spec.suspend; ["a b"]: "x\\ny"');
  });
});

describe('applying edits', () => {
  it('takes items out of a list by their places in it as it was', () => {
    const edits: readonly Edit[] = [
      { tokens: ['list', '0'] },
      { tokens: ['list', '10'] },
      { tokens: ['list', '2'], value: 'c' },
    ];
    const list = Array.from({ length: 12 }, (_item, index) => index);
    assert.deepEqual(applyEdits({ list }, edits), { list: [1, 'c', 3, 4, 5, 6, 7, 8, 9, 11] });
  });

  it('leaves what is removed and absent as it is, makes parents, and keeps odd keys as data', () => {
    const object = { a: { b: 1 } };
    assert.deepEqual(applyEdits(object, [{ tokens: ['a', 'c'] }]), object);
    assert.deepEqual(applyEdits(object, [{ tokens: ['x', 'y'], value: 1 }]), { a: { b: 1 }, x: { y: 1 } });
    const odd = applyEdits({}, [{ tokens: ['__proto__', 'p'], value: 1 }]);
    assert.equal(JSON.stringify(odd), '{"__proto__":{"p":1}}');
    assert.equal(Object.getPrototypeOf(odd), Object.prototype);
  });

  it('refuses to lead through a text, and into an item that does not exist', () => {
    assert.equal(applyEdits({ a: 'text' }, [{ tokens: ['a', 'b'], value: 1 }]), undefined);
    assert.equal(applyEdits({ a: [] }, [{ tokens: ['a', '0'], value: 1 }]), undefined);
  });
});
