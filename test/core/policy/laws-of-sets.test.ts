import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyPatch } from '../../../src/core/json/apply.ts';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { valueAt, withValueAt } from '../../../src/core/json/pointer.ts';
import { stringifyJson } from '../../../src/core/json/stringify.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import type { Decision, Enforcement } from '../../../src/core/policy/decision.ts';
import type { RuleEnforcement, StagedAction } from '../../../src/core/policy/enforcement.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import { arbitraryRelease } from './arbitrary-release.ts';
import { factsWith, subjectOf } from './policy-fixture.ts';

// Any set of staged, excepted, ratcheted rules, on any object, at any time.
const NAMESPACES = ['team', 'prod', 'dev'];
const moment = fc.constantFrom('2026-05-31', '2026-06-01', '2026-06-01T00:00:01Z', '2026-06-02');
const action = fc.constantFrom('Deny', 'Deny', 'Warn', 'Audit');
const stage = fc.oneof(
  action.map((written) => ({ action: written })),
  moment.map((from) => ({ action: 'Deny', from, before: 'Audit' })),
);
const where = fc.oneof(
  fc.subarray([...NAMESPACES, '*'], { minLength: 1, maxLength: 2 }).map((names) => ({ names })),
  fc.constant({ labels: { matchLabels: { tier: 'prod' } } }),
);
const enforcement = fc.oneof(
  action,
  stage,
  fc
    .tuple(stage, fc.array(fc.tuple(where, stage), { minLength: 1, maxLength: 2 }))
    .map(([outer, list]) => ({ ...outer, namespaces: list.map(([place, one]) => ({ ...place, ...one })) })),
);
const timeouts = fc.constantFrom('1m', '5m', '9m');
const body = fc.oneof(
  fc.constant({ allowedSources: [{ url: 'https://flagger.app' }] }),
  fc.constant({ allowedSources: [{ url: 'https://other.example' }] }),
  fc
    .tuple(fc.constantFrom('>=1.28.0 <2.0.0', '<1.40.0'), fc.constantFrom('Deny', 'Narrow'))
    .map(([within, wider]) => ({ chartVersion: { within, wider } })),
  fc
    .tuple(fc.constantFrom('defaults', 'overrides'), timeouts)
    .map(([field, timeout]) => ({ [field]: { HelmRelease: { 'spec.timeout': timeout } } })),
  fc.constantFrom('defaults', 'overrides').map((field) => ({
    [field]: {
      HelmRelease: {
        'spec.install.remediation': { retries: 3, remediateLastFailure: true },
        'spec.upgrade.remediation.retries': 5,
      },
    },
  })),
  fc.constantFrom('defaults', 'overrides').map((field) => ({
    [field]: { HelmRelease: { 'spec.values': { global: { 'a.b': 1 } } } },
  })),
);
const rule = fc.record({
  body,
  enforcement: fc.option(enforcement, { nil: undefined }),
  ratchet: fc.boolean(),
});
const match = fc.oneof(
  fc.constant(undefined),
  where.map((namespaces) => ({ namespaces })),
  fc.constantFrom(
    { operations: ['CREATE'] },
    { subjects: [{ user: 'alice' }] },
    { kubeConfig: false },
    { names: ['flag*'] },
  ),
);
const policy = fc.record({
  match,
  enforcement: fc.option(enforcement, { nil: undefined }),
  rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
});
const exception = fc.record({
  policy: fc.constantFrom('p0', 'p1'),
  rule: fc.option(fc.constantFrom('r0', 'r1'), { nil: undefined }),
  match: fc.constantFrom<JsonObject>(
    { names: ['flagger'] },
    { namespaces: { names: ['team'] } },
    { namespaces: { labels: { matchLabels: { tier: 'prod' } } } },
    { subjects: [{ user: 'alice' }] },
  ),
  expires: moment,
});

type Documents = readonly JsonObject[];

