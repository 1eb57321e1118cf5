import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { formatLocatedError } from '../../../src/core/policy/located-error.ts';
import { RULE_DEFINITIONS } from '../../../src/core/policy/rules/catalogue.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';
import {
  documentSet,
  exceptionDocument,
  factsWith,
  helmRelease,
  policySet,
  subjectOf,
} from './policy-fixture.ts';

const DESTRUCTIVE: JsonObject = { id: 'dc', destructiveChange: {} };
const KEEP_NAME: JsonObject = {
  id: 'e',
  expression: {
    expression:
      'oldObject == null || object.spec.?releaseName.orValue("") == oldObject.spec.?releaseName.orValue("")',
    path: 'spec.releaseName',
  },
};

const prod = { namespaces: { names: ['prod-*'] } };
const labelled = { labels: { matchLabels: { tier: 'prod' } } };
const inProd = helmRelease({ targetNamespace: 'prod-x' });
const inDev = helmRelease({ targetNamespace: 'dev-y' });
const label = { labels: { tier: 'prod' } };

function judged(
  rules: readonly JsonObject[],
  spec: JsonObject,
  old: JsonObject,
  now: JsonObject,
  more: Partial<Subject> = {},
) {
  return evaluate(policySet(rules, spec), subjectOf(now, old, more), factsWith(), 'admission');
}

const rulesOf = ({ findings }: ReturnType<typeof judged>) =>
  findings.map(({ rule, reason, enforcement }) => `${rule} ${reason} ${enforcement}`);

const triggered = (metadata: JsonObject = {}, spec: JsonObject = {}) =>
  helmRelease(spec, { ...metadata, annotations: { 'reconcile.fluxcd.io/forceAt': '1' } });
const suspended = (metadata: JsonObject = {}) =>
  helmRelease(
    { suspend: true },
    {
      ...metadata,
      managedFields: [
        {
          manager: 'm',
          operation: 'Update',
          time: '2026-01-01T00:00:00Z',
          fieldsV1: { 'f:spec': { 'f:suspend': {} } },
        },
      ],
    },
  );

describe('an edit that leads out of a policy', () => {
  const table: readonly (readonly [
    what: string,
    rule: JsonObject,
    match: JsonObject,
    old: JsonObject,
    now: JsonObject,
    says: string,
  ])[] = [
    ['by its namespace', DESTRUCTIVE, prod, inProd, inDev, 'dc DestructiveChange Deny'],
    [
      'by its label',
      DESTRUCTIVE,
      labelled,
      helmRelease({ releaseName: 'a' }, label),
      helmRelease({ releaseName: 'b' }),
      'dc DestructiveChange Deny',
    ],
    [
      'into another cluster',
      DESTRUCTIVE,
      { kubeConfig: false },
      helmRelease(),
      helmRelease({ kubeConfig: { secretRef: { name: 'x' } } }),
      'dc DestructiveChange Deny',
    ],
    [
      'with a trigger',
      { id: 't', forbid: { triggers: ['forceAt'] } },
      labelled,
      helmRelease({}, label),
      triggered(),
      't TriggerForbidden Deny',
    ],
    [
      'while it is suspended for too long',
      { id: 's', forbid: { suspendedLongerThan: '1h' } },
      labelled,
      suspended(label),
      suspended(),
      's SuspendedTooLong Deny',
    ],
    [
      'against an expression about both objects',
      KEEP_NAME,
      labelled,
      helmRelease({ releaseName: 'a' }, label),
      helmRelease({ releaseName: 'b' }),
      'e ExpressionFalse Deny',
    ],
  ];
  for (const [what, rule, match, old, now, says] of table) {
    it(`is judged ${what}`, () => {
      const decision = judged([rule], { match }, old, now);
      assert.deepEqual([decision.allowed, rulesOf(decision)], [false, [says]]);
    });
    it(`is judged ${what} no more than once where both sides fit`, () => {
      assert.deepEqual(rulesOf(judged([rule], {}, old, now)), [says]);
    });
    it(`is none where neither side fits: ${what}`, () => {
      const nobody = { ...match, names: ['nobody'] };
      assert.deepEqual(rulesOf(judged([rule], { match: nobody }, old, now)), []);
    });
  }

  it('is not held to what the policy asks of the object itself', () => {
    const rules = [
      { id: 'f', forbid: { 'spec.releaseName': { present: true }, triggers: ['forceAt'] } },
      {
        id: 'o',
        expression: ['object.spec.interval == "1h"', 'oldObject == null || true'].map((expression) => ({
          expression,
        })),
      },
      { id: 'b', bounds: { 'spec.interval': { min: '1h' } } },
      { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '1m' } } },
    ];
    const out = helmRelease({ releaseName: 'a' });
    const decision = judged(rules, { match: labelled }, helmRelease({ releaseName: 'a' }, label), out);
    assert.deepEqual([decision.allowed, decision.findings, decision.patch], [true, [], []]);
  });

  it('is told apart in what the rules gave, each rule once', () => {
    const decision = judged(
      [DESTRUCTIVE, KEEP_NAME],
      { match: labelled },
      helmRelease({}, label),
      helmRelease(),
    );
    assert.deepEqual(
      decision.ruleResults.map(({ rule, result }) => [rule, result]),
      [
        ['dc', 'pass'],
        ['e', 'pass'],
      ],
    );
    const inside = judged(
      [KEEP_NAME],
      {},
      helmRelease({ releaseName: 'a' }),
      helmRelease({ releaseName: 'b' }),
    );
    assert.deepEqual(
      inside.ruleResults.map(({ rule, result }) => [rule, result]),
      [['e', 'finding']],
    );
  });
});

