import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import type { Json } from '../../../src/core/json/json.ts';
import { findContradictions } from '../../../src/core/policy/contradictions.ts';
import type { RuleEnforcement } from '../../../src/core/policy/enforcement.ts';
import type { CompiledMatch } from '../../../src/core/policy/match.ts';
import { canMatchSameName, compileNamePattern } from '../../../src/core/policy/name-pattern.ts';
import type { CompiledRule, DefaultLeaf } from '../../../src/core/policy/rule.ts';

const place = { file: 'p.yaml', line: 1, column: 1 };

interface Leaf {
  readonly what: 'defaults' | 'overrides';
  readonly tokens: readonly string[];
  readonly value: Json;
}

function ruleOf(
  id: string,
  names: readonly string[] | undefined,
  leaves: readonly Leaf[],
  reads: readonly (readonly string[])[] = [],
  enforcement: RuleEnforcement = 'Deny',
): CompiledRule {
  const match: CompiledMatch = {
    exclude: {},
    ...(names === undefined ? {} : { namespaces: { names: names.map(compileNamePattern) } }),
  };
  const leavesOf = (what: Leaf['what']): readonly DefaultLeaf[] =>
    leaves
      .filter((leaf) => leaf.what === what)
      .map(({ tokens, value }) => ({ kind: 'HelmRelease', tokens, value, place }));
  return {
    policy: 'p',
    id,
    enforcement,
    place,
    match,
    body: {
      kinds: ['HelmRelease'],
      reads,
      writes: leaves.map(({ tokens }) => ({ kind: 'HelmRelease', tokens })),
      defaults: leavesOf('defaults'),
      overrides: leavesOf('overrides'),
    },
  };
}

describe('contradictions', () => {
  const tokens = fc.constantFrom(['spec', 'a'], ['spec', 'a', 'b'], ['spec', 'a', 'b', 'c'], ['spec', 'd']);
  const leaf: fc.Arbitrary<Leaf> = fc.record({
    what: fc.constantFrom('defaults', 'overrides'),
    tokens,
    value: fc.constantFrom<Json>(1, 2, {}),
  });
  const names = fc.option(
    fc.array(fc.constantFrom('x', 'y', 'x*', '*y', 'xy'), { minLength: 1, maxLength: 2 }),
    { nil: undefined },
  );
  const enforcement = fc.constantFrom<RuleEnforcement>('Deny', 'Deny', 'Warn', {
    action: 'Warn',
    before: 'Warn',
    namespaces: [{ action: 'Deny', before: 'Warn', where: { names: [compileNamePattern('x')] } }],
  });
  const rules = fc.array(fc.tuple(names, fc.array(leaf, { minLength: 1, maxLength: 2 }), enforcement), {
    minLength: 1,
    maxLength: 4,
  });

  /** Every pair, compared as the documentation says it. */
  function expected(given: readonly CompiledRule[]): boolean {
    const denies = ({ enforcement: written }: CompiledRule) => written !== 'Warn';
    const writers = given
      .filter(denies)
      .flatMap((rule) => [
        ...(rule.body.defaults ?? []).map((one) => ({ rule, one, what: 'defaults' })),
        ...(rule.body.overrides ?? []).map((one) => ({ rule, one, what: 'overrides' })),
      ]);
    const everywhere = [compileNamePattern('*')];
    const some = (left: typeof everywhere, right: typeof everywhere) =>
      left.some((a) => right.some((b) => canMatchSameName(a, b)));
    const places = ({ match }: CompiledRule) => [...(match.namespaces?.names ?? everywhere)];
    const denying = ({ enforcement: written }: CompiledRule) =>
      typeof written === 'string' ? everywhere : written.namespaces.flatMap(({ where }) => where.names ?? []);
    // Only pairs are compared: that the four lists have one name in common is not asked.
    const meet = (left: CompiledRule, right: CompiledRule) =>
      some(places(left), places(right)) && some(denying(left), denying(right));
    return writers.some((left, index) =>
      writers.slice(0, index).some((right) => {
        const [short, long] = [left.one.tokens, right.one.tokens].sort((p, q) => p.length - q.length);
        const related = short?.every((token, at) => token === long?.[at]) === true;
        if (!related || !meet(left.rule, right.rule)) return false;
        if (short?.length !== long?.length) return true;
        return left.what === right.what && !isEqualJson(left.one.value, right.one.value);
      }),
    );
  }

  it('are found exactly where comparing every pair finds one', () => {
    let contradicting = 0;
    const numRuns = 3 * Number(process.env['PROPERTY_RUNS'] ?? 400);
    fc.assert(
      fc.property(rules, (given) => {
        const compiled = given.map(([list, leaves, written], index) =>
          ruleOf(`r${index}`, list, leaves, [], written),
        );
        const found = findContradictions(compiled).some(({ message }) => message.includes('both rules'));
        assert.equal(found, expected(compiled));
        if (found) contradicting += 1;
      }),
      { numRuns },
    );
    assert.ok(
      contradicting > numRuns / 10 && contradicting < numRuns * 0.9,
      `${contradicting} of ${numRuns}`,
    );
  });

  it('between a written and a read field are found from above and from below', () => {
    const reader = (...path: readonly string[]) => ruleOf('reader', undefined, [], [path]);
    const writer = ruleOf('writer', undefined, [{ what: 'defaults', tokens: ['spec', 'a', 'b'], value: 1 }]);
    for (const path of [['spec'], ['spec', 'a'], ['spec', 'a', 'b'], ['spec', 'a', 'b', 'c']]) {
      assert.deepEqual(
        findContradictions([reader(...path), writer]).map(({ message }) => message),
        ['spec.a.b decides what p/reader applies to or finds, so it can have no default'],
      );
    }
    for (const path of [['spec', 'a', 'x'], ['spec', 'x'], ['metadata']]) {
      assert.deepEqual(findContradictions([reader(...path), writer]), []);
    }
  });

  it('cost next to nothing for thousands of rules that never meet', () => {
    const COUNT = 4000;
    let looked = 0;
    const counted = Array.from({ length: COUNT }, (_, index): CompiledRule => {
      const rule = ruleOf(
        `r${index}`,
        [`team-${index}`],
        [{ what: 'defaults', tokens: ['spec', 'timeout'], value: `${index}s` }],
        [['spec', 'chart']],
      );
      const { match } = rule;
      return {
        ...rule,
        get match() {
          looked += 1;
          return match;
        },
      };
    });
    assert.deepEqual(findContradictions(counted), []);
    assert.ok(looked < 20 * COUNT, `${looked} looks at the matches of ${COUNT} rules`);
  });

  it('are told a hundred times at most', () => {
    const many = Array.from({ length: 2000 }, (_, index) =>
      ruleOf(`r${index}`, undefined, [{ what: 'defaults', tokens: ['spec', 'timeout'], value: index }]),
    );
    assert.equal(findContradictions(many).length, 100);
  });
});
