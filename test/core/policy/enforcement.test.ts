import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import { defaultEnforcement } from '../../../src/core/policy/rule-definition.ts';
import { RULE_DEFINITIONS } from '../../../src/core/policy/rules/catalogue.ts';
import { factsWith, helmRelease, policySet, subjectOf } from './policy-fixture.ts';

const known = (labels: Record<string, string>) => ({ known: true, value: labels }) as const;

/** What a rule with this enforcement does with a release that it finds something in. */
function decide(enforcement: JsonObject, facts: Partial<Facts> = {}, object = helmRelease()) {
  const set = policySet([{ id: 'r', enforcement, allowedSources: [{ url: 'https://other.example' }] }]);
  return evaluate(set, subjectOf(object), factsWith('https://flagger.app', facts), 'admission');
}

const actionAt = (enforcement: JsonObject, facts: Partial<Facts> = {}, object = helmRelease()) =>
  decide(enforcement, facts, object).findings[0]?.enforcement;

describe('an enforcement that nobody wrote', () => {
  const object = helmRelease({ interval: '15m', install: { skipCRDs: true } });
  const of = (rule: JsonObject, spec: JsonObject = {}) =>
    evaluate(policySet([{ id: 'r', ...rule }], spec), subjectOf(object), factsWith(), 'admission').findings[0]
      ?.enforcement;

  it('is Deny for most kinds of rules, and Warn for ineffective', () => {
    const kinds = RULE_DEFINITIONS.filter((definition) => defaultEnforcement(definition) !== 'Deny');
    assert.deepEqual(
      kinds.map(({ field }) => field),
      ['ineffective'],
    );
    assert.equal(of({ ineffective: {} }), 'Warn');
    assert.equal(of({ forbid: { 'spec.install.skipCRDs': { present: true } } }), 'Deny');
  });

  it('gives way to what the rule says, and to what the policy says', () => {
    assert.equal(of({ ineffective: {}, enforcement: 'Deny' }), 'Deny');
    assert.equal(of({ ineffective: {} }, { enforcement: 'Deny' }), 'Deny');
    assert.equal(of({ ineffective: {}, enforcement: 'Audit' }, { enforcement: 'Deny' }), 'Audit');
  });
});

describe('an enforcement with a date', () => {
  const from = { action: 'Deny', from: '2026-12-01' };
  const table: readonly (readonly [now: string, written: JsonObject, expected: string])[] = [
    ['2026-11-30T23:59:59Z', from, 'Warn'],
    ['2026-12-01T00:00:00Z', from, 'Deny'],
    ['2026-12-01T01:59:59+02:00', from, 'Warn'],
    ['2026-11-30T23:59:59Z', { ...from, before: 'Audit' }, 'Audit'],
    ['2026-12-01T00:00:00Z', { ...from, before: 'Audit' }, 'Deny'],
    ['2026-11-30T22:00:00Z', { action: 'Deny', from: '2026-12-01T00:00:00+02:00' }, 'Deny'],
    ['2026-11-30T21:59:59Z', { action: 'Deny', from: '2026-12-01T00:00:00+02:00' }, 'Warn'],
    ['2026-11-30T23:59:59Z', { action: 'Warn', from: '2026-12-01', before: 'Audit' }, 'Audit'],
    ['no time at all', from, 'Deny'],
  ];
  for (const [now, written, expected] of table) {
    it(`is ${expected} at ${now}: ${JSON.stringify(written)}`, () => {
      assert.equal(actionAt(written, { now }), expected);
    });
  }

  it('says when it will deny, in the finding and to the user', () => {
    const { findings, warnings } = decide(from, { now: '2026-11-30T00:00:00Z' });
    assert.equal(findings[0]?.deniesFrom, '2026-12-01T00:00:00Z');
    assert.match(
      warnings[0] ?? '',
      /^p\/r, denied from 2026-12-01T00:00:00Z on: spec\.chart\.spec\.sourceRef/,
    );
    assert.equal(decide(from, { now: '2026-12-01T00:00:00Z' }).findings[0]?.deniesFrom, undefined);
  });

  it('changes objects from the second on that it denies, and before that reports what it would change', () => {
    const set = policySet([
      { id: 'd', enforcement: from, defaults: { HelmRelease: { 'spec.timeout': '5m' } } },
    ]);
    const at = (now: string) =>
      evaluate(set, subjectOf(helmRelease()), factsWith('https://flagger.app', { now }), 'admission');
    const before = at('2026-11-30T23:59:59Z');
    assert.deepEqual([before.patch, before.findings.map(({ reason }) => reason)], [[], ['NotMutated']]);
    const after = at('2026-12-01T00:00:00Z');
    assert.deepEqual(after.findings, []);
    assert.ok(after.patch.some(({ path }) => path === '/spec/timeout'));
  });
});

