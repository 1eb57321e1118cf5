import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PromotionFact } from '../../../../src/core/policy/facts.ts';
import type { RuleInput } from '../../../../src/core/policy/rule.ts';
import { promotion } from '../../../../src/core/policy/rules/promotion.ts';
import { factsWith, helmRelease } from '../policy-fixture.ts';
import { compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const FROM = { namespaces: { names: ['staging-*'] } };
const READY: PromotionFact = {
  namespace: 'staging-a',
  namespaceLabels: {},
  labels: {},
  chart: 'flagger',
  version: '1.30.0',
  readySince: '2026-05-01T00:00:00Z',
};

function at(now: string, promotions: readonly PromotionFact[], version = '1.30.0'): Partial<RuleInput> {
  const facts = factsWith(undefined, {
    now,
    chart: { known: true, value: { name: 'flagger', version } },
    promotions: { known: true, value: promotions },
  });
  return { phase: 'release', facts };
}

describe('promotion', () => {
  const body = ruleOf(promotion, { from: FROM, readyFor: '1h' });

  it('refuses a text that is no duration', () => {
    assert.deepEqual(compileRule(promotion, { from: FROM, readyFor: '1d' }).errors, [
      'readyFor: "1d" is no duration (write 24h)',
    ]);
    assert.deepEqual(compileRule(promotion, { from: FROM, readyFor: '-1h' }).errors, [
      'readyFor: "-1h" is no duration (write 24h)',
    ]);
  });

  it('refuses a place that is everywhere', () => {
    assert.equal(compileRule(promotion, { from: {}, readyFor: '1h' }).errors.length, 1);
    assert.equal(compileRule(promotion, { readyFor: '1h' }).errors.length, 1);
  });

  it('passes at once with 0s, when the version has been Ready at all', () => {
    const soon = ruleOf(promotion, { from: FROM, readyFor: '0s' });
    assert.deepEqual(judge(soon, helmRelease(), at('2026-05-01T00:00:00Z', [READY])).findings, []);
    assert.equal(judge(soon, helmRelease(), at('2026-05-01T00:00:00Z', [])).findings.length, 1);
  });

  it('passes exactly from the moment on that it named', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -7200, max: 7200 }), { minLength: 1, maxLength: 4 }), (ages) => {
        const now = Date.parse('2026-06-01T00:00:00Z');
        const promotions = ages.map((age) => ({
          ...READY,
          readySince: new Date(now - age * 1000).toISOString(),
        }));
        const finding = judge(body, helmRelease(), at('2026-06-01T00:00:00Z', promotions)).findings[0];
        if (Math.max(...ages) >= 3600) return assert.equal(finding, undefined);
        const until = finding?.hold?.until ?? assert.fail('no end');
        const before = new Date(Date.parse(until) - 1000).toISOString();
        assert.equal(judge(body, helmRelease(), at(before, promotions)).findings.length, 1);
        assert.equal(judge(body, helmRelease(), at(until, promotions)).findings.length, 0);
      }),
    );
  });

  it('leaves out what cannot be read, and shows nothing but a bounded line', () => {
    const hostile = { ...READY, readySince: 'for ever' };
    const version = `1.30.0\u001b[2J${'x'.repeat(1000)}`;
    const { findings } = judge(
      body,
      helmRelease(),
      at('2026-06-01T00:00:00Z', [{ ...hostile, version }], version),
    );
    assert.equal(findings.length, 1);
    assert.deepEqual(findings[0]?.hold, {});
    assert.equal(findings[0]?.message.length, 200);
    assert.doesNotMatch(findings[0]?.message ?? '', /\u001b/);
  });

  it('says each verdict for a fact that is not known', () => {
    const facts = factsWith(undefined, {
      chart: { known: true, value: { name: 'flagger', version: '1.30.0' } },
    });
    const answer = (unknown: 'Deny' | 'Warn' | 'Allow') => {
      const rule = ruleOf(promotion, { from: FROM, readyFor: '1h', unknown });
      assert.equal(rule.unknown, unknown);
      const { findings, warnings } = judge(rule, helmRelease(), { phase: 'release', facts });
      return [...said(findings), ...warnings];
    };
    const message = 'where the version has been Ready is not known: it could not be looked up';
    assert.deepEqual(answer('Deny'), [`spec.chart: ${message}`]);
    assert.deepEqual(answer('Warn'), [message]);
    assert.deepEqual(answer('Allow'), []);
  });
});
