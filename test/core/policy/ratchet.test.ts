import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { type Facts, sourceKey } from '../../../src/core/policy/facts.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { CompiledRule, FindingDraft } from '../../../src/core/policy/rule.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';
import { chart, factsWith, helmRelease, policySet, subjectOf } from './policy-fixture.ts';

const range = (wider: 'Deny' | 'Narrow' = 'Deny', more: JsonObject = {}): JsonObject => ({
  id: 'range',
  ratchet: true,
  chartVersion: { within: '>=1.28.0 <2.0.0', wider },
  ...more,
});

interface Update {
  readonly rules: readonly JsonObject[];
  readonly spec?: JsonObject;
  readonly old: JsonObject;
  readonly now: JsonObject;
  readonly facts?: Partial<Facts>;
  readonly subject?: Partial<Subject>;
}

function update({ rules, spec, old, now, facts, subject }: Update) {
  const set = policySet(rules, spec);
  return evaluate(set, subjectOf(now, old, subject), factsWith('https://flagger.app', facts), 'admission');
}

const wide = helmRelease({ chart: chart('*') });
const edited = helmRelease({ chart: chart('*'), interval: '10m' });

describe('a rule with a ratchet', () => {
  it('warns of what was found before and is as it was, and says so', () => {
    const { allowed, findings, warnings } = update({ rules: [range()], old: wide, now: edited });
    assert.equal(allowed, true);
    assert.deepEqual(
      findings.map(({ enforcement, reason, ratcheted }) => [enforcement, reason, ratcheted]),
      [['Warn', 'RangeTooWide', true]],
    );
    assert.match(warnings[0] ?? '', /^p\/range, as before: spec\.chart\.spec\.version: it also matches /);
  });

  it('denies without the ratchet', () => {
    assert.equal(
      update({ rules: [range('Deny', { ratchet: false })], old: wide, now: edited }).allowed,
      false,
    );
  });

  const denied: readonly (readonly [name: string, Update])[] = [
    ['what the edit adds', { rules: [range()], old: helmRelease(), now: wide }],
    [
      'what the edit makes worse, or merely another',
      { rules: [range()], old: helmRelease({ chart: chart('>=1.0.0') }), now: wide },
    ],
    [
      'an object that comes under the policy by a label',
      {
        rules: [range()],
        spec: { match: { labels: { matchLabels: { tier: 'prod' } } } },
        old: wide,
        now: helmRelease({ chart: chart('*') }, { labels: { tier: 'prod' } }),
      },
    ],
    [
      'a release that moves into another namespace',
      {
        rules: [range()],
        old: wide,
        now: helmRelease({ chart: chart('*'), targetNamespace: 'prod' }),
      },
    ],
    [
      'a release that leaves another namespace, whose labels are not known any more',
      {
        rules: [range()],
        spec: { match: { namespaces: { labels: { matchLabels: { tier: 'prod' } } } } },
        old: helmRelease({ chart: chart('*'), targetNamespace: 'dev' }),
        now: wide,
        facts: { namespaceLabels: { known: true, value: { tier: 'prod' } } },
      },
    ],
    [
      'an update of something that has no shape to rely on',
      { rules: [range()], old: { ...wide, spec: {} }, now: edited },
    ],
    [
      'an update whose old object is not known',
      { rules: [range()], old: wide, now: edited, subject: { oldObject: undefined as never } },
    ],
  ];
  for (const [name, given] of denied) {
    it(`denies ${name}`, () => {
      assert.equal(update(given).allowed, false);
    });
  }

  it('denies a create, and a release that runs', () => {
    const set = policySet([range()]);
    const create = evaluate(set, subjectOf(wide), factsWith(), 'admission');
    assert.equal(create.allowed, false);
    const chartFact = { known: true, value: { name: 'flagger', version: '3.0.0' } } as const;
    const facts = factsWith('https://flagger.app', { chart: chartFact });
    assert.equal(evaluate(set, subjectOf(edited, wide), facts, 'release').allowed, false);
  });

  it('leaves findings that would not deny as they are', () => {
    const audited = update({ rules: [range('Deny', { enforcement: 'Audit' })], old: wide, now: edited });
    assert.deepEqual(
      audited.findings.map(({ enforcement, ratcheted }) => [enforcement, ratcheted]),
      [['Audit', undefined]],
    );
  });
});