describe('who and what a policy leaves out', () => {
  it('leaves out an edit only when both sides are', () => {
    const match = { exclude: { labels: { matchLabels: { sandbox: 'yes' } } } };
    const sandbox = { labels: { sandbox: 'yes' } };
    const [from, to] = [{ releaseName: 'a' }, { releaseName: 'b' }];
    const sides = (old: JsonObject, now: JsonObject) =>
      judged([DESTRUCTIVE], { match }, helmRelease(from, old), helmRelease(to, now)).allowed;
    assert.deepEqual(
      [sides({}, {}), sides({}, sandbox), sides(sandbox, {}), sides(sandbox, sandbox)],
      [false, false, false, true],
    );
  });

  it('leaves out who asks, whichever side fits', () => {
    const user = { username: 'a', groups: ['admins'] };
    const match = { ...prod, exclude: { subjects: [{ group: 'admins' }] } };
    assert.equal(judged([DESTRUCTIVE], { match }, inProd, inDev, { user }).allowed, true);
    assert.equal(
      judged([DESTRUCTIVE], { match: { ...prod, operations: ['CREATE'] } }, inProd, inDev).allowed,
      true,
    );
  });

  it('enforces as the stricter side has it', () => {
    const enforcement = { action: 'Warn', namespaces: [{ names: ['prod-*'], action: 'Deny' }] };
    for (const [old, now] of [
      [inProd, inDev],
      [inDev, inProd],
    ] as const)
      assert.deepEqual(rulesOf(judged([DESTRUCTIVE], { enforcement }, old, now)), [
        'dc DestructiveChange Deny',
      ]);
    const elsewhere = helmRelease({ targetNamespace: 'dev-z' });
    assert.deepEqual(rulesOf(judged([DESTRUCTIVE], { enforcement }, inDev, elsewhere)), [
      'dc DestructiveChange Warn',
    ]);
  });

  it('asks an exception to cover every side that the policy is about', () => {
    const exception = exceptionDocument({ match: labelled });
    const decide = (match: JsonObject, old: JsonObject, now: JsonObject) => {
      const spec = { match, rules: [DESTRUCTIVE] };
      const set = documentSet([{ kind: 'Policy', metadata: { name: 'p' }, spec }, exception]);
      const subject = subjectOf(
        helmRelease({ releaseName: 'b' }, now),
        helmRelease({ releaseName: 'a' }, old),
      );
      return evaluate(set, subject, factsWith(), 'admission').allowed;
    };
    const everything = {};
    assert.equal(decide(everything, label, label), true);
    assert.equal(decide(everything, {}, label), false, 'a label that comes with the edit excepts nothing');
    assert.equal(decide(everything, label, {}), false);
    assert.equal(decide(labelled, label, {}), true, 'the policy is about the old side alone');
  });
});

describe('a rule that fails under an exception', () => {
  const broken = (expression: string) => ({ id: 'e', expression: { expression } });
  const decide = (rule: JsonObject, old?: JsonObject) => {
    const policy = { kind: 'Policy', metadata: { name: 'p' }, spec: { rules: [rule] } };
    const set = documentSet([policy, exceptionDocument()]);
    return evaluate(set, subjectOf(helmRelease(), old), factsWith(), 'admission');
  };

  it('lets the object pass and says so, by the names of rule and exception', () => {
    for (const [rule, old] of [
      [broken('object.spec.nothing == 1'), undefined],
      [broken('oldObject.spec.nothing == 1'), helmRelease({ interval: '1h' })],
    ] as const) {
      const { allowed, warnings, ruleResults, exceptions } = decide(rule, old);
      assert.equal(allowed, true);
      assert.match(
        warnings.join(),
        /^exception legacy lets pass what p\/e could not judge: the rule failed in policy set /,
      );
      assert.deepEqual(
        [ruleResults.map(({ result }) => result), exceptions?.map(({ exception }) => exception)],
        [['error'], ['legacy']],
      );
    }
  });

  it('says nothing of the kind about what is merely found', () => {
    assert.deepEqual(decide(broken('false')).warnings, []);
  });
});