const documents: fc.Arbitrary<Documents> = fc
  .tuple(fc.array(policy, { minLength: 1, maxLength: 2 }), fc.array(exception, { maxLength: 2 }))
  .map(([policies, exceptions]) => [
    ...policies.map(({ match: about, enforcement: general, rules }, index) => ({
      kind: 'Policy',
      metadata: { name: `p${index}` },
      spec: {
        match: about,
        enforcement: general,
        rules: rules.map((one, at) => ({
          id: `r${at}`,
          enforcement: one.enforcement,
          ratchet: one.ratchet,
          ...one.body,
        })),
      },
    })),
    ...exceptions
      .filter(({ policy: name, rule: id }) => {
        const rules = policies[Number(name.slice(1))]?.rules.length ?? 0;
        return rules > 0 && (id === undefined || Number(id.slice(1)) < rules);
      })
      .map(({ policy: name, rule: id, match: about, expires }, index) => ({
        kind: 'Exception',
        metadata: { name: `e${index}` },
        spec: {
          policy: name,
          ...(id === undefined ? {} : { rules: [id] }),
          match: about,
          owner: 'o',
          reason: 'r',
          expires,
        },
      })),
  ]) as fc.Arbitrary<Documents>;

function compile(given: Documents): PolicySet | undefined {
  const text = given
    .map((document) => JSON.stringify({ apiVersion: 'helmgate.dev/v1alpha1', ...document }))
    .join('\n---\n');
  const compiled = compilePolicySet([{ path: 'p.yaml', text }]);
  if (!compiled.ok)
    for (const { message } of compiled.errors) assert.match(message, /both rules can apply|decides what/);
  return compiled.ok ? compiled.set : undefined;
}

/** Sets without contradictions. */
const set = documents.map((given) => compile(given)).filter((compiled) => compiled !== undefined);

const labels = fc.constantFrom<Facts['namespaceLabels']>(
  { known: true, value: { tier: 'prod' } },
  { known: true, value: {} },
  { known: false, why: 'Unavailable' },
);
const facts = fc
  .record({ own: labels, prod: labels, second: fc.integer({ min: -2, max: 2 }) })
  .map(({ own, prod, second }) =>
    factsWith('https://flagger.app', {
      now: new Date(Date.parse('2026-06-01') + second * 1000).toISOString(),
      namespaceLabels: own,
      otherNamespaceLabels: new Map([['prod', prod]]),
    }),
  );
const release = fc
  .tuple(arbitraryRelease, fc.constantFrom(undefined, 'prod', 'team'))
  .map(([object, target]) =>
    target === undefined ? object : withValueAt(object, ['spec', 'targetNamespace'], target),
  );
const user = fc.constantFrom(undefined, { username: 'alice', groups: [] }, { username: 'bob', groups: [] });
const request = fc
  .record({ object: release, old: fc.option(release, { nil: undefined }), facts, user })
  // A request has one version.
  .map(({ object, old, ...rest }) => ({
    ...rest,
    object,
    ...(old === undefined ? {} : { old: { ...old, apiVersion: object['apiVersion'] } as JsonObject }),
  }));
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

function decide(policies: PolicySet, { object, old, facts: known, user: who }: Request): Decision {
  const more = who === undefined ? {} : { user: who };
  return evaluate(policies, subjectOf(object, old, more), known, 'admission');
}
const after = (policies: PolicySet, given: Request): Request => ({
  ...given,
  object: applyPatch(given.object, decide(policies, given).patch) as JsonObject,
});
/** What `/mutate` gives no patch for. */
const isBroken = ({ findings }: Decision) => findings.some(({ reason }) => reason === 'MutationConflict');

const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 400);
/** Requests that each set is tried on: compiling takes longer than judging. */
const PER_SET = 8;

/** Runs a property over sets and requests, and fails when too few of them were to the point. */
function hold(law: (policies: PolicySet, given: Request) => boolean, share = 0.5): void {
  let told = 0;
  fc.assert(
    fc.property(set, fc.array(request, { minLength: PER_SET, maxLength: PER_SET }), (policies, requests) => {
      for (const given of requests) if (law(policies, given)) told += 1;
    }),
    { numRuns: numRuns / PER_SET },
  );
  assert.ok(told >= share * numRuns, `only ${told} of ${numRuns} runs were to the point`);
}