const source = (name: string, url: string) =>
  [
    sourceKey('HelmRepository', 'team', name),
    { known: true, value: { kind: 'HelmRepository', namespace: 'team', name, url } },
  ] as const;
const twoSources = {
  sources: new Map([source('flagger', 'https://flagger.app'), source('other', 'https://other.example')]),
};

describe('an expression with a ratchet', () => {
  const rule: JsonObject = {
    id: 'x',
    ratchet: true,
    expression: [
      {
        expression: "duration(object.spec.interval) >= duration('1m') || object.spec.?suspend.orValue(false)",
        path: 'spec',
        message: 'no',
      },
      { expression: "object.spec.?serviceAccountName.orValue('') != 'root'", path: 'spec', message: 'no' },
    ],
  };
  const decide = (old: JsonObject, now: JsonObject) => {
    const { findings } = update({ rules: [rule], old: helmRelease(old), now: helmRelease(now) });
    return findings.map(({ enforcement }) => enforcement);
  };

  it('denies what another entry finds at the same path, in the same words', () => {
    assert.deepEqual(decide({ interval: '10s' }, { interval: '10s', serviceAccountName: 'root' }), [
      'Deny',
      'Warn',
    ]);
    assert.deepEqual(decide({ interval: '10s' }, { serviceAccountName: 'root' }), ['Deny']);
  });

  it('denies once a value that it reads has changed, and not for any other', () => {
    assert.deepEqual(decide({ interval: '10s' }, { interval: '1s' }), ['Deny']);
    assert.deepEqual(decide({ interval: '10s' }, { interval: '10s', suspend: false }), ['Deny']);
    assert.deepEqual(decide({ interval: '10s' }, { interval: '10s', timeout: '9m' }), ['Warn']);
  });

  it('denies once the source that it reads of is another one, though the text is the same', () => {
    const rules = [
      { id: 'x', ratchet: true, expression: { expression: "source.url == 'x'", path: 'spec.interval' } },
    ];
    const edit = (name: string) =>
      update({
        ...{ rules, facts: twoSources, old: helmRelease() },
        now: helmRelease({ timeout: '9m', chart: chart('1.30.0', { name }) }),
      }).allowed;
    assert.deepEqual([edit('flagger'), edit('other')], [true, false]);
  });

  it('denies once what follows from other fields has changed: the effective spec, the release', () => {
    for (const read of ['effective.spec.releaseName', 'release.name']) {
      const rules = [
        { id: 'x', ratchet: true, expression: { expression: `${read} == 'x'`, path: 'spec.interval' } },
      ];
      const edit = (spec: JsonObject) =>
        update({ rules, old: helmRelease(), now: helmRelease(spec) }).allowed;
      assert.deepEqual([edit({ timeout: '9m' }), edit({ releaseName: 'y' })], [true, false]);
    }
  });

  const spec = fc
    .record({
      interval: fc.constantFrom('1s', '10s', '5m'),
      suspend: fc.option(fc.boolean(), { nil: undefined }),
      serviceAccountName: fc.option(fc.constantFrom('root', 'tenant'), { nil: undefined }),
    })
    .map((fields) => JSON.parse(JSON.stringify(fields)) as JsonObject);

  it('warns only where all that the entry reads is as it was', () => {
    const warned = { yes: 0 };
    fc.assert(
      fc.property(spec, spec, (old, now) => {
        for (const enforcement of decide(old, now)) {
          if (enforcement !== 'Warn') continue;
          const same = (...fields: readonly string[]) => fields.every((field) => old[field] === now[field]);
          assert.ok(same('interval', 'suspend') || same('serviceAccountName'));
          warned.yes += 1;
        }
      }),
    );
    assert.ok(warned.yes > 5);
  });
});