describe('the reference', () => {
  it('says of each rule that judges edits what of it does', () => {
    for (const { field, example, aboutEdits } of RULE_DEFINITIONS) {
      const set = compilePolicySet([
        {
          path: 'p.yaml',
          text: `apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n${example.trim().replaceAll(/^/gm, '  ')}\n`,
        },
      ]);
      assert.ok(set.ok, field);
      const judges = [...set.set.rulesByKind.values()]
        .flat()
        .some(({ body }) => body.judgeEdit !== undefined);
      // Of expressions it depends on what they read.
      assert.equal(judges || field === 'expression', aboutEdits !== undefined, field);
    }
  });
});

describe('a match', () => {
  it('names no operation that is never judged', () => {
    const text = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  match: {operations: [DELETE]}
  rules: [{id: d, destructiveChange: {}}]
`;
    const result = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.match(
      result.ok ? '' : formatLocatedError(result.errors[0] as never),
      /^p\.yaml:5:24: .*must be one of CREATE, UPDATE/,
    );
  });
});

describe('a schedule', () => {
  const rule = {
    id: 's',
    schedule: {
      timeZone: 'Europe/Berlin',
      freezes: [{ from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z', reason: 'no' }],
      breakGlass: { atMost: '1h', subjects: [{ group: 'admins' }] },
    },
  };
  const glass = { 'helmgate.dev/break-glass': 'me; until 2026-06-01T00:30:00Z; now' };
  const user = { username: 'a', groups: ['dev'] };
  const out = helmRelease({}, { annotations: glass });
  const back = helmRelease({}, { ...label, annotations: glass });
  const refused = ['s BreakGlassRefused Deny'];

  it('refuses who may not break the glass also on the way out of the policy, and on the way back', () => {
    const spec = { match: labelled };
    assert.deepEqual(rulesOf(judged([rule], spec, helmRelease({}, label), out, { user })), refused);
    assert.deepEqual(rulesOf(judged([rule], spec, out, back, { user })), refused);
    assert.deepEqual(rulesOf(judged([rule], spec, back, back, { user })), []);
  });
});

describe('for any edit, a rule about edits', () => {
  const sideOf = fc.record({
    target: fc.constantFrom('prod-x', 'dev-y', 'dev-z'),
    tier: fc.constantFrom('prod', 'test'),
    remote: fc.boolean(),
  });
  const matches = fc.constantFrom<JsonObject>(
    {},
    prod,
    labelled,
    { kubeConfig: false },
    { exclude: { labels: { matchLabels: { tier: 'prod' } } } },
    { exclude: { namespaces: { names: ['team', 'dev-*'] } } },
  );
  const objectOf = ({ target, tier, remote }: { target: string; tier: string; remote: boolean }) =>
    helmRelease(
      { targetNamespace: target, ...(remote ? { kubeConfig: { secretRef: { name: 'x' } } } : {}) },
      { labels: { tier } },
    );

  it('says the same of the way there as of the way back, where no exception or date interferes', () => {
    fc.assert(
      fc.property(matches, sideOf, sideOf, (match, one, other) => {
        const rule = {
          id: 'e',
          expression: { expression: 'oldObject == null || object.spec == oldObject.spec' },
        };
        const [there, back] = [
          judged([rule], { match }, objectOf(one), objectOf(other)),
          judged([rule], { match }, objectOf(other), objectOf(one)),
        ];
        assert.equal(there.allowed, back.allowed);
      }),
    );
  });

  it('finds wherever a rule about the object itself would be asked on one side', () => {
    fc.assert(
      fc.property(matches, sideOf, sideOf, (match, one, other) => {
        const always = { id: 'o', expression: { expression: 'false' } };
        const asked = (side: JsonObject) =>
          !evaluate(policySet([always], { match }), subjectOf(side, side), factsWith(), 'admission').allowed;
        const about = { id: 'e', expression: { expression: 'oldObject == null' } };
        const [old, now] = [objectOf(one), objectOf(other)];
        assert.equal(!judged([about], { match }, old, now).allowed, asked(old) || asked(now));
      }),
    );
  });
});