describe('any set, on any request', () => {
  it('changes nothing when it is asked again', () => {
    hold((policies, given) => {
      if (isBroken(decide(policies, given))) return false;
      const again = decide(policies, after(policies, given));
      assert.deepEqual([again.patch, again.mutations], [[], []]);
      return true;
    });
  });

  it('judges the mutated object as it judges it when it comes again', () => {
    hold((policies, given) => {
      const once = decide(policies, given);
      if (isBroken(once)) return false;
      const again = decide(policies, after(policies, given));
      assert.deepEqual(again.findings, once.findings);
      assert.deepEqual(again.exceptions, once.exceptions);
      return true;
    });
  });

  it('never touches status, managedFields, uid, resourceVersion, labels or identity', () => {
    hold((policies, given) => {
      for (const { path } of decide(policies, given).patch)
        assert.match(path, /^\/(spec\/|metadata\/annotations(\/helmgate\.dev~1defaults)?$)/);
      return true;
    });
  });

  it('leaves unknown fields and integers beyond 2^53 as they are', () => {
    hold((policies, given) => {
      const { object } = after(policies, given);
      for (const path of [['spec', 'unknown'], ['spec', 'install', 'unknown'], ['status']])
        assert.deepEqual(valueAt(object, path), valueAt(given.object, path));
      return true;
    });
  });

  it('gives the same bytes for the same input', () => {
    const text = (decision: Decision) => stringifyJson(decision as unknown as Json);
    hold((policies, given) => {
      const copy = structuredClone({ object: given.object, old: given.old }) as Pick<Request, 'object'>;
      assert.equal(text(decide(policies, given)), text(decide(policies, { ...given, ...copy })));
      return true;
    });
  });

  it('weighs each finding by the strictest that the labels may turn out to mean, and changes under Deny only', () => {
    let staged = 0;
    let changed = 0;
    hold((policies, given) => {
      const { findings, mutations } = decide(policies, given);
      const rules = new Map(
        [...policies.rulesByKind.values()].flat().map((one) => [`${one.policy}/${one.id}`, one]),
      );
      for (const { policy: name, rule: id, reason, enforcement: weight, ratcheted } of findings) {
        const found = rules.get(`${name}/${id}`);
        if (found === undefined || reason === 'MutationConflict' || ratcheted === true) continue;
        assert.equal(weight, weighed(found.enforcement, given));
        if (typeof found.enforcement !== 'string') staged += 1;
      }
      for (const { policy: name, rule: id } of mutations) {
        const made = rules.get(`${name}/${id}`);
        // A rule for other requests restores what it once filled in, whatever it weighs by now.
        if (made === undefined || made.match.operations !== undefined || made.match.subjects !== undefined)
          continue;
        assert.equal(weighed(made.enforcement, given), 'Deny');
        changed += 1;
      }
      return true;
    });
    assert.ok(staged > numRuns / 50 && changed > numRuns / 20, `${staged} staged, ${changed} changed`);
  });
});

/** What holds in each world that the unknown labels allow, said once more with other means; the strictest of them. */
function weighed(written: RuleEnforcement, { object, facts: known }: Request): Enforcement {
  if (typeof written === 'string') return written;
  const target = valueAt(object, ['spec', 'targetNamespace']);
  const touched = ['team', ...(typeof target === 'string' ? [target] : [])];
  const nowMs = Date.parse(known.now);
  const order: readonly Enforcement[] = ['Audit', 'Warn', 'Deny'];
  const strictest = (list: readonly Enforcement[]) =>
    order[Math.max(...list.map((one) => order.indexOf(one)))] ?? 'Deny';
  const acting = ({ action: then, before, fromMs }: StagedAction) =>
    fromMs === undefined || nowMs >= fromMs ? then : before;
  return strictest(
    touched.map((name) => {
      const fact = name === 'team' ? known.namespaceLabels : known.otherNamespaceLabels?.get(name);
      const worlds = fact?.known === true ? [fact.value] : [{ tier: 'prod' }, {}];
      return strictest(
        worlds.map((labelsOfWorld: Readonly<Record<string, string>>) => {
          const fitting = written.namespaces.filter(
            ({ where: { names, labels: wanted } }) =>
              (names === undefined || names.some(({ text }) => text === '*' || text === name)) &&
              (wanted === undefined || labelsOfWorld['tier'] === 'prod'),
          );
          return fitting.length === 0 ? acting(written) : strictest(fitting.map(acting));
        }),
      );
    }),
  );
}