describe('a ratchet on where charts come from', () => {
  const release = fc.record({
    chart: fc.constantFrom('flagger', 'nginx'),
    name: fc.constantFrom('flagger', 'other'),
    version: fc.constantFrom('*', '>=1.0.0', '1.30.0'),
    timeout: fc.constantFrom('1m', '2m'),
  });
  type Release = typeof release extends fc.Arbitrary<infer T> ? T : never;
  const objectOf = ({ chart: of, name, version, timeout }: Release) => {
    const { spec } = chart(version, { name }) as { readonly spec: JsonObject };
    return helmRelease({ chart: { spec: { ...spec, chart: of } }, timeout });
  };
  const rules: readonly (readonly [name: string, rule: JsonObject])[] = [
    ['chartVersion', range()],
    ['allowedSources', { id: 's', ratchet: true, allowedSources: [{ url: 'https://charts.example.com' }] }],
  ];
  for (const [name, rule] of rules) {
    it(`warns of ${name} only where chart and source are as they were, and the version if that is judged`, () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(release, release, (old, now) => {
          const given = { rules: [rule], old: objectOf(old), now: objectOf(now), facts: twoSources };
          const version = name === 'allowedSources' || old.version === now.version;
          const same = old.chart === now.chart && old.name === now.name && version;
          for (const { enforcement } of update(given).findings) {
            assert.equal(enforcement, same ? 'Warn' : 'Deny');
            seen.add(enforcement);
          }
        }),
      );
      assert.equal(seen.size, 2);
    });
  }
});

describe('a rule with a ratchet that changes objects', () => {
  it('cuts a range that stood there before, once it is the range of another chart', () => {
    const other = helmRelease({ chart: { spec: { ...(chart('*')['spec'] as JsonObject), chart: 'nginx' } } });
    const { patch, allowed } = update({ rules: [range('Narrow')], old: wide, now: other });
    assert.equal(allowed, true);
    assert.equal(valueAt(applyPatch(other, patch), ['spec', 'chart', 'spec', 'version']), '>=1.28.0 <2.0.0');
  });

  const patched = (given: Update) => applyPatch(given.now, update(given).patch) as JsonObject;

  it('leaves a range alone that stood there before, and cuts one that is new', () => {
    const given = { rules: [range('Narrow')], old: wide, now: edited };
    assert.deepEqual(update(given).patch, []);
    assert.equal(update(given).allowed, true);
    const widened = { ...given, old: helmRelease() };
    assert.equal(valueAt(patched(widened), ['spec', 'chart', 'spec', 'version']), '>=1.28.0 <2.0.0');
  });

  const filling = {
    id: 'd',
    ratchet: true,
    defaults: { HelmRelease: { 'spec.timeout': '5m', 'spec.install.timeout': '1m' } },
  };

  it('does not fill what was absent before, and warns of it; what the edit takes out is filled', () => {
    const given = {
      rules: [filling],
      old: helmRelease({ timeout: '9m' }),
      now: helmRelease({ interval: '9m' }),
    };
    const { allowed, findings } = update(given);
    assert.equal(allowed, true);
    assert.deepEqual(
      findings.map(({ enforcement, path }) => [enforcement, path]),
      [['Warn', 'spec.install.timeout']],
    );
    assert.equal(valueAt(patched(given), ['spec', 'timeout']), '5m');
    assert.equal(valueAt(patched(given), ['spec', 'install']), undefined);
  });

  it('does not force what was otherwise before', () => {
    const forcing = {
      id: 'o',
      ratchet: true,
      overrides: { HelmRelease: { 'spec.serviceAccountName': 'tenant' } },
    };
    const old = helmRelease({ serviceAccountName: 'admin' });
    const same = { rules: [forcing], old, now: helmRelease({ serviceAccountName: 'admin', interval: '9m' }) };
    assert.deepEqual([update(same).patch, update(same).allowed], [[], true]);
    const other = { ...same, now: helmRelease({ serviceAccountName: 'root' }) };
    assert.equal(valueAt(patched(other), ['spec', 'serviceAccountName']), 'tenant');
  });
});

