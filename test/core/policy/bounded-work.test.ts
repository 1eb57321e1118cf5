import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validate } from '../../../src/core/admission/judge.ts';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { evaluateInParts } from '../../../src/core/policy/evaluate.ts';
import { ADMISSION_REPAIR_STEPS } from '../../../src/core/policy/find-repair.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { CompiledRule } from '../../../src/core/policy/rule.ts';
import { MAX_EVALUATION_STEPS } from '../../../src/core/policy/work-meter.ts';
import { requestOf } from '../admission/review-fixture.ts';
import {
  documentSet,
  exceptionDocument,
  factsWith,
  helmRelease,
  policySet,
  subjectOf,
} from './policy-fixture.ts';

/** The set with each rule's judgements counted, by rule. */
function counted(set: PolicySet): { readonly set: PolicySet; readonly judged: Map<string, number> } {
  const judged = new Map<string, number>();
  const count = (rule: CompiledRule): CompiledRule => {
    const { body } = rule;
    const judge: typeof body.judge = (input) => {
      judged.set(rule.id, (judged.get(rule.id) ?? 0) + 1);
      return body.judge?.(input) ?? { findings: [], warnings: [] };
    };
    return { ...rule, body: { ...body, judge } };
  };
  const rulesByKind = new Map([...set.rulesByKind].map(([kind, rules]) => [kind, rules.map(count)]));
  return { set: { ...set, rulesByKind }, judged };
}

const ITEMS = Array.from({ length: 22_000 }, (_item, index) => ({ a: index, b: 'x'.repeat(40) }));

describe('the search for an edit that passes', () => {
  const bad = (count: number): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_key, index) => [`k${index}`, 1]));
  const set = policySet([
    { id: 'forbidden', values: { forbidden: ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'] } },
    {
      id: 'all',
      expression: { expression: '!has(object.spec.values.big) || object.spec.values.big.all(x, x.a >= 0)' },
    },
  ]);

  it('tries as often as it likes for an ordinary object, and finds it', () => {
    const { judged, set: watched } = counted(set);
    const decision = validate(requestOf(helmRelease({ values: bad(5) })), { current: watched }, factsWith());
    assert.equal(decision.repair?.length, 5);
    assert.ok((judged.get('all') ?? 0) > 20, `${judged.get('all')} judgements`);
  });

  it('costs no more than is stated besides the verdict for an object of a megabyte, and denies without a proposal', () => {
    const { judged, set: watched } = counted(set);
    const object = helmRelease({ values: { ...bad(6), big: ITEMS } });
    const { steps } = evaluateInParts(set, subjectOf(object), factsWith(), 'admission');
    const decision = validate(requestOf(object), { current: watched }, factsWith());
    assert.equal(decision.allowed, false);
    assert.equal(decision.repair, undefined);
    assert.ok(
      (judged.get('all') ?? 0) <= 1 + ADMISSION_REPAIR_STEPS / steps,
      `${judged.get('all')} judgements`,
    );
  });

  it('does not judge the object itself again', () => {
    const { judged, set: watched } = counted(policySet([{ id: 'none', values: { forbidden: ['k0'] } }]));
    validate(requestOf(helmRelease({ values: bad(1) })), { current: watched }, factsWith());
    assert.equal(judged.get('none'), 2);
  });
});

