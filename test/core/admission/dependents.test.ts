import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_DEPENDENTS, withDependents } from '../../../src/core/admission/dependents.ts';
import { movedReleases } from '../../../src/core/admission/moved-releases.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { type DependentFact, type Facts, sourceKey } from '../../../src/core/policy/facts.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import { sourceFactOf } from '../../../src/core/policy/source-fact.ts';
import {
  chart,
  factsWith,
  helmRelease,
  helmRepository,
  policySet,
  policySets,
  subjectOf,
} from '../policy/policy-fixture.ts';

const OLD = 'https://flagger.app';
const NEW = 'https://charts.example.com';
const EVIL = 'https://evil.example';

/** Team may use both URLs, prod the old one only; neither policy is about sources. */
const set = policySets({
  team: {
    match: { kinds: ['HelmRelease'] },
    rules: [{ id: 'known', allowedSources: [{ url: OLD }, { url: NEW }] }],
  },
  prod: {
    match: { kinds: ['HelmRelease'], namespaces: { labels: { matchLabels: { tier: 'prod' } } } },
    rules: [{ id: 'strict', allowedSources: [{ url: OLD }] }],
  },
});

function dependent(namespace: string, spec: JsonObject = {}, name = 'app'): DependentFact {
  return {
    object: helmRelease({ chart: chart('1.0.0', { namespace: 'team' }), ...spec }, { name, namespace }),
    version: 'v2',
    namespaceLabels: { known: true, value: namespace === 'prod' ? { tier: 'prod' } : {} },
    otherNamespaceLabels: new Map([['prod', { known: true, value: { tier: 'prod' } }]]),
  };
}

function edit(
  from: JsonObject | undefined,
  to: JsonObject,
  dependents: readonly DependentFact[],
  more: { readonly facts?: Partial<Facts>; readonly set?: PolicySet } = {},
) {
  const subject = subjectOf(to, from, { user: { username: 'alice', groups: ['dev'] } });
  const facts = factsWith(OLD, { dependents: { known: true, value: dependents }, ...more.facts });
  const judging = more.set ?? set;
  const own = evaluate(judging, subject, facts, 'admission');
  return withDependents(own, judging, subject, facts);
}