describe('an enforcement by namespace', () => {
  const byName = {
    action: 'Deny',
    namespaces: [
      { names: ['dev-*'], action: 'Audit' },
      { names: ['*-eu'], action: 'Warn' },
    ],
  };
  const inNamespaces = (own: string, target?: string) =>
    helmRelease(target === undefined ? {} : { targetNamespace: target }, { namespace: own });
  const table: readonly (readonly [own: string, target: string | undefined, expected: string])[] = [
    ['prod', undefined, 'Deny'],
    ['dev-a', undefined, 'Audit'],
    ['a-eu', undefined, 'Warn'],
    ['dev-eu', undefined, 'Warn'],
    ['dev-a', 'prod', 'Deny'],
    ['dev-a', 'dev-b', 'Audit'],
    ['dev-a', 'a-eu', 'Warn'],
  ];
  for (const [own, target, expected] of table) {
    it(`is ${expected} for a release in ${own}${target === undefined ? '' : ` into ${target}`}`, () => {
      const object = inNamespaces(own, target);
      const facts: Partial<Facts> = { otherNamespaceLabels: new Map([[target ?? '', known({})]]) };
      const sources = new Map([
        [
          `HelmRepository/${own}/flagger`,
          {
            known: true,
            value: { kind: 'HelmRepository', namespace: own, name: 'flagger', url: 'https://flagger.app' },
          } as const,
        ],
      ]);
      assert.equal(actionAt(byName, { ...facts, sources }, object), expected);
    });
  }

  it('takes the storage namespace into account', () => {
    const mild = { action: 'Audit', namespaces: [{ names: ['vault'], action: 'Deny' }] };
    assert.equal(actionAt(mild), 'Audit');
    assert.equal(actionAt(mild, {}, helmRelease({ storageNamespace: 'vault' })), 'Deny');
  });

  const unknown = { namespaceLabels: { known: false, why: 'Unavailable' } } as const;
  const prod = { labels: { matchLabels: { tier: 'prod' } } };
  it('is the stricter answer where the labels are not known', () => {
    const stricter = { action: 'Audit', namespaces: [{ ...prod, action: 'Deny' }] };
    const milder = { action: 'Deny', namespaces: [{ ...prod, action: 'Audit' }] };
    assert.equal(actionAt(stricter, unknown), 'Deny');
    assert.equal(actionAt(milder, unknown), 'Deny');
    assert.equal(actionAt(milder, { namespaceLabels: known({ tier: 'prod' }) }), 'Audit');
    assert.equal(actionAt(stricter, { namespaceLabels: known({ tier: 'dev' }) }), 'Audit');
  });

  it('does not fall back to the general action where one entry is certain to fit', () => {
    const entries = [
      { names: ['team'], action: 'Audit' },
      { ...prod, action: 'Warn' },
    ];
    assert.equal(actionAt({ action: 'Deny', namespaces: entries }, unknown), 'Warn');
  });

  it('is staged for each namespace on its own', () => {
    const staged = {
      action: 'Warn',
      namespaces: [{ names: ['team'], action: 'Deny', from: '2026-12-01', before: 'Audit' }],
    };
    assert.equal(actionAt(staged, { now: '2026-11-01T00:00:00Z' }), 'Audit');
    assert.equal(actionAt(staged, { now: '2026-12-01T00:00:00Z' }), 'Deny');
  });
});
