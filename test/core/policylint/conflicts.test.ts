import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { matchSubject } from '../../../src/core/policy/match.ts';
import { matchContext } from '../../../src/core/policy/match-context.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';
import { lintPolicies } from '../../../src/core/policylint/lint.ts';
import { check } from '../../../src/core/version/constraint.ts';
import { constraintOf, constraintText, RUNS, versionOf, versionText } from '../version/arbitrary.ts';

interface Written {
  readonly match?: object;
  readonly enforcement?: unknown;
  readonly rule: object;
}

/** Policies p0, p1, ... in one file each line of its own; JSON is YAML. */
function textOf(policies: readonly Written[]): string {
  return policies
    .map(({ match = {}, enforcement = 'Deny', rule }, index) =>
      JSON.stringify({
        apiVersion: 'helmgate.dev/v1alpha1',
        kind: 'Policy',
        metadata: { name: `p${index}` },
        spec: { match, enforcement, rules: [{ id: 'r', ...rule }] },
      }),
    )
    .join('\n---\n');
}

function conflicts(...policies: readonly Written[]): readonly string[] {
  const { findings } = lintPolicies([{ file: 'a', text: textOf(policies) }], 0);
  assert.deepEqual(
    findings.filter(({ code }) => code === 'InvalidPolicy').map(({ message }) => message),
    [],
  );
  return findings
    .filter(({ code }) => code === 'Contradiction')
    .map(({ line, level, message }) => `${line} ${level}: ${message}`);
}

const within = (range: string, more: object = {}): Written => ({
  rule: { chartVersion: { within: range, ...more } },
});
const bounds = (limits: object): Written => ({ rule: { bounds: { 'spec.interval': limits } } });
const require = (path: string, condition: object): Written => ({ rule: { require: { [path]: condition } } });
const forbid = (path: string, condition: object): Written => ({ rule: { forbid: { [path]: condition } } });
const defaults = (path: string, value: unknown): Written => ({
  rule: { defaults: { HelmRelease: { [path]: value } } },
});
const overrides = (path: string, value: unknown): Written => ({
  rule: { overrides: { HelmRelease: { [path]: value } } },
});
const flagger = (source?: string): object => ({
  charts: [{ name: 'flagger', ...(source === undefined ? {} : { source }) }],
});
const PRESENT = { present: true };
const both = (left: string, right: string, path = 'spec.interval'): string =>
  `3 warning: no value of ${path} fits both the ${right} and the ${left} of p0/r (a:1), and both rules can apply to one object`;

