import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import { formatPath } from '../../../src/core/json/path.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { compileDocuments } from '../../../src/core/policy/compile.ts';
import { mutantsOf } from '../../../src/core/policytest/mutants.ts';
import { documentOf } from './test-fixture.ts';

const HEAD = 'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n';
const changesOf = (text: string) =>
  mutantsOf(documentOf(text)).map(({ tokens, change }) => `${formatPath(tokens)}: ${change}`);

describe('the mutants of a policy', () => {
  it('drop each rule, flip each enforcement, and change each option in each way, in that order', () => {
    const policy = `${HEAD}  rules:
  - id: a
    allowedSources: [{url: https://flagger.app}, {url: https://acme.example, subpaths: true}]
  - id: b
    enforcement: Audit
    chartVersion: {within: ">=1.28.0 <2.0.0", wider: Narrow}
`;
    assert.deepEqual(changesOf(policy), [
      'spec.rules.0: the rule removed',
      'spec.rules.1: the rule removed',
      'spec.rules.0: enforcement: Deny -> Warn',
      'spec.rules.1.enforcement: enforcement: Audit -> Deny',
      'spec.rules.0.allowedSources.0: the entry removed',
      'spec.rules.0.allowedSources.0.url: url removed',
      'spec.rules.0.allowedSources.1: the entry removed',
      'spec.rules.0.allowedSources.1.url: url removed',
      'spec.rules.0.allowedSources.1.subpaths: subpaths removed',
      'spec.rules.0.allowedSources.1.subpaths: subpaths: true -> false',
      'spec.rules.1.chartVersion.within: within removed',
      'spec.rules.1.chartVersion.within: within: ">=1.28.0 <2.0.0" -> ">=1.28.1 <2.0.0"',
      'spec.rules.1.chartVersion.within: within: ">=1.28.0 <2.0.0" -> ">=1.28.0 <2.0.1"',
      'spec.rules.1.chartVersion.wider: wider removed',
      'spec.rules.1.chartVersion.wider: wider: "Narrow" -> "Deny"',
    ]);
  });

  it('flip what holds where no enforcement is written', () => {
    const policy = `${HEAD}  rules: [{id: i, ineffective: {}}, {id: r, ineffective: {}, enforcement: Audit}]\n`;
    assert.deepEqual(changesOf(policy).slice(2, 4), [
      'spec.rules.0: enforcement: Warn -> Deny',
      'spec.rules.1.enforcement: enforcement: Audit -> Deny',
    ]);
  });

  it('change numbers and durations by one, and words that the API knows none for are left alone', () => {
    const policy = `${HEAD}  rules: [{id: d, defaults: {HelmRelease: {spec.timeout: 5m, spec.maxHistory: 0, spec.releaseName: x}}}]\n`;
    assert.deepEqual(changesOf(policy).slice(2), [
      'spec.rules.0.defaults.HelmRelease: HelmRelease removed',
      'spec.rules.0.defaults.HelmRelease["spec.timeout"]: ["spec.timeout"] removed',
      'spec.rules.0.defaults.HelmRelease["spec.timeout"]: ["spec.timeout"]: "5m" -> "6m"',
      'spec.rules.0.defaults.HelmRelease["spec.timeout"]: ["spec.timeout"]: "5m" -> "4m"',
      'spec.rules.0.defaults.HelmRelease["spec.maxHistory"]: ["spec.maxHistory"] removed',
      'spec.rules.0.defaults.HelmRelease["spec.maxHistory"]: ["spec.maxHistory"]: 0 -> 1',
      'spec.rules.0.defaults.HelmRelease["spec.maxHistory"]: ["spec.maxHistory"]: 0 -> -1',
      'spec.rules.0.defaults.HelmRelease["spec.releaseName"]: ["spec.releaseName"] removed',
    ]);
  });

  it('reach elsewhere, and stage otherwise', () => {
    const policy = `${HEAD}  match: {names: [a, b], exclude: {subjects: [{group: g}]}}
  enforcement: {action: Warn, from: 2026-12-01, namespaces: [{names: [prod], action: Deny}]}
  rules: [{id: d, ratchet: true, defaults: {HelmRelease: {spec.suspend: true}}}]
`;
    assert.deepEqual(changesOf(policy), [
      'spec.rules.0: the rule removed',
      'spec.rules.0: enforcement: Warn -> Deny',
      'spec.rules.0.ratchet: ratchet: true -> false',
      'spec.rules.0.defaults.HelmRelease: HelmRelease removed',
      'spec.rules.0.defaults.HelmRelease["spec.suspend"]: ["spec.suspend"] removed',
      'spec.rules.0.defaults.HelmRelease["spec.suspend"]: ["spec.suspend"]: true -> false',
      'spec.match.names: names removed',
      'spec.match.names.0: the entry removed: "a"',
      'spec.match.names.1: the entry removed: "b"',
      'spec.match.exclude: exclude removed',
      'spec.match.exclude.subjects: subjects removed',
      'spec.match.exclude.subjects.0: the entry removed',
      'spec.match.exclude.subjects.0.group: group removed',
      'spec.enforcement.action: action removed',
      'spec.enforcement.action: action: "Warn" -> "Audit"',
      'spec.enforcement.from: from removed',
      'spec.enforcement.from: from: "2026-12-01" -> "2027-12-01"',
      'spec.enforcement.namespaces: namespaces removed',
      'spec.enforcement.namespaces.0: the entry removed',
      'spec.enforcement.namespaces.0.names: names removed',
      'spec.enforcement.namespaces.0.names.0: the entry removed: "prod"',
      'spec.enforcement.namespaces.0.action: action removed',
      'spec.enforcement.namespaces.0.action: action: "Deny" -> "Warn"',
    ]);
  });

  it('turn expressions around, one operator each, and leave what is only said to people alone', () => {
    const policy = `${HEAD}  rules: [{id: e, expression: [{expression: "object.spec.maxHistory >= 2 && 'a<b' != object.kind", message: m, when: both}]}]\n`;
    assert.deepEqual(
      mutantsOf(documentOf(policy))
        .slice(2)
        .map(({ change }) => change),
      [
        'the entry removed',
        'expression removed',
        `expression: "object.spec.maxHistory >= 2 && 'a<b' != object.kind" -> "!(object.spec.maxHistory >= 2 && 'a<b' != object.kind)"`,
        `expression: "object.spec.maxHistory >= 2 && 'a<b' != object.kind" -> "object.spec.maxHistory > 2 && 'a<b' != object.kind"`,
        `expression: "object.spec.maxHistory >= 2 && 'a<b' != object.kind" -> "object.spec.maxHistory >= 2 || 'a<b' != object.kind"`,
        `expression: "object.spec.maxHistory >= 2 && 'a<b' != object.kind" -> "object.spec.maxHistory >= 2 && 'a<b' == object.kind"`,
        'when removed',
        'when: "both" -> "admission"',
      ],
    );
  });

  it('take exceptions away, or let them reach elsewhere, and leave owner, reason and end alone', () => {
    const exception = `apiVersion: helmgate.dev/v1alpha1\nkind: Exception\nmetadata: {name: e}\nspec: {policy: p, rules: [a], match: {names: [x]}, owner: o, reason: r, expires: 2027-01-31}\n`;
    assert.deepEqual(changesOf(exception), [
      ': the exception removed',
      'spec.rules.0: the entry removed: "a"',
      'spec.match.names: names removed',
      'spec.match.names.0: the entry removed: "x"',
    ]);
  });

  it('leave alone what names a rule and what only speaks to people, be it a number or a time', () => {
    const policy = `${HEAD}  rules:
  - {id: "1.0", expression: [{expression: "true", messageExpression: "'1m'", message: 1m, reason: 1.0, wouldPass: 2.0}]}
`;
    assert.deepEqual(changesOf(policy), [
      'spec.rules.0: the rule removed',
      'spec.rules.0: enforcement: Deny -> Warn',
      'spec.rules.0.expression.0: the entry removed',
      'spec.rules.0.expression.0.expression: expression removed',
      'spec.rules.0.expression.0.expression: expression: "true" -> "!(true)"',
    ]);
  });

  it('change the stages of a rule once each', () => {
    const policy = `${HEAD}  rules: [{id: a, enforcement: {action: Audit, from: 2026-12-01}, ineffective: {}}]\n`;
    assert.deepEqual(changesOf(policy), [
      'spec.rules.0: the rule removed',
      'spec.rules.0.enforcement: enforcement: Audit -> Deny',
      'spec.rules.0.enforcement.action: action removed',
      'spec.rules.0.enforcement.action: action: "Audit" -> "Deny"',
      'spec.rules.0.enforcement.from: from removed',
      'spec.rules.0.enforcement.from: from: "2026-12-01" -> "2027-12-01"',
    ]);
  });

  it('leave a rule alone whose enforcement is no word that has an opposite', () => {
    const policy = `${HEAD}  rules: [{id: a, enforcement: Refuse, ineffective: {}}]\n`;
    assert.deepEqual(changesOf(policy), ['spec.rules.0: the rule removed']);
  });

  it('reach other kinds, and say once what holds for all rules of the policy', () => {
    const policy = `${HEAD}  match: {kinds: [HelmRelease]}\n  enforcement: Audit\n  rules: [{id: a, ineffective: {}}]\n`;
    const [, ...changes] = changesOf(policy);
    assert.deepEqual(changes, [
      'spec.rules.0: enforcement: Audit -> Deny',
      'spec.match.kinds: kinds removed',
      'spec.match.kinds.0: the entry removed: "HelmRelease"',
      'spec.match.kinds.0: 0: "HelmRelease" -> "HelmRepository"',
    ]);
  });

  it('change integers that a double cannot hold by one', () => {
    const policy = `${HEAD}  rules: [{id: d, defaults: {HelmRelease: {spec.values.n: 9007199254740993}}}]\n`;
    assert.deepEqual(
      changesOf(policy)
        .slice(4)
        .map((change) => change.split(': ').slice(-1)),
      [['9007199254740993 -> 9007199254740994'], ['9007199254740993 -> 9007199254740992']],
    );
  });

  it('take one thing away and leave the rest as it was', () => {
    const spec = {
      match: { names: ['a', 'b'] },
      rules: [
        { id: 'a', ineffective: {} },
        { id: 'b', ineffective: {} },
      ],
    };
    const mutants = mutantsOf(documentOf(JSON.stringify({ kind: 'Policy', spec })));
    const after = (change: string, ...tokens: readonly string[]) =>
      mutants.find((mutant) => mutant.change === change && formatPath(mutant.tokens) === formatPath(tokens));
    const [a, b] = spec.rules;
    const rule = after('the rule removed', 'spec', 'rules', '0');
    assert.deepEqual(rule?.value, { kind: 'Policy', spec: { ...spec, rules: [b] } });
    const entry = after('the entry removed: "a"', 'spec', 'match', 'names', '0');
    assert.deepEqual(entry?.value, { kind: 'Policy', spec: { ...spec, match: { names: ['b'] } } });
    const member = after('names removed', 'spec', 'match', 'names');
    assert.deepEqual(member?.value, { kind: 'Policy', spec: { ...spec, match: {} } });
    assert.deepEqual([rule?.at, entry?.at, member?.at], [undefined, undefined, 'key']);
    const flipped = after('enforcement: Warn -> Deny', 'spec', 'rules', '0');
    assert.deepEqual(flipped?.value, {
      kind: 'Policy',
      spec: { ...spec, rules: [{ ...a, enforcement: 'Deny' }, b] },
    });
  });

  it('drop the only rule of a policy with the whole policy', () => {
    const [dropped] = mutantsOf(documentOf(`${HEAD}  rules: [{id: a, ineffective: {}}]\n`));
    assert.deepEqual([dropped?.change, dropped?.value], ['the rule removed', undefined]);
  });

  it('are none for other documents', () => {
    assert.deepEqual(changesOf('kind: PolicyTest\nspec: {rules: [{id: a}]}'), []);
    assert.deepEqual(changesOf('kind: Policy\nspec: {rules: 1}'), []);
    assert.deepEqual(changesOf('[]'), []);
  });

  it('each differ from the policy, in what holds the place that they name', () => {
    const rule = fc.record({
      id: fc.constant('r'),
      enforcement: fc.constantFrom('Deny', 'Warn', 'Audit'),
      allowedSources: fc.array(fc.record({ url: fc.webUrl(), subpaths: fc.boolean() }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), (rules) => {
        const document = documentOf(JSON.stringify({ kind: 'Policy', spec: { rules } }));
        for (const { value, tokens } of mutantsOf(document)) {
          assert.ok(!isEqualJson(value, document.value));
          const parent = tokens.slice(0, -1);
          if (value !== undefined)
            assert.ok(!isEqualJson(valueAt(value, parent), valueAt(document.value, parent)));
        }
      }),
    );
  });

  it('never make the compiler throw', () => {
    const document = documentOf(`${HEAD}  match: {namespaces: {names: [a]}}
  rules:
  - {id: a, allowedSources: [{url: https://flagger.app}]}
  - {id: b, chartVersion: {within: ">=1"}}
  - {id: c, defaults: {HelmRelease: {spec.install: {crds: Skip}}}}
`);
    const results = mutantsOf(document).map(({ value }) =>
      compileDocuments(value === undefined ? [] : [{ ...document, value }], 'sha256:m'),
    );
    assert.ok(results.some(({ ok }) => ok) && results.some(({ ok }) => !ok));
  });
});