describe('an old finding', () => {
  const place = { file: 'p.yaml', line: 1, column: 1 };
  /** A rule that finds what the function says of an object. */
  const rule = (judge: (object: JsonObject) => readonly FindingDraft[]): CompiledRule => ({
    policy: 'p',
    id: 'r',
    enforcement: 'Deny',
    ratchet: true,
    place,
    match: { exclude: {} },
    body: {
      kinds: ['HelmRelease'],
      reads: [],
      writes: [],
      judge: ({ object }) => ({ findings: judge(object), warnings: [] }),
    },
  });
  const decide = (
    judge: (object: JsonObject) => readonly FindingDraft[],
    old: JsonObject,
    now: JsonObject,
  ) => {
    const set: PolicySet = {
      digest: 'sha256:0',
      ruleCount: 1,
      rulesByKind: new Map([['HelmRelease', [rule(judge)]]]),
    };
    return evaluate(set, subjectOf(now, old), factsWith(), 'admission').findings.map(
      ({ enforcement }) => enforcement,
    );
  };
  const draft = (path: string, more: Partial<FindingDraft> = {}): FindingDraft => ({
    reason: 'FieldForbidden',
    path,
    message: 'no',
    ...more,
  });
  const listed = (count: number) =>
    helmRelease({ values: { items: Array.from({ length: count }, () => 'x') } });

  it('answers for one new finding only', () => {
    const each = (object: JsonObject) =>
      (valueAt(object, ['spec', 'values', 'items']) as readonly string[]).map(() =>
        draft('spec', { basis: 'the same' }),
      );
    assert.deepEqual(decide(each, listed(1), listed(2)), ['Deny', 'Warn']);
    assert.deepEqual(decide(each, listed(2), listed(1)), ['Warn']);
  });

  it('is another one when what stands there has changed, though the finding shows the same', () => {
    const hidden = () => [draft('spec.values.password', { found: 'hidden' })];
    const [a, b] = [helmRelease({ values: { password: 'a' } }), helmRelease({ values: { password: 'b' } })];
    assert.deepEqual(decide(hidden, a, b), ['Deny']);
    assert.deepEqual(
      decide(hidden, a, { ...a, metadata: { ...(a['metadata'] as JsonObject), labels: { x: 'y' } } }),
      ['Warn'],
    );
  });

  it('is found at keys with dots and quotes in them', () => {
    const path = 'spec.values["a.b"]["c\\"d"].e';
    const at = (value: string) => helmRelease({ values: { 'a.b': { 'c"d': { e: value } } } });
    assert.deepEqual(
      decide(() => [draft(path)], at('1'), at('2')),
      ['Deny'],
    );
    assert.deepEqual(
      decide(() => [draft(path)], at('1'), at('1')),
      ['Warn'],
    );
  });

  it('is none where the rule fails on the stored object', () => {
    const failing = (object: JsonObject) => {
      if (valueAt(object, ['spec', 'interval']) === '5m') throw new Error('boom');
      return [draft('spec.chart')];
    };
    assert.deepEqual(decide(failing, helmRelease(), helmRelease({ interval: '9m' })), ['Deny']);
  });

  it('is none about the object as a whole, unless the rule says by what it was found', () => {
    const whole = () => [draft('spec')];
    assert.deepEqual(decide(whole, helmRelease(), helmRelease({ interval: '9m' })), ['Deny']);
    const reading = (object: JsonObject) => [
      draft('spec', { basis: valueAt(object, ['spec', 'timeout']) ?? null }),
    ];
    assert.deepEqual(decide(reading, helmRelease(), helmRelease({ interval: '9m' })), ['Warn']);
    assert.deepEqual(decide(reading, helmRelease(), helmRelease({ timeout: '9m' })), ['Deny']);
  });

  const keys: readonly (readonly [string, Partial<FindingDraft>])[] = [
    ['message', { message: 'neither' }],
    ['basis', { basis: 'another' }],
    ['reason', { reason: 'FieldRequired' }],
    ['value found', { found: 1 }],
    ['path', { path: 'spec.timeout' }],
  ];
  for (const [name, other] of keys) {
    it(`is told by its ${name}`, () => {
      const judge = (object: JsonObject) => [
        draft('spec.chart', valueAt(object, ['spec', 'interval']) === '5m' ? {} : other),
      ];
      assert.deepEqual(decide(judge, helmRelease(), helmRelease({ interval: '9m' })), ['Deny']);
    });
  }
});