const TABLE: readonly (readonly [string, readonly Written[], readonly string[]])[] = [
  [
    'a range without versions, an error by itself',
    [within('>=2.0.0 <1.0.0')],
    ['1 error: no version is within ">=2.0.0 <1.0.0", so the rule r refuses every version'],
  ],
  [
    'a range of prereleases where none is allowed',
    [within('>=1.0.0-0 <1.0.0', { prereleases: 'Deny' })],
    ['1 error: no version is within ">=1.0.0-0 <1.0.0", so the rule r refuses every version'],
  ],
  [
    'ranges that touch and do not overlap',
    [within('>=1.0.0'), within('<1.0.0')],
    [
      '3 warning: no version is within both "<1.0.0" and ">=1.0.0" of p0/r (a:1), and both rules can apply to one object',
    ],
  ],
  ['no ranges that share one version', [within('>=1.0.0'), within('<=1.0.0')], []],
  [
    'ranges that share prereleases only, where one rule allows none',
    [within('>=1.0.0-0 <1.0.0'), within('<2.0.0-0', { prereleases: 'Deny' })],
    [
      '3 warning: no version is within both "<2.0.0-0" and ">=1.0.0-0 <1.0.0" of p0/r (a:1), and both rules can apply to one object',
    ],
  ],
  [
    'no ranges of different charts',
    [within('>1', flagger()), within('<1', { charts: [{ name: 'podinfo' }] })],
    [],
  ],
  [
    'no ranges of one name from sources that lie apart',
    [within('>1', flagger('https://a.example/x')), within('<1', flagger('https://a.example/y'))],
    [],
  ],
  [
    'ranges of one chart from sources that lie within one another',
    [within('>1', flagger('https://a.example')), within('<1', flagger('https://a.example/y'))],
    [
      '3 warning: no version is within both "<1" and ">1" of p0/r (a:1), and both rules can apply to one object',
    ],
  ],
  [
    'bounds that lie apart',
    [bounds({ min: '2h' }), bounds({ max: '1h' })],
    [both('minimum 2h', 'maximum 1h')],
  ],
  ['no bounds that meet in one value', [bounds({ min: '60m' }), bounds({ max: '1h' })], []],
  [
    'no counts that may both be without limit',
    [
      { rule: { bounds: { 'spec.maxHistory': { min: 5 } } } },
      { rule: { bounds: { 'spec.maxHistory': { max: 3, unlimited: true } } } },
    ],
    [],
  ],
  [
    'presence that is required and forbidden',
    [require('spec.serviceAccountName', PRESENT), forbid('spec.serviceAccountName', PRESENT)],
    [both('requirement of a value', 'prohibition of a value', 'spec.serviceAccountName')],
  ],
  [
    'a required value that is forbidden, by a pattern or to be there',
    [require('spec.releaseName', { oneOf: ['a', 'ab'] }), forbid('spec.releaseName', { matches: 'a.*' })],
    [both('requirement of one of a, ab', 'prohibition of a text that matches a.*', 'spec.releaseName')],
  ],
  [
    'no required values of which one is left',
    [require('spec.releaseName', { oneOf: ['a', 'b'] }), forbid('spec.releaseName', { matches: 'a.*' })],
    [],
  ],
  [
    'required values without a common one, in any spelling',
    [require('spec.interval', { equals: '60s' }), require('spec.interval', { oneOf: ['2m', '3m'] })],
    [both('requirement of 60s', 'requirement of one of 2m, 3m')],
  ],
  [
    'no required values that are one',
    [require('spec.interval', { equals: '60s' }), bounds({ max: '1m' })],
    [],
  ],
  [
    'an override outside of bounds',
    [bounds({ max: '1h' }), overrides('spec.interval', '2h')],
    [both('maximum 1h', 'override "2h"')],
  ],
  [
    'a default outside of bounds',
    [defaults('spec.interval', '30m'), bounds({ min: '2h' })],
    [both('default "30m"', 'minimum 2h')],
  ],
  [
    'a default where the field is forbidden',
    [defaults('spec.timeout', '5m'), forbid('spec.timeout', PRESENT)],
    [both('default "5m"', 'prohibition of a value', 'spec.timeout')],
  ],
  [
    'no default that is there where a value is required',
    [defaults('spec.timeout', '5m'), require('spec.timeout', PRESENT)],
    [],
  ],
  [
    'no default that an override takes the place of',
    [bounds({ min: '2h' }), defaults('spec.interval', '30m'), overrides('spec.interval', '3h')],
    [],
  ],
  [
    'nothing where one of both only warns',
    [bounds({ min: '2h' }), { ...bounds({ max: '1h' }), enforcement: 'Warn' }],
    [],
  ],
  [
    'nothing where they deny in different namespaces',
    [
      {
        ...bounds({ min: '2h' }),
        enforcement: { action: 'Warn', namespaces: [{ names: ['a'], action: 'Deny' }] },
      },
      {
        ...bounds({ max: '1h' }),
        enforcement: { action: 'Warn', namespaces: [{ names: ['b'], action: 'Deny' }] },
      },
    ],
    [],
  ],
  [
    'nothing between different kinds',
    [{ rule: { bounds: { HelmRepository: { 'spec.interval': { min: '2h' } } } } }, bounds({ max: '1h' })],
    [],
  ],
  [
    'nothing about a kind that one match leaves out',
    [
      { ...within('>1'), match: { kinds: ['HelmChart', 'HelmRepository'] } },
      { ...within('<1'), match: { kinds: ['HelmRelease', 'HelmRepository'] } },
    ],
    [],
  ],
  [
    'nothing for different people',
    [
      { ...bounds({ min: '2h' }), match: { subjects: [{ group: 'admins' }] } },
      { ...bounds({ max: '1h' }), match: { exclude: { subjects: [{ group: 'admins' }] } } },
    ],
    [],
  ],
  [
    'nothing for lists of different people',
    [
      { ...bounds({ min: '2h' }), match: { subjects: [{ group: 'admins' }] } },
      { ...bounds({ max: '1h' }), match: { subjects: [{ group: 'devs' }] } },
    ],
    [],
  ],
  [
    'nothing where labels keep both apart',
    [
      { ...bounds({ min: '2h' }), match: { labels: { matchLabels: { tier: 'prod' } } } },
      {
        ...bounds({ max: '1h' }),
        match: { labels: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['prod'] }] } },
      },
    ],
    [],
  ],
];