describe('an exception', () => {
  it('never adds a finding, a change or a denial', () => {
    let needed = 0;
    hold((policies, given) => {
      const { exceptions: _none, ...rest } = policies;
      const without: PolicySet = {
        ...rest,
        rulesByKind: new Map(
          [...policies.rulesByKind].map(([kind, rules]) => [
            kind,
            rules.map(({ exceptions: _ofRule, ...one }) => one),
          ]),
        ),
      };
      const [withThem, bare] = [decide(policies, given), decide(without, given)];
      const told = (withThem.exceptions ?? []).length > 0;
      if (told) needed += 1;
      else if (!isBroken(bare)) {
        // What another rule then fills in the same way is remembered as its default; the fields are as they would be.
        const [one, other] = [after(policies, given), after(without, given)];
        assert.ok(isEqualJson(one.object['spec'], other.object['spec']));
      }
      for (const { policy: name, rule: id } of withThem.exceptions ?? []) {
        assert.ok(!withThem.findings.some((finding) => finding.policy === name && finding.rule === id));
        assert.ok(!withThem.mutations.some((mutation) => mutation.policy === name && mutation.rule === id));
      }
      return true;
    });
    assert.ok(needed > numRuns / 100, `only ${needed} of ${numRuns} needed one`);
  });
});

describe('the ratchet', () => {
  it('speaks at updates only, and only of rules that have it', () => {
    let milder = 0;
    hold((policies, given) => {
      const rules = [...policies.rulesByKind.values()].flat();
      const plain: PolicySet = {
        ...policies,
        rulesByKind: new Map(
          [...policies.rulesByKind].map(([kind, list]) => [
            kind,
            list.map(({ ratchet: _none, ...one }) => one),
          ]),
        ),
      };
      const ratcheted = decide(policies, given);
      if (given.old === undefined) assert.deepEqual(ratcheted, decide(plain, given));
      for (const { policy: name, rule: id, enforcement: weight } of ratcheted.findings.filter(
        (finding) => finding.ratcheted === true,
      )) {
        milder += 1;
        assert.equal(weight, 'Warn');
        assert.ok(rules.some((one) => one.policy === name && one.id === id && one.ratchet === true));
      }
      return true;
    });
    assert.ok(milder > numRuns / 100, `only ${milder} in ${numRuns} runs were milder`);
  });

  it('denies no update that changes nothing, where every rule has it', () => {
    hold((policies, given) => {
      const rules = [...policies.rulesByKind.values()].flat();
      if (!rules.every(({ ratchet }) => ratchet === true)) return false;
      const { findings } = decide(policies, { ...given, old: given.object });
      const denying = findings.filter(
        ({ policy: name, reason, enforcement: weight }) =>
          name !== 'helmgate' && reason !== 'MutationConflict' && weight === 'Deny',
      );
      assert.deepEqual(denying, []);
      return true;
    }, 0.1);
  });
});

describe('the order of policies and of their rules', () => {
  it('decides nothing about the object, but for ranges that are cut in turn', () => {
    fc.assert(
      fc.property(documents, request, fc.boolean(), (given, asked, rules) => {
        const turned = given.toReversed().map((document) => {
          const spec = document['spec'] as JsonObject;
          const list = spec['rules'];
          const isPolicy = document['kind'] === 'Policy' && Array.isArray(list);
          return rules && isPolicy ? { ...document, spec: { ...spec, rules: list.toReversed() } } : document;
        });
        const [one, other] = [compile(given), compile(turned)];
        assert.equal(one === undefined, other === undefined);
        if (one === undefined || other === undefined) return;
        const narrows = [...one.rulesByKind.values()]
          .flat()
          .filter(
            ({ body: { writes, defaults, overrides } }) =>
              writes.length > 0 && defaults === undefined && overrides === undefined,
          );
        if (new Set(narrows).size > 1) return;
        const [a, b] = [decide(one, asked), decide(other, asked)];
        assert.equal(a.allowed, b.allowed);
        if (!isBroken(a)) assert.deepEqual(a.patch, b.patch);
        const kinds = (decision: Decision) =>
          decision.findings
            .filter(({ reason }) => reason !== 'MutationConflict')
            .map(({ policy: name, rule: id, reason, path, enforcement: weight }) =>
              [name, id, reason, path, weight].join(' '),
            )
            .sort();
        if (!isBroken(a)) assert.deepEqual(kinds(a), kinds(b));
      }),
      { numRuns },
    );
  });
});