describe('one evaluation', () => {
  it('composes the values of an object once for all rules, and looks through them once for secrets', () => {
    let read = 0;
    const values = {
      get watched(): number {
        read += 1;
        return 1;
      },
    };
    const reads = (rules: number, schema: JsonObject) => {
      read = 0;
      const list = Array.from({ length: rules }, (_rule, index) => ({
        id: `r${index}`,
        values: { schema, secrets: 'Deny' },
      }));
      evaluateInParts(
        policySet(list),
        subjectOf(helmRelease({ values: { ...values, wrap: values } })),
        factsWith(),
        'admission',
      );
      return read;
    };
    const one = reads(1, { properties: { other: { type: 'integer' } } });
    assert.ok(one > 0);
    assert.equal(reads(50, { properties: { other: { type: 'integer' } } }), one);
  });

  it('spends on all expressions of a set together what twenty may that run out, and the rules behind that deny by name', () => {
    const endless =
      'object.spec.values.big.all(x, object.spec.values.big.exists(y, y.a == x.a - 1 || x.a < 3))';
    const rules = Array.from({ length: 200 }, (_rule, index) => ({
      id: `r${index}`,
      expression: { expression: `${endless} || ${index} < 0` },
    }));
    const object = helmRelease({ values: { big: ITEMS } });
    const { decision, steps } = evaluateInParts(
      policySet(rules),
      subjectOf(object),
      factsWith(),
      'admission',
    );
    assert.equal(decision.findings.length, 200);
    const messages = decision.findings.map(
      ({ rule, reason, message }) => `${rule} ${reason} ${message.replace(/^.*?: /, '')}`,
    );
    assert.equal(
      messages[0],
      'r0 PolicyError the expression cannot be evaluated: it needs more than 500000 steps',
    );
    assert.equal(
      messages[199],
      'r199 PolicyError the rules take more work on this object than one judgement may cost: make it smaller, or the rules fewer',
    );
    const own = messages.filter((message) => message.includes('500000'));
    assert.equal(own.length, 19);
    // Behind the limit each rule adds its own 500 steps, and no more.
    assert.ok(steps < MAX_EVALUATION_STEPS * 1.01, `${steps} steps`);
  });

  it('lets a hundred expressions pass that look at ten thousand items each', () => {
    const rules = Array.from({ length: 100 }, (_rule, index) => ({
      id: `r${index}`,
      expression: { expression: `object.spec.values.big.all(x, x.a + ${index} >= 0)` },
    }));
    const object = helmRelease({ values: { big: ITEMS.slice(0, 10_000) } });
    const { decision } = evaluateInParts(policySet(rules), subjectOf(object), factsWith(), 'admission');
    assert.equal(decision.allowed, true, decision.findings[0]?.message);
  });

  it('charges schemas, forbidden paths and secrets to the same budget', () => {
    const kinds: readonly JsonObject[] = [
      { forbidden: ['*.*.c'] },
      { secrets: 'Deny' },
      { schema: { properties: { big: { items: { required: ['a'] } } } } },
      { schema: { properties: { big: { uniqueItems: true } } } },
    ];
    for (const values of kinds) {
      const set = policySet([{ id: 'r', values }]);
      const steps = (items: number) => {
        const object = helmRelease({ values: { big: ITEMS.slice(0, items) } });
        return evaluateInParts(set, subjectOf(object), factsWith(), 'admission').steps;
      };
      assert.ok(steps(2000) > 1.5 * steps(1000), JSON.stringify(values));
      assert.equal(steps(2000), steps(2000), 'the same work counts the same, whatever was remembered');
    }
  });

  it('matches a name with a list of patterns once, and fails where many names meet many patterns', () => {
    const patterns = Array.from({ length: 999 }, (_name, index) => `n${index}-*`);
    const set = policySet([
      {
        id: 'r',
        references: {
          dependsOn: patterns,
          valuesFrom: [{ kind: 'ConfigMap', names: patterns.slice(0, 100) }],
        },
      },
    ]);
    const evaluateWith = (spec: JsonObject) =>
      evaluateInParts(set, subjectOf(helmRelease(spec)), factsWith(), 'admission');
    const dependsOn = (count: number, names: number) => ({
      dependsOn: Array.from({ length: count }, (_entry, index) => ({
        name: 'x',
        namespace: `n998-${index % names}`,
      })),
    });
    const same = evaluateWith(dependsOn(30_000, 1));
    assert.equal(same.decision.allowed, true);
    assert.ok(same.steps < 1_000_000, `${same.steps} steps`);
    const different = evaluateWith(dependsOn(30_000, 30_000));
    assert.deepEqual(
      different.decision.findings.map(({ reason }) => reason),
      ['PolicyError'],
    );
    assert.ok(different.steps < MAX_EVALUATION_STEPS * 1.01);
    const valuesFrom = Array.from({ length: 1000 }, (_entry, index) => ({
      kind: 'ConfigMap',
      name: `n99-${index}`,
    }));
    assert.equal(evaluateWith({ valuesFrom }).decision.allowed, true);
  });

  it('charges the list of dependencies', () => {
    const set = policySet([{ id: 'r', dependencies: {} }]);
    const steps = (count: number) => {
      const dependsOn = Array.from({ length: count }, (_entry, index) => ({ name: `x${index}` }));
      const facts = factsWith('https://flagger.app', { releases: { known: true, value: [] } });
      return evaluateInParts(set, subjectOf(helmRelease({ dependsOn })), facts, 'admission').steps;
    };
    assert.ok(steps(2000) - steps(1000) >= 1000 * 100);
  });

  it('asks each exception once, however many rules its policy has', () => {
    const rules = Array.from({ length: 100 }, (_rule, index) => ({
      id: `r${index}`,
      bounds: { HelmRelease: { 'spec.interval': { min: '1m' } } },
    }));
    const exceptions = Array.from({ length: 50 }, (_exception, index) =>
      exceptionDocument({ match: { names: ['other'] } }, `e${index}`),
    );
    const set = documentSet([{ kind: 'Policy', metadata: { name: 'p' }, spec: { rules } }, ...exceptions]);
    let asked = 0;
    for (const { match } of set.exceptions ?? []) {
      const { names } = match;
      Object.defineProperty(match, 'names', { get: () => ((asked += 1), names) });
    }
    evaluateInParts(set, subjectOf(helmRelease()), factsWith(), 'admission');
    assert.ok(asked > 0 && asked <= 2 * 50, `asked ${asked} times`);
  });

  it('copies an object once for all defaults below one parent, and looks through its keys as often as for one', () => {
    let listed = 0;
    const watched = (entries: JsonObject) =>
      new Proxy<JsonObject>(entries, {
        ownKeys: (target) => {
          listed += 1;
          return Reflect.ownKeys(target);
        },
      });
    const owned = [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }];
    const listings = (leaves: number) => {
      const filled = Object.fromEntries(Array.from({ length: leaves }, (_leaf, index) => [`d${index}`, 1]));
      const set = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.values': filled } } }]);
      const judge = (values: JsonObject, metadata: JsonObject, old?: JsonObject) => {
        const subject = subjectOf(helmRelease({ values }, { managedFields: owned, ...metadata }), old);
        return evaluateInParts(set, subject, factsWith(), 'admission').decision;
      };
      listed = 0;
      const first = judge(watched({ k: 1 }), {});
      assert.equal(first.mutations.length, leaves);
      const annotations = valueAt(
        applyPatch(
          helmRelease(),
          first.patch.filter(({ path }) => path === '/metadata/annotations'),
        ),
        ['metadata', 'annotations'],
      ) as JsonObject;
      const stored = helmRelease({ values: { k: 1, ...filled } }, { managedFields: owned, annotations });
      const again = judge(watched({ k: 1, ...filled }), { annotations }, stored);
      assert.deepEqual(again.patch, []);
      return listed;
    };
    assert.equal(listings(200), listings(1));
  });
});