describe('lint of rules that contradict one another', () => {
  for (const [name, policies, expected] of TABLE) {
    it(`finds ${name}`, () => {
      assert.deepEqual(conflicts(...policies), expected);
    });
  }

  describe('about versions, where a chart can be meant by both', () => {
    const charts = (...list: readonly (readonly [name: string, source?: string])[]): object =>
      list.length === 0
        ? {}
        : { charts: list.map(([name, source]) => ({ name, ...(source === undefined ? {} : { source }) })) };
    const [wide, deep, other] = ['https://a.example', 'https://a.example/x', 'https://b.example'];
    const cases: readonly (readonly [object, object, boolean])[] = [
      [charts(), charts(['a']), true],
      [charts(['a'], ['b']), charts(['b'], ['c']), true],
      [charts(['a']), charts(['b']), false],
      [charts(['a', wide]), charts(['a']), true],
      [charts(['a', wide]), charts(['a', deep]), true],
      [charts(['a', wide]), charts(['a', other]), false],
      [charts(['a', wide], ['a', other]), charts(['a', other], ['a', 'https://c.example']), true],
    ];
    for (const [left, right, expected] of cases) {
      it(`${expected ? 'sees' : 'sees no'} contradiction between ${JSON.stringify(left)} and ${JSON.stringify(right)}`, () => {
        const found = (a: object, b: object) => conflicts(within('>1', a), within('<1', b)).length > 0;
        assert.deepEqual([found(left, right), found(right, left)], [expected, expected]);
      });
    }
  });

  describe('where an object can be meant by both', () => {
    const group = (name: string): object => ({ group: name });
    const tier = (operator: string): object => ({
      labels: { matchExpressions: [{ key: 'tier', operator, values: ['prod'] }] },
    });
    const prod = { matchLabels: { tier: 'prod' } };
    const cases: readonly (readonly [object, object, boolean])[] = [
      [{ subjects: [group('a')] }, {}, true],
      [{ subjects: [group('a'), group('b')] }, { subjects: [group('b'), group('c')] }, true],
      [{ subjects: [group('a'), group('b')] }, { exclude: { subjects: [group('b')] } }, true],
      [{ subjects: [group('a')] }, { exclude: { subjects: [group('a'), group('b')] } }, false],
      [{ labels: prod }, tier('In'), true],
      [{ labels: prod }, tier('NotIn'), false],
      [tier('In'), tier('NotIn'), false],
      [{ namespaces: { labels: prod } }, { namespaces: tier('NotIn') }, false],
      [{ namespaces: { labels: prod } }, { namespaces: tier('In') }, true],
      [{ namespaces: { labels: prod } }, { exclude: { namespaces: { labels: prod } } }, false],
      [{ namespaces: { names: ['a'] } }, { exclude: { namespaces: { names: ['a'], labels: prod } } }, true],
      [
        { namespaces: { names: ['a', 'b'] }, exclude: { namespaces: { names: ['a'] } } },
        { exclude: { namespaces: { names: ['b'] } } },
        false,
      ],
      [{ exclude: { names: ['a'] } }, { names: ['a'] }, false],
      [{ names: ['a', 'b'] }, { names: ['b', 'c'], exclude: { names: ['b'] } }, false],
      [{ names: ['a'], exclude: { names: ['b'] } }, { names: ['a'], exclude: { names: ['c'] } }, true],
      [{ kinds: ['HelmRelease', 'HelmChart'] }, { kinds: ['HelmRelease'] }, true],
      [{ kubeConfig: true }, { kubeConfig: false }, false],
    ];
    for (const [left, right, expected] of cases) {
      it(`${expected ? 'sees' : 'sees no'} contradiction between ${JSON.stringify(left)} and ${JSON.stringify(right)}`, () => {
        const found = (a: object, b: object) =>
          conflicts({ ...within('>1'), match: a }, { ...within('<1'), match: b }).length > 0;
        assert.deepEqual([found(left, right), found(right, left)], [expected, expected]);
      });
    }

    it('asks that both deny, in either order', () => {
      const [deny, warn] = [within('>1'), { ...within('<1'), enforcement: 'Warn' }];
      assert.deepEqual([conflicts(deny, warn), conflicts(warn, deny)], [[], []]);
    });
  });

  it('points to the range, to the limits, and to the value that is written', () => {
    const column = (...policies: readonly Written[]) => {
      const text = textOf(policies);
      const { findings } = lintPolicies([{ file: 'a', text }], 0);
      const found = findings.find(({ code }) => code === 'Contradiction');
      return text.split('\n')[(found?.line ?? 0) - 1]?.slice((found?.column ?? 0) - 1);
    };
    assert.match(column(within('>2 <1')) ?? '', /^">2 <1"/);
    assert.match(column(within('>1'), within('<1')) ?? '', /^"<1"/);
    assert.match(column(bounds({ min: '2h' }), bounds({ max: '1h' })) ?? '', /^\{"max":"1h"\}/);
    assert.match(
      column(bounds({ min: '2h' }), defaults('spec.interval', '1h')) ?? '',
      /^"spec\.interval":"1h"|^"1h"/,
    );
  });

  it('names the first of several that it contradicts, once', () => {
    const [found, ...more] = conflicts(within('>3'), within('>2'), within('<1'));
    assert.match(found ?? '', /^5 warning: .* of p0\/r \(a:1\)/);
    assert.deepEqual(more, []);
  });

  it('calls two version ranges contradictory only where no version passes both', () => {
    const flag = fc.constantFrom<'Allow' | 'Deny'>('Allow', 'Deny');
    const versions = fc.array(versionText, { minLength: 1, maxLength: 20 });
    let called = 0;
    fc.assert(
      fc.property(constraintText, constraintText, flag, versions, (left, right, prereleases, texts) => {
        if (conflicts(within(left), within(right, { prereleases })).length === 0) return;
        called += 1;
        for (const version of texts.map(versionOf)) {
          const admitted = prereleases === 'Allow' || version.prerelease.length === 0;
          const passes =
            admitted && check(constraintOf(left), version) && check(constraintOf(right), version);
          assert.equal(passes, false, version.original);
        }
      }),
      { numRuns: RUNS },
    );
    assert.ok(called > RUNS / 20, `${called} contradictions seen`);
  });

  it('calls two rules about a field contradictory only where the engine admits no value of it', () => {
    const MINUTES = [1, 2, 3, 4, 5];
    const minutes = fc.constantFrom(...MINUTES).map((amount) => `${amount}m`);
    const rule = fc.oneof(
      fc.record({ min: minutes }).map(bounds),
      fc.record({ max: minutes }).map(bounds),
      fc
        .uniqueArray(minutes, { minLength: 1, maxLength: 3 })
        .map((oneOf) => require('spec.interval', { oneOf })),
      fc
        .uniqueArray(minutes, { minLength: 1, maxLength: 3 })
        .map((oneOf) => forbid('spec.interval', { oneOf })),
      minutes.map((value) => overrides('spec.interval', value)),
    );
    fc.assert(
      fc.property(rule, rule, (left, right) => {
        const compiled = compilePolicySet([{ path: 'a', text: textOf([left, right]) }]);
        if (!compiled.ok) return;
        const admitted = [...MINUTES, 0.5, 9].some((amount) => {
          const spec = { interval: `${amount}m`, chartRef: { kind: 'OCIRepository', name: 'a' } };
          const object = {
            apiVersion: 'helm.toolkit.fluxcd.io/v2',
            kind: 'HelmRelease',
            metadata: { name: 'a', namespace: 'a' },
            spec,
          };
          return evaluate(compiled.set, { ...subjectOf('a', 'a'), object }, FACTS, 'admission').allowed;
        });
        assert.equal(conflicts(left, right).length === 0, admitted);
      }),
      { numRuns: RUNS },
    );
  });

  it('calls rules contradictory only where an object exists that both are about, as far as names go', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'a*', '*'), { minLength: 1, maxLength: 3 });
    const part = fc.record({ names, namespaces: fc.record({ names }) }, { requiredKeys: [] });
    const match = fc
      .tuple(part, part)
      .map(([fits, exclude]) => (Object.keys(exclude).length === 0 ? fits : { ...fits, exclude }));
    const letters = ['a', 'b', 'c', 'aa', 'z'];
    fc.assert(
      fc.property(match, match, (left, right) => {
        const policies = [
          { ...bounds({ min: '2h' }), match: left },
          { ...bounds({ max: '1h' }), match: right },
        ];
        const compiled = compilePolicySet([{ path: 'a', text: textOf(policies) }]);
        assert.ok(compiled.ok);
        const exists = letters.some((namespace) =>
          letters.some((name) => {
            const subject = subjectOf(namespace, name);
            const context = matchContext(subject, subject.object, FACTS, 'admission');
            return compiled.set.rulesByKind
              .get('HelmRelease')
              ?.every((rule) => matchSubject(rule.match, context) === 'Match');
          }),
        );
        assert.equal(conflicts(...policies).length > 0, exists);
      }),
      { numRuns: RUNS },
    );
  });
});

const FACTS = {
  now: '2026-06-01T00:00:00Z',
  namespaceLabels: { known: true, value: {} },
  otherNamespaceLabels: new Map(),
  sources: new Map(),
  chart: { known: false, why: 'Unavailable' },
  values: { known: false, why: 'Unavailable' },
} as const;

function subjectOf(namespace: string, name: string): Subject {
  const object = { metadata: { name, namespace }, spec: {} };
  return {
    ...{ operation: 'CREATE', group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' },
    ...{ namespace, name, object, dryRun: false },
  } as Subject;
}
