import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import { evaluate } from '../../../../src/core/policy/evaluate.ts';
import type { Facts } from '../../../../src/core/policy/facts.ts';
import { chart, factsWith, helmRelease, policySet, subjectOf } from '../policy-fixture.ts';

const WITHIN = '>=1.28.0 <2.0.0';
const rule = (options: JsonObject = {}) =>
  policySet([{ id: 'v', chartVersion: { within: WITHIN, ...options } }]);
const denying = rule();
const narrowing = rule({ wider: 'Narrow' });

function judge(set: typeof denying, version: string | undefined, facts: Facts = factsWith()) {
  return evaluate(set, subjectOf(helmRelease({ chart: chart(version) })), facts, 'admission');
}

describe('chart versions at admission', () => {
  const table = [
    ['1.30.0', undefined],
    ['1.30.x', undefined],
    ['>=1.28.0 <1.31.0', undefined],
    ['~1.29', undefined],
    ['*', 'RangeTooWide'],
    [undefined, 'RangeTooWide'],
    ['', 'RangeTooWide'],
    ['>=1.0.0', 'RangeTooWide'],
    ['1.x', 'RangeTooWide'],
    ['>=1.28.0-0 <2.0.0', 'RangeTooWide'],
    ['1.30.0 || 2.0.0', 'RangeTooWide'],
    ['>=2.0.0', 'RangeDisjoint'],
    ['1.27.0', 'RangeDisjoint'],
    ['2.0.0-rc.1', 'RangeDisjoint'],
    ['not a version', 'VersionInvalid'],
  ] as const;
  for (const [version, reason] of table) {
    it(`${reason ?? 'passes'}: ${version ?? 'no version'}`, () => {
      const { allowed, findings } = judge(denying, version);
      assert.deepEqual(
        findings.map((finding) => finding.reason),
        reason === undefined ? [] : [reason],
      );
      assert.equal(allowed, reason === undefined);
    });
  }

  it('deny a range that reaches outside and name a version that shows it', () => {
    const { findings } = judge(denying, '>=1.0.0');
    assert.match(findings[0]?.message ?? '', /it also matches 2\.0\.0, which is outside >=1\.28\.0 <2\.0\.0/);
    assert.equal(findings[0]?.wouldPass, WITHIN);
    assert.equal(findings[0]?.found, '>=1.0.0');
  });

  it('propose only what passes', () => {
    for (const [version] of table) {
      const proposal = judge(denying, version).findings[0]?.wouldPass;
      if (proposal !== undefined) assert.deepEqual(judge(denying, proposal).findings, [], proposal);
    }
  });

  it('narrow a range that reaches outside, in such a way that nothing is left to narrow', () => {
    for (const version of ['*', '>=1.0.0', '1.30.0 || 2.0.0', undefined]) {
      const decision = judge(narrowing, version);
      assert.equal(decision.allowed, true);
      const [operation] = decision.patch;
      assert.ok(operation !== undefined && operation.op !== 'remove');
      assert.equal(operation.path, '/spec/chart/spec/version');
      assert.deepEqual(judge(narrowing, operation.value as string).patch, []);
      assert.match(decision.warnings.join(), /was narrowed from/);
    }
  });

  it('deny even where narrowing is asked for when nothing is left, or the text cannot be read', () => {
    assert.equal(judge(narrowing, '>=2.0.0').allowed, false);
    assert.equal(judge(narrowing, 'x.y').allowed, false);
  });

  it('narrow nothing under Warn and Audit, and report', () => {
    for (const enforcement of ['Warn', 'Audit']) {
      const set = policySet([{ id: 'v', enforcement, chartVersion: { within: WITHIN, wider: 'Narrow' } }]);
      const { allowed, patch, findings } = judge(set, '*');
      assert.deepEqual(
        [allowed, patch.length, findings[0]?.reason, findings[0]?.enforcement],
        [true, 0, 'RangeTooWide', enforcement],
      );
    }
  });

  it('settle when several rules narrow one range', () => {
    const rules = ['>=1.0.0', '<3.0.0', '!=1.5.0', '<=2.9.0', '>=1.2.0'].map((within, index) => ({
      id: `r${index}`,
      chartVersion: { within, wider: 'Narrow' },
    }));
    const set = policySet(rules);
    const first = judge(set, '*');
    assert.equal(first.allowed, true, JSON.stringify(first.findings));
    const operation = first.patch[0];
    assert.ok(operation !== undefined && operation.op !== 'remove');
    assert.deepEqual(judge(set, operation.value as string).patch, []);
  });

  it('leave alone charts that a rule does not name, and ranges that Flux ignores', () => {
    const named = rule({ charts: [{ name: 'podinfo' }] });
    assert.equal(judge(named, '*').allowed, true);
    const git = helmRelease({ chart: chart('*', { kind: 'GitRepository' }) });
    assert.equal(evaluate(denying, subjectOf(git), factsWith(), 'admission').allowed, true);
  });

  it('tell charts of one name apart by their source, and apply where the source is unknown', () => {
    const sourced = rule({ charts: [{ name: 'flagger', source: 'https://flagger.app' }] });
    assert.equal(judge(sourced, '*').allowed, false);
    assert.equal(judge(sourced, '*', factsWith('https://example.com')).allowed, true);
    assert.equal(judge(sourced, '*', factsWith({ known: false, why: 'NotFound' })).allowed, false);
  });

  it('judge HelmChart objects too', () => {
    const object = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      metadata: { name: 'x', namespace: 'team' },
      spec: { chart: 'flagger', version: '*', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
    };
    assert.equal(evaluate(denying, subjectOf(object), factsWith(), 'admission').allowed, false);
    assert.equal(
      evaluate(narrowing, subjectOf(object), factsWith(), 'admission').patch[0]?.path,
      '/spec/version',
    );
  });
});

describe('chart versions at release time', () => {
  const resolved = (version: string, name = 'flagger') =>
    factsWith('https://flagger.app', { chart: { known: true, value: { name, version } } });
  const table = [
    ['1.30.0', true],
    ['1.28.0', true],
    ['2.0.0', false],
    ['2.0.0-rc.1', false],
    ['1.30.0-rc.1', false],
    ['1.27.9', false],
    ['latest', false],
  ] as const;
  for (const [version, allowed] of table) {
    it(`${allowed ? 'pass' : 'deny'} a chart that resolved to ${version}, whatever the range says`, () => {
      const decision = evaluate(
        narrowing,
        subjectOf(helmRelease({ chart: chart('*') })),
        resolved(version),
        'release',
      );
      assert.equal(decision.allowed, allowed);
      assert.deepEqual(decision.patch, []);
    });
  }

  it('deny when the version is not known', () => {
    const { findings } = evaluate(denying, subjectOf(helmRelease()), factsWith(), 'release');
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['VersionNotAllowed'],
    );
  });

  it('go by the name that the chart has, where it is reached by another', () => {
    const set = rule({ charts: [{ name: 'flagger' }] });
    const object = helmRelease({ chart: undefined as never, chartRef: { kind: 'OCIRepository', name: 'x' } });
    assert.equal(evaluate(set, subjectOf(object), resolved('2.0.0'), 'release').allowed, false);
    assert.equal(evaluate(set, subjectOf(object), resolved('2.0.0', 'other'), 'release').allowed, true);
  });
});
