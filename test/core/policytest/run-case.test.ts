import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { helmRelease, helmRepository } from '../policy/policy-fixture.ts';
import { parsed, policy, run, testText } from './test-fixture.ts';

const RULES: readonly JsonObject[] = [
  { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0' } },
  { id: 'repository', defaults: { HelmRelease: { 'spec.timeout': '5m' } } },
];

const release = (version: string, spec: JsonObject = {}): JsonObject => ({
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  metadata: { name: 'app', namespace: 'team' },
  spec: {
    interval: '5m',
    chart: { spec: { chart: 'flagger', version, sourceRef: { kind: 'HelmRepository', name: 'flagger' } } },
    ...spec,
  },
});

/** What differs between the expectation and the decision about one object. */
function mismatches(object: JsonObject, expect: JsonObject, more: JsonObject = {}, rules = RULES) {
  const test = parsed(testText({ inline: [policy(rules)], cases: [{ name: 'c', object, expect, ...more }] }));
  return run(test)[0]?.mismatches.map(({ what, expected, got }) => ({ what, expected, got }));
}

describe('a case', () => {
  it('holds when verdict, findings, warnings and object are as expected', () => {
    const expect = {
      verdict: 'Allow',
      findings: [],
      warnings: [],
      object: { 'spec.timeout': '5m', 'spec.suspend': null },
    };
    assert.deepEqual(mismatches(release('1.30.0'), expect), []);
  });

  it('names the verdict that came', () => {
    assert.deepEqual(mismatches(release('1.30.0'), { verdict: 'Deny' }), [
      { what: 'verdict', expected: ['Deny'], got: ['Allow'] },
    ]);
  });

  it('fails for a finding that was not expected, and for one that did not come', () => {
    const [own] =
      mismatches(release('3.0.0'), { findings: [{ rule: 'range', reason: 'RangeTooWide' }] }) ?? [];
    assert.equal(own?.what, 'findings');
    assert.deepEqual(own?.expected, ['{"reason":"RangeTooWide","rule":"range"}']);
    assert.match(own?.got[0] ?? '', /"reason":"RangeDisjoint","rule":"range"/);
    assert.doesNotMatch(own?.got[0] ?? '', /"place"/);
    assert.equal(mismatches(release('3.0.0'), { findings: [] })?.length, 1);
    const twice = { findings: [{ rule: 'range' }, { rule: 'range' }] };
    assert.deepEqual(mismatches(release('3.0.0'), twice)?.[0]?.got, []);
  });

  it('compares only the members of a finding that are written, messages and proposals in part', () => {
    const fits: readonly JsonObject[] = [
      { policy: 'p' },
      { path: 'spec.chart.spec.version', found: '3.0.0' },
      { enforcement: 'Deny' },
      { message: 'no version that it matches' },
      { wouldPass: '1.28.0' },
    ];
    for (const finding of fits) assert.deepEqual(mismatches(release('3.0.0'), { findings: [finding] }), []);
    const misses: readonly JsonObject[] = [
      { policy: 'other' },
      { found: '3' },
      { enforcement: 'Warn' },
      { message: 'something else' },
      { hold: {} },
    ];
    for (const finding of misses)
      assert.equal(mismatches(release('3.0.0'), { findings: [finding] })?.length, 1, JSON.stringify(finding));
  });

  it('finds each expected warning as a part of one, and an empty list means none', () => {
    const rules = RULES.map((rule) => ({ ...rule, enforcement: 'Warn' }));
    const warn = (warnings: readonly string[]) => mismatches(release('3.0.0'), { warnings }, {}, rules);
    assert.deepEqual(warn(['p/range']), []);
    assert.deepEqual(warn(['p/range', 'no such text'])?.[0]?.expected, ['"no such text"']);
    assert.deepEqual(warn([])?.[0]?.expected, ['(none)']);
  });

  it('tells what stands in the object instead of what was expected', () => {
    const object = { 'spec.timeout': '6m', '/spec/interval': null, 'spec.suspend': true };
    assert.deepEqual(mismatches(release('1.30.0'), { object }), [
      { what: 'object spec.timeout', expected: ['"6m"'], got: ['"5m"'] },
      { what: 'object /spec/interval', expected: ['(absent)'], got: ['"5m"'] },
      { what: 'object spec.suspend', expected: ['true'], got: ['(absent)'] },
    ]);
  });

  it('compares integers that a double cannot hold by their digits', () => {
    const text = testText({
      inline: [policy(RULES)],
      cases: [
        {
          name: 'c',
          object: release('1.30.0', { values: { n: 'N' } }),
          expect: { object: { 'spec.values.n': 'M' } },
        },
      ],
    });
    const big = (given: string, wanted: string) =>
      run(parsed(text.replace('"N"', given).replace('"M"', wanted)))[0]?.mismatches.length;
    assert.equal(big('9007199254740993', '9007199254740993'), 0);
    assert.equal(big('9007199254740993', '9007199254740992'), 1);
  });

  it('judges at release time without a mutation', () => {
    const object = { 'spec.timeout': null };
    assert.deepEqual(mismatches(release('1.30.0'), { object }, { phase: 'release' }), []);
  });

  it('judges an UPDATE of the old object when there is one, and as the user who is written', () => {
    const rules = [{ id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0' } }];
    const excluded = policy(rules, { match: { exclude: { subjects: [{ group: 'admins' }] } } });
    const object = release('3.0.0');
    const expect = { verdict: 'Allow' };
    const cases = [
      { name: 'a', object, oldObject: object, user: { username: 'root', groups: ['admins'] }, expect },
      { name: 'b', object, user: { username: 'eve', groups: ['team'] }, expect },
      { name: 'c', object, operation: 'DELETE', user: { username: 'eve' }, expect },
    ];
    const results = run(parsed(testText({ inline: [excluded], cases })));
    assert.deepEqual(
      results.map((result) => result.mismatches.length),
      [0, 1, 0],
    );
  });
});

/** What an expression sees in a case, by phase: the members of the case, and whether it holds. */
const SEEN: readonly (readonly [string, string, JsonObject])[] = [
  ['admission', "request.operation == 'CREATE'", {}],
  ['admission', "request.operation == 'UPDATE' && oldObject.spec.interval == '1m'", { oldObject: old('1m') }],
  [
    'admission',
    "request.operation == 'CREATE' && oldObject.spec.interval == '1m'",
    { oldObject: old('1m'), operation: 'CREATE' },
  ],
  ['admission', 'oldObject == null', {}],
  ['admission', 'request.dryRun', { dryRun: true }],
  ['admission', '!request.dryRun', {}],
  [
    'admission',
    "request.userInfo.username == 'eve' && request.userInfo.groups == ['a', 'b']",
    { user: { username: 'eve', groups: ['a', 'b'] } },
  ],
  [
    'admission',
    "request.kind.group == 'helm.toolkit.fluxcd.io' && request.kind.version == 'v2' && request.kind.kind == 'HelmRelease'",
    {},
  ],
  ['admission', "request.namespace == 'team' && request.name == 'flagger'", {}],
  ['admission', "now == timestamp('2026-01-01T00:00:00Z')", {}],
  ['admission', "now == timestamp('2026-06-01T12:00:00Z')", { now: '2026-06-01T14:00:00+02:00' }],
  [
    'admission',
    "namespaceObject.metadata.labels.tier == 'prod'",
    { facts: { namespaceLabels: { team: { tier: 'prod' } } } },
  ],
  ['release', "request.operation == 'UPDATE'", {}],
  [
    'release',
    "chart.name == 'flagger' && chart.version == '1.30.0'",
    { facts: { chart: { name: 'flagger', version: '1.30.0' } } },
  ],
  ['release', 'values.replicas == 2', { facts: { values: { replicas: 2 } } }],
];

function old(interval: string): JsonObject {
  return helmRelease({ interval });
}

describe('a rule that judges a case', () => {
  for (const [phase, expression, more] of SEEN) {
    it(`sees at ${phase} that ${expression}`, () => {
      const verdict = (text: string) => {
        const rules = [{ id: 'e', expression: [{ expression: text, when: phase }] }];
        const cases = [{ name: 'c', phase, object: helmRelease(), expect: { verdict: 'Allow' }, ...more }];
        const [result] = run(parsed(testText({ inline: [policy(rules)], cases })));
        return [result?.decision.allowed, result?.decision.findings.map(({ reason }) => reason)];
      };
      assert.deepEqual(verdict(expression), [true, []]);
      assert.deepEqual(verdict(`!(${expression})`), [false, ['ExpressionFalse']]);
    });
  }

  it('judges the releases that use an edited source at admission, and at no other phase', () => {
    const rules = [{ id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] }];
    const inline = [policy(rules, { match: { kinds: ['HelmRelease'] } })];
    const findings = (phase: string, operation: string) => {
      const edit = {
        ...{ name: 'c', phase, operation, expect: { warnings: [] } },
        object: helmRepository('https://evil.example'),
        oldObject: helmRepository('https://flagger.app'),
        facts: { dependents: [helmRelease()] },
      };
      const [result] = run(parsed(testText({ inline, cases: [edit] })));
      return result?.decision.findings.map(({ rule, path }) => `${rule}: ${path}`);
    };
    assert.deepEqual(findings('admission', 'UPDATE'), ['sources: spec.url']);
    assert.deepEqual(findings('release', 'UPDATE'), []);
    assert.deepEqual(findings('request', 'UPDATE'), []);
  });

  it('lets a release wait, which is neither to allow nor to deny it', () => {
    const freeze = { from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' };
    const rules = [
      { id: 'freeze', schedule: { freezes: [freeze] } },
      { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0' } },
    ];
    const chart = { name: 'flagger', version: '1.30.0' };
    const release = { phase: 'release', now: '2026-06-01T00:00:00Z', facts: { chart } };
    const hold = { verdict: 'Hold', findings: [{ rule: 'freeze', hold: { until: '2027-01-01T00:00:00Z' } }] };
    assert.deepEqual(mismatches(helmRelease(), hold, release, rules), []);
    assert.deepEqual(mismatches(helmRelease(), { verdict: 'Deny' }, release, rules), [
      { what: 'verdict', expected: ['Deny'], got: ['Hold'] },
    ]);
    const tooOld = { ...release, facts: { chart: { ...chart, version: '1.0.0' } } };
    assert.deepEqual(mismatches(helmRelease(), { verdict: 'Deny' }, tooOld, rules), []);
    const later = { ...release, now: '2027-06-01T00:00:00Z' };
    assert.deepEqual(mismatches(helmRelease(), { verdict: 'Allow', findings: [] }, later, rules), []);
  });
});

describe('a mismatch', () => {
  it('points to the member of the expectation that did not come true', () => {
    const expect: JsonObject = {
      verdict: 'Allow',
      findings: [{ rule: 'other' }],
      warnings: ['no such text'],
      object: { 'spec.timeout': '6m', '/spec/interval': '6m' },
    };
    const cases = [{ name: 'c', object: release('3.0.0'), expect }];
    const found = run(parsed(testText({ inline: [policy(RULES)], cases })))[0]?.mismatches ?? [];
    assert.deepEqual(
      found.map(({ what, tokens }): Json => [what, valueAt(expect, tokens) ?? '(nothing)']),
      [
        ['verdict', 'Allow'],
        ['findings', [{ rule: 'other' }]],
        ['warnings', ['no such text']],
        ['object spec.timeout', '6m'],
        ['object /spec/interval', '6m'],
      ],
    );
  });

  it('is there when a part of a message is expected and the finding has none', () => {
    const findings = [{ rule: 'range', wouldPass: '1' }];
    const rules = [{ id: 'range', expression: [{ expression: 'false' }] }];
    assert.equal(mismatches(helmRelease(), { findings }, {}, rules)?.length, 1);
  });
});
