import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../../src/core/policy/compile.ts';
import { evaluate } from '../../../../src/core/policy/evaluate.ts';
import type { Facts } from '../../../../src/core/policy/facts.ts';
import { chartVersion } from '../../../../src/core/policy/rules/chart-version.ts';
import { check, parseConstraint } from '../../../../src/core/version/constraint.ts';
import { parseVersion } from '../../../../src/core/version/version.ts';
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

  it('tell one warning of all narrowings of a range, from what was written to what it became, with the names of all rules', () => {
    const between = (id: string, within: string) => ({ id, chartVersion: { within, wider: 'Narrow' } });
    const rules = [between('n', '>=1.28.0 <2.0.0'), between('n2', '>=1.29.0 <3.0.0')];
    const whole = 'spec.chart.spec.version was narrowed from * to >=1.29.0 <2.0.0';
    for (const version of ['*', undefined]) {
      assert.deepEqual(judge(policySet(rules), version).warnings, [`${whole} by p/n and p/n2`]);
      assert.deepEqual(judge(policySet(rules.toReversed()), version).warnings, [`${whole} by p/n2 and p/n`]);
    }
    assert.deepEqual(judge(policySet(rules), '>=1.28.5').warnings, [
      'spec.chart.spec.version was narrowed from >=1.28.5 to >=1.29.0 <2.0.0 by p/n and p/n2',
    ]);
    assert.deepEqual(judge(policySet(rules), '>=1.29.0 <2.1.0').warnings, [
      'spec.chart.spec.version was narrowed from >=1.29.0 <2.1.0 to >=1.29.0 <2.0.0 by p/n',
    ]);
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

describe('chart versions of an OCIRepository', () => {
  const repository = (ref: JsonObject): JsonObject => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'x', namespace: 'team' },
    spec: {
      ...{ url: 'oci://ghcr.io/acme/flagger', interval: '5m', ref },
      layerSelector: { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip' },
    },
  });

  it('are narrowed once, and only where Flux reads the range', () => {
    const judged = (ref: JsonObject) =>
      evaluate(narrowing, subjectOf(repository(ref)), factsWith(), 'admission');
    const [operation] = judged({ semver: '*' }).patch;
    assert.ok(operation !== undefined && operation.op !== 'remove');
    assert.equal(operation.path, '/spec/ref/semver');
    assert.deepEqual(judged({ semver: operation.value as string }).patch, []);
    assert.deepEqual(judged({ semver: '*', digest: 'sha256:00' }).patch, []);
    assert.deepEqual(judged({ tag: '1.30.0', semver: '' }).patch, []);
    assert.equal(judged({ tag: '1.30.0', semver: '' }).allowed, true);
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

describe('what a rule about versions asks for', () => {
  const errorsOf = (options: JsonObject) => {
    const text = JSON.stringify({
      ...{ apiVersion: 'helmgate.dev/v1alpha1', kind: 'Policy', metadata: { name: 'p' } },
      spec: { rules: [{ id: 'v', chartVersion: options }] },
    });
    const compiled = compilePolicySet([{ path: 'p.yaml', text }]);
    return compiled.ok ? [] : compiled.errors.map(({ message }) => message);
  };
  const nothing =
    'the rule asks for nothing: it needs within, pinned, prereleases, minimumAge, deprecated or kubeVersion';
  const table: readonly (readonly [JsonObject, readonly string[]])[] = [
    [{ within: '1.x' }, []],
    [{ pinned: true }, []],
    [{ prereleases: 'Deny' }, []],
    [{ minimumAge: '72h' }, []],
    [{ minimumAge: '8784h' }, []],
    [{ deprecated: 'Warn' }, []],
    [{ kubeVersion: 'Deny' }, []],
    [{ charts: [{ name: 'x' }] }, [nothing]],
    [{ pinned: false, prereleases: 'Allow' }, [nothing]],
    [
      { pinned: true, wider: 'Narrow' },
      ['wider says what to do with a range outside of within, which is missing'],
    ],
    [{ minimumAge: '3d' }, ['minimumAge must be a duration of at most 8784h, such as 72h']],
    [{ minimumAge: '0s' }, ['minimumAge must be a duration of at most 8784h, such as 72h']],
    [{ minimumAge: '-1h' }, ['minimumAge must be a duration of at most 8784h, such as 72h']],
    [{ minimumAge: '8785h' }, ['minimumAge must be a duration of at most 8784h, such as 72h']],
    [{ deprecated: 'Allow' }, ['spec.rules.0.chartVersion.deprecated must be one of Deny, Warn']],
  ];
  for (const [options, expected] of table) {
    it(`${expected.length === 0 ? 'is' : 'cannot be'} ${JSON.stringify(options)}`, () => {
      assert.deepEqual(errorsOf(options), expected);
    });
  }

  it('holds also where several things are wrong, each told once', () => {
    const errors = errorsOf({ within: 'x.y', minimumAge: 'soon' });
    assert.equal(errors.length, 2);
    assert.match(errors.join('\n'), /"x\.y" is no version constraint/);
  });

  const exact = [...['1.30.0', 'v1.30.0', '=1.30.0', '= 1.30.0', '1.30.0+build.7', '1.30.0-rc.1', '01.2.3']];
  const ranges = [
    ...['1.30', '1', '*', '', '1.30.x', '~1.30.0', '^1.30.0', '>=1.30.0', '!=1.30.0', '1.30.0 || 1.31.0'],
    ...['1.30.0, 1.30.0', '>=1.30.0 <1.30.1', '1.30.0 - 1.30.0', 'latest', '=1.30'],
  ];
  for (const [texts, reasons] of [
    [exact, []],
    [ranges, ['VersionNotPinned']],
  ] as const) {
    for (const text of texts) {
      it(`${reasons.length === 0 ? 'takes' : 'does not take'} ${JSON.stringify(text)} for one exact version`, () => {
        const set = policySet([{ id: 'v', chartVersion: { pinned: true } }]);
        const expected = text === 'latest' ? ['VersionInvalid'] : reasons;
        assert.deepEqual(
          judge(set, text).findings.map(({ reason }) => reason),
          expected,
        );
      });
    }
  }

  it('finds a range with prereleases exactly where it matches one, and proposes what matches none', () => {
    const set = policySet([{ id: 'v', chartVersion: { prereleases: 'Deny' } }]);
    const parts = fc.constantFrom(
      '1.0.0',
      '1.2.x',
      '>=1.0.0-0',
      '<2.0.0',
      '^1.5.0-rc.1',
      '!=1.3.0-beta',
      '~2',
      '*',
    );
    const text = fc
      .array(fc.array(parts, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 })
      .map((groups) => groups.map((group) => group.join(' ')).join(' || '));
    const prereleases = ['1.0.0-0', '1.5.0-rc.1', '1.5.0-rc.2', '1.3.0-beta', '2.0.0-rc.1', '1.2.0-a'];
    fc.assert(
      fc.property(text, (written) => {
        const parsed = parseConstraint(written);
        assert.ok(parsed.ok);
        const [finding] = judge(set, written).findings;
        const matched = prereleases.filter((version) => {
          const read = parseVersion(version);
          return read.ok && check(parsed.constraint, read.version);
        });
        if (finding === undefined) {
          assert.deepEqual(matched, []);
          return;
        }
        const [, shown = ''] = /such as (\S+)$/.exec(finding.message) ?? [];
        const read = parseVersion(shown);
        assert.ok(
          read.ok && read.version.prerelease.length > 0 && check(parsed.constraint, read.version),
          shown,
        );
        if (finding.wouldPass !== undefined) assert.deepEqual(judge(set, finding.wouldPass).findings, []);
      }),
    );
  });

  it('offers to write the text that passes, where the version stands in the object', () => {
    const repairs = chartVersion.compile({ within: WITHIN }, [], {
      placeOf: () => ({ file: 'p', line: 1, column: 1 }),
      error: () => assert.fail(),
      warn: () => {},
    });
    const judged = (version: string) =>
      repairs?.judge?.({
        ...{ subject: subjectOf(helmRelease()), object: helmRelease({ chart: chart(version) }) },
        ...{ facts: factsWith(), phase: 'admission', mutates: true },
      }).findings[0]?.repairs;
    const tokens = ['spec', 'chart', 'spec', 'version'];
    assert.deepEqual(judged('>=1.30.0'), [
      [{ tokens, value: '>=1.30.0 <2.0.0' }],
      [{ tokens, value: WITHIN }],
    ]);
    assert.deepEqual(judged('^3'), [[{ tokens, value: WITHIN }]]);
    assert.deepEqual(judged('newest'), [[{ tokens, value: WITHIN }]]);
  });
});