describe('an edit of a source', () => {
  const repository = (url: string, spec: JsonObject = {}) => helmRepository(url, spec);

  it('passes and says which releases it moves, when all of them may use the new URL', () => {
    const decision = edit(repository(OLD), repository(NEW), [dependent('a'), dependent('b')]);
    assert.deepEqual([decision.allowed, decision.findings], [true, []]);
    assert.deepEqual(decision.warnings, ['moves 2 releases: a/app, b/app']);
  });

  it('is refused when a release would newly break a rule of its own, naming both', () => {
    const decision = edit(repository(OLD), repository(NEW), [dependent('a'), dependent('prod')]);
    assert.equal(decision.allowed, false);
    assert.deepEqual(
      decision.findings.map(({ policy, rule, reason, enforcement, path, message, wouldPass }) => ({
        ...{ policy, rule, reason, enforcement, path, message, wouldPass },
      })),
      [
        {
          ...{ policy: 'prod', rule: 'strict', reason: 'SourceNotAllowed', enforcement: 'Deny' },
          path: 'spec.url',
          message:
            'HelmRelease prod/app: HelmRepository team/flagger points to https://charts.example.com, which is not an allowed source',
          wouldPass: 'https://flagger.app',
        },
      ],
    );
    assert.deepEqual(decision.warnings, ['moves 2 releases: a/app, prod/app']);
    assert.deepEqual(
      decision.ruleResults.filter(({ result }) => result === 'finding'),
      [{ policy: 'prod', rule: 'strict', result: 'finding' }],
    );
  });

  it('counts the target namespace of a release', () => {
    const into = dependent('a', { targetNamespace: 'prod' });
    assert.equal(edit(repository(OLD), repository(NEW), [into]).allowed, false);
  });

  it('does not answer for what stood against a release before', () => {
    const broken = repository(EVIL);
    const slower = edit(broken, repository(EVIL, { interval: '1h' }), [dependent('a'), dependent('prod')]);
    assert.deepEqual([slower.allowed, slower.findings, slower.warnings], [true, [], []]);
    const better = edit(broken, repository(NEW), [dependent('a')]);
    assert.equal(better.allowed, true);
  });

  it('is refused when it leads from one forbidden URL to another', () => {
    const worse = edit(repository(EVIL), repository('https://worse.example'), [dependent('a')]);
    assert.equal(worse.allowed, false);
    assert.match(worse.findings[0]?.message ?? '', /worse\.example/);
  });

  const long = (end: string) => `https://evil.example/${'a'.repeat(230)}/${end}`;

  it('is refused when it leads from one forbidden URL to another that begins with the same 200 characters', () => {
    const worse = edit(repository(long('one')), repository(long('two')), [dependent('a')]);
    assert.equal(worse.allowed, false);
    const slower = edit(repository(long('one')), repository(long('one'), { interval: '1h' }), [
      dependent('a'),
    ]);
    assert.equal(slower.allowed, true);
    const reading = policySet([
      { id: 'e', expression: { expression: "source.url == 'x'", message: 'no' } },
      { id: 's', allowedSources: [{ url: OLD }], enforcement: 'Audit' },
    ]);
    const options = { set: reading };
    assert.equal(
      edit(repository(long('one')), repository(long('two')), [dependent('a')], options).allowed,
      false,
    );
  });

  it('does not answer for a version that stood against a release before, unless the version is another one', () => {
    const versions = policySet([{ id: 'v', chartVersion: { within: '1.x' } }], {
      match: { kinds: ['HelmRelease'] },
    });
    const wide = dependent('a', { chart: chart('*', { namespace: 'team' }) });
    assert.equal(edit(repository(OLD), repository(NEW), [wide], { set: versions }).allowed, true);
    const range = (end: string) => `${'>=1.0.0 '.repeat(30)}${end}`;
    const helmChart = (version: string): JsonObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      metadata: { name: 'c', namespace: 'team' },
      spec: {
        chart: 'flagger',
        version,
        interval: '5m',
        sourceRef: { kind: 'HelmRepository', name: 'flagger' },
      },
    });
    const via = dependent('a', {
      chart: undefined as never,
      chartRef: { kind: 'HelmChart', name: 'c', namespace: 'team' },
    });
    const move = (from: string, to: string) => edit(helmChart(from), helmChart(to), [via], { set: versions });
    assert.equal(
      move(range('<4'), range('<5')).findings.filter(({ path }) => path === 'spec.version').length,
      1,
    );
  });

  it('never passes from one forbidden URL to another, however alike they are', () => {
    const path = fc.stringMatching(/^[a-z]{1,300}$/);
    fc.assert(
      fc.property(
        path,
        fc.stringMatching(/^[a-z]{1,8}$/),
        fc.stringMatching(/^[a-z]{1,8}$/),
        (shared, one, other) => {
          const at = (end: string) => repository(`https://evil.example/${shared}/${end}`);
          assert.equal(edit(at(one), at(other), [dependent('a')]).allowed, one === other);
        },
      ),
    );
  });

  it('is not looked at for releases when its spec stays', () => {
    const labelled = {
      ...repository(EVIL),
      metadata: { name: 'flagger', namespace: 'team', labels: { a: 'b' } },
    };
    const unknown = { dependents: { known: false, why: 'Unavailable' } } as const;
    assert.equal(edit(repository(EVIL), labelled, [], { facts: unknown }).allowed, true);
  });

  it('is judged on a create too: releases may have been waiting for it', () => {
    const decision = edit(undefined, repository(EVIL), [dependent('a')]);
    assert.deepEqual(
      decision.findings.map(({ reason, message }) => [reason, message.slice(0, 18)]),
      [['SourceNotAllowed', 'HelmRelease a/app:']],
    );
    assert.deepEqual(decision.warnings, [], 'nobody moves who was nowhere');
  });

  it('warns where the rule of the release only warns', () => {
    const warning = policySet([{ id: 's', enforcement: 'Warn', allowedSources: [{ url: OLD }] }], {
      match: { kinds: ['HelmRelease'] },
    });
    const decision = edit(repository(OLD), repository(NEW), [dependent('a')], { set: warning });
    assert.equal(decision.allowed, true);
    assert.deepEqual(decision.warnings, [
      'moves 1 release: a/app',
      'p/s: spec.url: HelmRelease a/app: HelmRepository team/flagger points to https://charts.example.com, which is not an allowed source',
    ]);
  });

  it('counts for the user who makes it: an exclusion holds', () => {
    const excluding = policySet([{ id: 's', allowedSources: [{ url: OLD }] }], {
      match: { kinds: ['HelmRelease'], exclude: { subjects: [{ group: 'dev' }] } },
    });
    assert.equal(edit(repository(OLD), repository(NEW), [dependent('a')], { set: excluding }).allowed, true);
  });

  it('is refused when it would have to change a release, which it cannot', () => {
    const narrowing = policySet(
      [
        {
          id: 'v',
          chartVersion: { charts: [{ name: 'flagger', source: NEW }], within: '1.x', wider: 'Narrow' },
        },
      ],
      { match: { kinds: ['HelmRelease'] } },
    );
    const wide = dependent('a', { chart: chart('*', { namespace: 'team' }) });
    const decision = edit(repository(OLD), repository(NEW), [wide], { set: narrowing });
    assert.deepEqual(
      decision.findings.map(({ reason, message }) => [reason, message]),
      [
        [
          'NotMutated',
          'HelmRelease a/app: spec.chart.spec.version would have to become ">=1.0.0 <2.0.0", which an edit of its source cannot do: change the release first',
        ],
      ],
    );
    const narrow = dependent('a', { chart: chart('1.2.x', { namespace: 'team' }) });
    assert.equal(edit(repository(OLD), repository(NEW), [narrow], { set: narrowing }).allowed, true);
  });

  it('does not answer for a change that the release has been waiting for', () => {
    const filling = policySet([
      { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '5m' } } },
      { id: 's', allowedSources: [{ url: OLD }, { url: NEW }] },
    ]);
    const decision = edit(repository(OLD), repository(NEW), [dependent('a')], { set: filling });
    assert.deepEqual([decision.allowed, decision.findings], [true, []]);
  });

  it('reaches releases through a HelmChart in between', () => {
    const between = sourceFactOf(
      { kind: 'HelmChart', namespace: 'team', name: 'c' },
      { chart: 'flagger', version: '1.0.0', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
    );
    const sources = new Map([
      [sourceKey('HelmChart', 'team', 'c'), { known: true, value: between } as const],
    ]);
    const via = { chart: undefined as never, chartRef: { kind: 'HelmChart', name: 'c', namespace: 'team' } };
    const decision = edit(repository(OLD), repository(NEW), [dependent('prod', via)], { facts: { sources } });
    assert.deepEqual(
      decision.findings.map(({ message }) => message),
      [
        'HelmRelease prod/app: HelmChart team/c points to https://charts.example.com, which is not an allowed source',
      ],
    );
  });

  it('of a HelmChart leads its releases to another source', () => {
    const helmChart = (name: string): JsonObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      metadata: { name: 'c', namespace: 'team' },
      spec: { chart: 'flagger', interval: '5m', sourceRef: { kind: 'HelmRepository', name } },
    });
    const repositoryFact = (name: string, url: string) => {
      const source = { kind: 'HelmRepository', namespace: 'team', name };
      return [sourceKey(source.kind, 'team', name), { known: true, value: { ...source, url } }] as const;
    };
    const sources = new Map([repositoryFact('good', OLD), repositoryFact('bad', EVIL)]);
    const via = { chart: undefined as never, chartRef: { kind: 'HelmChart', name: 'c', namespace: 'team' } };
    const decision = edit(helmChart('good'), helmChart('bad'), [dependent('a', via)], { facts: { sources } });
    assert.deepEqual(
      decision.findings.map(({ path, reason }) => [path, reason]),
      [['spec.sourceRef', 'SourceNotAllowed']],
    );
    assert.deepEqual(decision.warnings, ['moves 1 release: a/app']);
    const back = edit(helmChart('bad'), helmChart('good'), [dependent('a', via)], { facts: { sources } });
    assert.equal(back.allowed, true);
  });

  it('of an OCIRepository or GitRepository counts like that of a HelmRepository', () => {
    const versions = policySet([{ id: 'v', chartVersion: { within: '1.x' } }], {
      match: { kinds: ['HelmRelease'] },
    });
    const oci = (tag: string): JsonObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'app', namespace: 'team' },
      spec: { url: 'oci://ghcr.io/acme/app', interval: '5m', ref: { tag } },
    });
    const via = {
      chart: undefined as never,
      chartRef: { kind: 'OCIRepository', name: 'app', namespace: 'team' },
    };
    const decision = edit(oci('1.0.0'), oci('2.0.0'), [dependent('a', via)], { set: versions });
    assert.deepEqual(
      decision.findings.map(({ path, reason }) => [path, reason]),
      [['spec.ref', 'VersionNotAllowed']],
    );
    assert.deepEqual(decision.warnings, []);
    const git = (url: string): JsonObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'flagger', namespace: 'team' },
      spec: { url, interval: '5m' },
    });
    const gitSet = policySet([
      { id: 's', allowedSources: [{ url: 'ssh://git@github.com/acme', subpaths: true }] },
    ]);
    const user = dependent('a', { chart: chart('*', { kind: 'GitRepository', namespace: 'team' }) });
    const moved = edit(git('ssh://git@github.com/acme/a'), git('ssh://git@github.com/evil/a'), [user], {
      set: gitSet,
    });
    assert.equal(moved.allowed, false);
    assert.equal(edit(undefined, git('ssh://git@github.com/evil/a'), [], { set: gitSet }).allowed, true);
  });

  it('is refused when nobody can tell who uses it, or too many do', () => {
    for (const dependents of [{ known: false, why: 'Unavailable' } as const, undefined]) {
      const facts = { dependents } as Partial<Facts>;
      const decision = edit(repository(OLD), repository(NEW), [], { facts });
      assert.deepEqual(
        decision.findings.map(({ policy, rule, reason, enforcement }) => [policy, rule, reason, enforcement]),
        [['helmgate', 'dependents', 'FactUnknown', 'Deny']],
      );
      assert.match(decision.findings[0]?.message ?? '', /could not be looked up \(Unavailable\)/);
    }
    const crowd = Array.from({ length: MAX_DEPENDENTS + 1 }, (_, index) => dependent('a', {}, `r${index}`));
    const decision = edit(repository(OLD), repository(NEW), crowd);
    assert.equal(decision.allowed, false);
    assert.match(
      decision.findings[0]?.message ?? '',
      /^more than 1000 HelmReleases use it, too many to judge/,
    );
    assert.equal(edit(repository(OLD), repository(NEW), crowd.slice(1)).allowed, true);
  });

  it('is refused when judging it for all who use it takes more work than one request may cost', () => {
    const rules = [
      { id: 'e', expression: { expression: 'object.spec.values.list.all(x, x >= 0)' } },
      { id: 's', allowedSources: [{ url: OLD }, { url: NEW }] },
    ];
    const heavy = policySet(rules, { match: { kinds: ['HelmRelease'] } });
    const values = { list: Array.from({ length: 60_000 }, (_, at) => at) };
    const users = (count: number) =>
      Array.from({ length: count }, (_, at) => dependent('a', { values }, `app-${at}`));
    const few = edit(repository(OLD), repository(NEW), users(2), { set: heavy });
    assert.deepEqual([few.allowed, few.findings], [true, []]);
    const many = edit(repository(OLD), repository(NEW), users(200), { set: heavy });
    assert.equal(many.allowed, false);
    assert.deepEqual(
      many.findings.map(({ rule }) => rule),
      ['dependents'],
    );
    assert.match(many.findings[0]?.message ?? '', /more work than one request may cost.*after \d+ of 200/);
  });

  it('lists fifty findings, strictest first, and how many more there are', () => {
    const mixed = policySets({
      warn: { enforcement: 'Warn', rules: [{ id: 'w', allowedSources: [{ url: OLD }] }] },
      deny: {
        match: { namespaces: { names: ['prod'] } },
        rules: [{ id: 'd', allowedSources: [{ url: OLD }] }],
      },
    });
    const crowd = Array.from({ length: 60 }, (_, index) => dependent('a', {}, `r${index}`));
    const decision = edit(repository(OLD), repository(NEW), [...crowd, dependent('prod')], { set: mixed });
    const fromReleases = decision.findings.filter(({ message }) => message.includes('HelmRelease'));
    assert.equal(fromReleases.length, 51);
    assert.equal(fromReleases[0]?.enforcement, 'Deny');
    assert.match(fromReleases.at(-1)?.message ?? '', /^12 more findings in the HelmReleases/);
    assert.equal(decision.allowed, false);
  });

  it('leaves decisions on other objects, and sets without rules about sources, alone', () => {
    const release = helmRelease();
    const facts = factsWith(OLD, { dependents: { known: false, why: 'Unavailable' } });
    const decision = evaluate(set, subjectOf(release), facts, 'admission');
    assert.equal(withDependents(decision, set, subjectOf(release), facts), decision);
    const plain = policySet([{ id: 'd', defaults: { HelmRepository: { 'spec.timeout': '30s' } } }]);
    const subject = subjectOf(repository(NEW), repository(OLD));
    const other = evaluate(plain, subject, facts, 'admission');
    assert.equal(withDependents(other, plain, subject, facts), other);
  });
});

