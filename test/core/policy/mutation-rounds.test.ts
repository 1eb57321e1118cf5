import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { formatPointer, valueAt } from '../../../src/core/json/pointer.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { Change, CompiledRule } from '../../../src/core/policy/rule.ts';
import { factsWith, helmRelease, policySets, subjectOf } from './policy-fixture.ts';

const VALUE = ['spec', 'values', 'n'];

/** A rule that makes these changes of what it sees, and counts how often it is asked. */
function changing(
  id: string,
  changes: (object: JsonObject) => readonly Change[],
): CompiledRule & { readonly asked: () => number } {
  let asked = 0;
  return {
    policy: 'p',
    id,
    enforcement: 'Deny',
    place: { file: 'p.yaml', line: 1, column: 1 },
    match: { exclude: {} },
    asked: () => asked,
    body: {
      kinds: ['HelmRelease'],
      reads: [],
      writes: [],
      mutate({ object }) {
        asked += 1;
        return { changes: changes(object), warnings: [] };
      },
    },
  };
}

const to = (value: Json, tokens: readonly string[] = VALUE): Change => ({
  kind: 'narrow',
  tokens,
  pointer: formatPointer(tokens),
  value,
});
const setOf = (...rules: readonly CompiledRule[]): PolicySet => ({
  digest: 'sha256:0',
  ruleCount: rules.length,
  rulesByKind: new Map([['HelmRelease', rules]]),
});
const decide = (set: PolicySet, object = helmRelease({ values: { n: 0 } })) =>
  evaluate(set, subjectOf(object), factsWith(), 'admission');
const numberIn = (object: JsonObject) => valueAt(object, VALUE) as number;

describe('rules that change objects', () => {
  it('come to rest as soon as a round changes nothing', () => {
    const rule = changing('r', (object) => (numberIn(object) < 2 ? [to(numberIn(object) + 1)] : []));
    const { findings, patch } = decide(setOf(rule));
    assert.deepEqual(findings, []);
    assert.deepEqual(patch, [{ op: 'replace', path: '/spec/values/n', value: 2 }]);
    assert.equal(rule.asked(), 3);
  });

  it('are stopped after four rounds, naming the one that does not settle', () => {
    const rule = changing('r', (object) => [to(numberIn(object) + 1)]);
    const { allowed, findings } = decide(setOf(rule));
    assert.equal(allowed, false);
    assert.deepEqual(
      findings.map(({ reason, rule: id, path, message }) => [reason, id, path, message]),
      [['MutationConflict', 'r', 'spec.values.n', 'p/r does not settle spec.values.n in 4 rounds']],
    );
    assert.equal(rule.asked(), 4);
  });

  it('are stopped with the names of all that fight, and of none that does not', () => {
    const a = changing('a', (object) => (numberIn(object) % 2 === 0 ? [to(numberIn(object) + 1)] : []));
    const b = changing('b', (object) => (numberIn(object) % 2 === 1 ? [to(numberIn(object) + 1)] : []));
    const calm = changing('calm', (object) =>
      valueAt(object, ['spec', 'timeout']) === undefined ? [to('5m', ['spec', 'timeout'])] : [],
    );
    const { findings } = decide(setOf(a, calm, b));
    assert.deepEqual(
      findings.map(({ message }) => message),
      ['p/a and p/b do not settle spec.values.n in 4 rounds'],
    );
  });

  const outside: readonly (readonly [name: string, tokens: readonly string[]])[] = [
    ['status', ['status', 'failures']],
    ['managedFields', ['metadata', 'managedFields']],
    ['a label', ['metadata', 'labels', 'a']],
    ['the whole spec', ['spec']],
  ];
  for (const [name, tokens] of outside) {
    it(`deny as failed when they would change ${name}`, () => {
      const { findings, patch } = decide(setOf(changing('r', () => [to({}, tokens)])));
      assert.deepEqual(
        findings.map(({ reason }) => reason),
        ['PolicyError'],
      );
      assert.match(
        findings[0]?.message ?? '',
        /it would change (status|metadata|spec).*, which lies outside spec$/,
      );
      assert.deepEqual(patch, []);
    });
  }

  it('conflict when two that seemed apart meet in one object, around one another', () => {
    const only = (name: string, value: JsonObject): JsonObject => ({
      match: { namespaces: { names: [name] } },
      rules: [{ id: 'd', defaults: { HelmRelease: value } }],
    });
    const around = only('team', { 'spec.values': {} });
    const below = only('prod', { 'spec.values.a': 1 });
    for (const set of [policySets({ a: around, b: below }), policySets({ a: below, b: around })]) {
      const { findings } = decide(set, helmRelease({ targetNamespace: 'prod' }));
      const conflict = findings.find(({ reason }) => reason === 'MutationConflict');
      assert.match(
        conflict?.message ?? '',
        /^[ab]\/d and [ab]\/d set spec\.values(\.a)? to different values$/,
      );
    }
  });
});