describe('an edit of a source that gives releases another chart', () => {
  const destructive = policySet([{ id: 'dc', destructiveChange: {} }], { match: { kinds: ['HelmRelease'] } });
  const named = (kind: string, spec: JsonObject): JsonObject => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind,
    metadata: { name: 'c', namespace: 'team' },
    spec: { interval: '5m', ...spec },
  });
  const helmChart = (name: string, version = '1.0.0') =>
    named('HelmChart', { chart: name, version, sourceRef: { kind: 'HelmRepository', name: 'flagger' } });
  const artifact = (name: string, tag = '1.0.0') =>
    named('OCIRepository', { url: `oci://ghcr.io/acme/${name}`, ref: { tag } });
  const user = (
    kind: string,
    more: JsonObject = {},
    metadata: JsonObject = {},
    status?: JsonObject,
  ): DependentFact => {
    const { object, ...rest } = dependent('a', {
      chart: undefined as never,
      chartRef: { kind, name: 'c', namespace: 'team' },
      ...more,
    });
    const whole = { ...(object['metadata'] as JsonObject), ...metadata };
    return { ...rest, object: { ...object, metadata: whole, ...(status === undefined ? {} : { status }) } };
  };
  const says = (
    from: JsonObject,
    to: JsonObject,
    users: readonly DependentFact[],
    more: Partial<Facts> = {},
  ) => edit(from, to, users, { set: destructive, facts: more }).findings;

  const kinds: readonly (readonly [
    kind: string,
    field: string,
    make: (name: string, version?: string) => JsonObject,
  ])[] = [
    ['HelmChart', 'spec.chart', helmChart],
    ['OCIRepository', 'spec.url', artifact],
  ];
  for (const [kind, field, make] of kinds) {
    it(`is refused for each release that it would reinstall: ${kind}`, () => {
      const both = [user(kind), user(kind, {}, { name: 'other' })];
      const findings = says(make('flagger'), make('nginx'), both);
      assert.deepEqual(
        findings.map(({ path, rule, reason, message }) => [path, rule, reason, message]),
        ['app', 'other'].map((name) => [
          field,
          'dc',
          'DestructiveChange',
          `HelmRelease a/${name}: the controller uninstalls Helm release a/${name} and installs it anew: chart ${kind} team/c (flagger) -> ${kind} team/c (nginx)`,
        ]),
      );
    });

    it(`passes with the same chart of another version: ${kind}`, () => {
      assert.deepEqual(says(make('flagger'), make('flagger', '2.0.0'), [user(kind)]), []);
    });

    it(`passes once the release confirms just this change: ${kind}`, () => {
      const [finding] = says(make('flagger'), make('nginx'), [user(kind)]);
      assert.match(finding?.wouldPass ?? '', /^on the HelmRelease, annotation /);
      const hash = /: "([0-9a-f]{16})",/.exec(finding?.wouldPass ?? '')?.[1] ?? '';
      const confirming = user(kind, {}, { annotations: { 'helmgate.dev/confirm-destructive-change': hash } });
      assert.deepEqual(says(make('flagger'), make('nginx'), [confirming]), []);
      assert.equal(says(make('flagger'), make('podinfo'), [confirming]).length, 1);
      assert.equal(says(make('nginx'), make('flagger'), [confirming]).length, 1);
    });
  }

  it('is judged also where the repository behind the chart is not known', () => {
    assert.equal(
      says(helmChart('flagger'), helmChart('nginx'), [user('HelmChart')], { sources: new Map() }).length,
      1,
    );
  });

  it('passes for a release that is upgraded in place, was never released, or takes its chart elsewhere', () => {
    const inPlace = user('HelmChart', { upgrade: { chartNameChangeStrategy: 'InPlaceUpdate' } });
    const fresh = user('HelmChart', {}, {}, { observedGeneration: -1 });
    assert.deepEqual(says(helmChart('flagger'), helmChart('nginx'), [inPlace, fresh]), []);
    assert.deepEqual(says(helmChart('flagger'), helmChart('nginx'), [user('OCIRepository')]), []);
    assert.deepEqual(says(undefined as never, helmChart('nginx'), [user('HelmChart')]), []);
  });
});

describe('the warning about moved releases', () => {
  it('is one line of at most 200 characters with whole names', () => {
    assert.equal(movedReleases(['a/b']), 'moves 1 release: a/b');
    const name = fc.stringMatching(/^[a-z]{1,60}\/[a-z]{1,60}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
        const text = movedReleases(names);
        assert.ok(text.length <= 200, text);
        const [head = '', list = ''] = text.split(': ');
        assert.equal(head, `moves ${names.length} release${names.length === 1 ? '' : 's'}`);
        const shown = list.replace(/, \.\.\.$/, '').split(', ');
        assert.deepEqual(shown, names.slice(0, shown.length));
        assert.equal(text.endsWith(', ...'), shown.length < names.length);
      }),
    );
  });
});
