import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { type Facts, type SourceFact, sourceKey } from '../../../src/core/policy/facts.ts';
import { effectiveAgain, judgeAgain, judgeSame, repairAgain } from '../../../src/core/replay/judge-again.ts';
import { FACTS, keptOf, NOW, release, rowOf, setOf } from './fixture.ts';

const WITHIN = '{id: v, chartVersion: {within: "<3.0.0"}}';
const TIMEOUT = '{id: t, defaults: {HelmRelease: {spec.timeout: 3m}}}';
const SOURCES = '{id: s, allowedSources: [{url: https://good.example}]}';
const LATE =
  '{id: l, enforcement: {action: Deny, from: 2026-05-15, before: Warn}, chartVersion: {within: "<3.0.0"}}';

const withSource = (url: string): Facts => {
  const value: SourceFact = { kind: 'HelmRepository', namespace: 'a', name: 'charts', url };
  return {
    ...FACTS,
    sources: new Map([[sourceKey('HelmRepository', 'a', 'charts'), { known: true, value }]]),
  };
};

function decided(again: ReturnType<typeof judgeAgain>) {
  return again.kind === 'Decided' ? again : assert.fail(again.why);
}
const reasons = (again: ReturnType<typeof judgeAgain>): readonly string[] =>
  decided(again).decision.findings.map(({ reason }) => reason);

describe('judging a row again', () => {
  it('mutates first, then validates what comes out', () => {
    const again = decided(
      judgeAgain(rowOf(), keptOf(release('1.0.0')), { current: setOf(TIMEOUT, WITHIN) }, NOW),
    );
    assert.equal(again.decision.allowed, true);
    assert.deepEqual(
      again.mutated.mutations.map(({ rule, pointer }) => [rule, pointer]),
      [['t', '/spec/timeout']],
    );
    assert.deepEqual(
      again.mutated.patch.map(({ path }) => path),
      ['/metadata/annotations', '/spec/timeout'],
    );
    assert.deepEqual(
      reasons(judgeAgain(rowOf(), keptOf(release('3.0.0')), { current: setOf(WITHIN) }, NOW)),
      ['RangeDisjoint'],
    );
  });

  it('judges at the moment asked for, and the same question at the moment of the row', () => {
    const set = { current: setOf(LATE) };
    const kept = keptOf(release('3.0.0'));
    const allowed = (again: ReturnType<typeof judgeAgain>) => decided(again).decision.allowed;
    assert.equal(allowed(judgeAgain(rowOf(), kept, set, '2026-05-14T00:00:00Z')), true);
    assert.equal(allowed(judgeAgain(rowOf(), kept, set, NOW)), false);
    assert.equal(allowed(judgeSame(rowOf(), kept, set)), true);
    const later = { ...rowOf({ stored: null }), time: NOW };
    assert.equal(allowed(judgeSame(later, kept, set)), false);
  });

  it('asks the endpoint that was asked: the mutating one allows everything and changes, the validating one changes nothing', () => {
    const set = { current: setOf(TIMEOUT, WITHIN) };
    const mutated = decided(judgeSame(rowOf({ endpoint: 'mutate' }), keptOf(release('3.0.0')), set));
    assert.deepEqual([mutated.decision.allowed, mutated.decision.findings], [true, []]);
    assert.equal(mutated.decision.patch.length, 2);
    assert.equal(mutated.mutated, mutated.decision);
    const validated = decided(judgeSame(rowOf(), keptOf(release('3.0.0')), set));
    assert.deepEqual(validated.decision.findings.map(({ reason }) => reason).toSorted(), [
      'NotMutated',
      'RangeDisjoint',
    ]);
    assert.deepEqual(validated.decision.patch, []);
  });

  it('judges a row of the loop by the chart that the version resolved to, changes nothing, and asks for nobody', () => {
    const chart = { known: true, value: { name: 'flagger', version: '3.1.0' } } as const;
    const kept = keptOf(release('*'), { ...FACTS, chart });
    for (const judge of [judgeAgain, judgeSame]) {
      const again = decided(
        judge(rowOf({ phase: 'release', apiVersion: '' }), kept, { current: setOf(TIMEOUT, WITHIN) }, NOW),
      );
      assert.deepEqual(reasons(again), ['VersionNotAllowed']);
      assert.deepEqual(again.mutated, { mutations: [], patch: [] });
    }
  });

  it('takes the API version of the object where the row has none, and that of the row before', () => {
    const beta = { ...release('1.0.0'), apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' };
    const since = '{id: d, defaults: {HelmRelease: {spec.waitStrategy.name: poller}}}';
    const patchOf = (row: JsonObject, object: JsonObject) =>
      decided(judgeAgain(rowOf(row), keptOf(object), { current: setOf(since) }, NOW)).mutated.patch.length >
      0;
    assert.equal(patchOf({ apiVersion: '' }, release('1.0.0')), true);
    assert.equal(patchOf({ apiVersion: '' }, beta), false);
    assert.equal(patchOf({ apiVersion: 'helm.toolkit.fluxcd.io/v2' }, beta), true);
    assert.equal(patchOf({ apiVersion: '' }, { ...release('1.0.0'), apiVersion: 2 }), false);
    assert.equal(patchOf({ apiVersion: 'v2' }, release('1.0.0')), false);
  });

  it('judges an update by what was there before', () => {
    const ratchet = { current: setOf('{id: v, ratchet: true, chartVersion: {within: "<3.0.0"}}') };
    const [was, is] = [release('3.0.0'), release('3.0.0', { timeout: '1m' })];
    const update = rowOf({ operation: 'UPDATE' });
    assert.equal(decided(judgeAgain(update, keptOf(is, FACTS, was), ratchet, NOW)).decision.allowed, true);
    assert.equal(decided(judgeAgain(update, keptOf(is), ratchet, NOW)).decision.allowed, false);
  });

  it('judges by who asked', () => {
    const by = (user: JsonObject | null) =>
      decided(
        judgeAgain(
          rowOf({ user }),
          keptOf(release('3.0.0')),
          {
            current: setOf(
              '{id: e, expression: {expression: "request.userInfo.username == \'alice\'", message: no, when: admission}}',
            ),
          },
          NOW,
        ),
      ).decision.allowed;
    assert.deepEqual(
      [by({ username: 'alice', groups: [] }), by({ username: 'bob', groups: [] }), by(null)],
      [true, false, false],
    );
  });

  it('carries along which values were redacted, of the object before the old one before the facts', () => {
    const kept = keptOf(release('1.0.0'), FACTS, release('1.0.0'));
    const marked = {
      object: { ...kept.object, redacted: ['/o'] },
      oldObject: { digest: '', value: release('1.0.0'), redacted: ['/x'] },
      facts: { ...kept.facts, redacted: ['/f'] },
    };
    for (const judge of [judgeAgain, judgeSame])
      assert.deepEqual(
        decided(judge(rowOf({ operation: 'UPDATE' }), marked, { current: setOf(WITHIN) }, NOW)).redacted,
        ['/o', '/x', '/f'],
      );
    assert.deepEqual(
      decided(judgeAgain(rowOf(), keptOf(release('1.0.0')), { current: setOf(WITHIN) }, NOW)).redacted,
      [],
    );
  });

  describe('says that it cannot be told', () => {
    const bad = { digest: '', redacted: [], value: 'text' };
    const kept = keptOf(release('1.0.0'));
    const table = [
      ['where the object cannot be read', { ...kept, object: bad }],
      ['where the old object cannot be read', { ...kept, oldObject: bad }],
      ['where the facts cannot be read', { ...kept, facts: bad }],
    ] as const;
    for (const [name, broken] of table) {
      it(name, () => {
        const expected = { kind: 'Unknown', why: 'what was kept cannot be read' };
        const current = setOf(WITHIN);
        assert.deepEqual(judgeAgain(rowOf(), broken, { current }, NOW), expected);
        assert.deepEqual(judgeSame(rowOf(), broken, { current }), expected);
        assert.equal(repairAgain(rowOf({ verdict: 'Deny' }), broken, current), undefined);
        assert.deepEqual(effectiveAgain(rowOf(), broken, current), []);
      });
    }

    it('where a rule needs a source that was not looked up then, and judges by the one that was', () => {
      const current = setOf(SOURCES);
      const unknown = { kind: 'Unknown', why: 'the HelmRepository behind it was not looked up then' };
      assert.deepEqual(judgeAgain(rowOf(), kept, { current }, NOW), unknown);
      const of = (url: string) =>
        reasons(judgeAgain(rowOf(), keptOf(release('1.0.0'), withSource(url)), { current }, NOW));
      assert.deepEqual([of('https://good.example'), of('https://evil.example')], [[], ['SourceNotAllowed']]);
    });

    it('where a rule needs a fact that was not gathered then', () => {
      const needs = (rule: string, facts: Facts = FACTS) =>
        judgeAgain(rowOf(), keptOf(release('1.0.0'), facts), { current: setOf(rule) }, NOW);
      const unique = '{id: u, uniqueRelease: {}}';
      assert.deepEqual(needs(unique), { kind: 'Unknown', why: 'the fact releases was not gathered then' });
      assert.equal(needs(unique, { ...FACTS, releases: { known: true, value: [] } }).kind, 'Decided');
    });

    it('of a source when a rule judges the releases behind it and nobody listed them', () => {
      const repository: JsonObject = {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'HelmRepository',
        metadata: { name: 'charts', namespace: 'a' },
        spec: { url: 'https://good.example' },
      };
      const row = rowOf({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'HelmRepository',
        name: 'charts',
      });
      const judge = (facts: Facts) =>
        judgeAgain(row, keptOf(repository, facts), { current: setOf(SOURCES) }, NOW);
      assert.deepEqual(judge(FACTS), { kind: 'Unknown', why: 'the fact dependents was not gathered then' });
      assert.equal(judge({ ...FACTS, dependents: { known: true, value: [] } }).kind, 'Decided');
    });
  });
});

describe('the edit after which a row would have been admitted', () => {
  const set = setOf(WITHIN);
  it('is found for what was denied', () => {
    const repair = repairAgain(rowOf({ verdict: 'Deny' }), keptOf(release('>=1.0.0')), set);
    assert.deepEqual(
      repair?.edits.map(({ tokens, value }) => [tokens.join('.'), value]),
      [['spec.chart.spec.version', '>=1.0.0 <3.0.0']],
    );
  });

  it('is none for what was allowed, and for what only waits', () => {
    for (const verdict of ['Allow', 'Hold', 'Error'])
      assert.equal(repairAgain(rowOf({ verdict }), keptOf(release('>=1.0.0')), set), undefined);
  });

  it('is looked for among what is judged at that time: a resolved chart has none in the object alone', () => {
    const chart = { known: true, value: { name: 'flagger', version: '3.1.0' } } as const;
    const row = rowOf({ phase: 'release', verdict: 'Deny' });
    assert.equal(repairAgain(row, keptOf(release('>=1.0.0'), { ...FACTS, chart }), set), undefined);
  });

  it('is looked for as of the moment of the row', () => {
    const late = setOf(LATE);
    const of = (now: string) =>
      repairAgain(
        rowOf({ verdict: 'Deny', stored: { segment: 's', now, object: 'o', facts: 'f' } }),
        keptOf(release('>=1.0.0')),
        late,
      )?.edits.length;
    assert.deepEqual([of('2026-05-14T00:00:00Z') ?? 0, of(NOW)], [0, 1]);
  });
});

describe('the fields of a row as its controller would see them', () => {
  const set = setOf(TIMEOUT);
  const kept = keptOf(release('1.0.0'));

  it('name who gave their value', () => {
    const found = effectiveAgain(rowOf({ stored: null }), kept, set).find(
      ({ path }) => path === 'spec.timeout',
    );
    assert.deepEqual([found?.value, found?.origin], ['3m', 'policy']);
  });

  it('are none of a row of the loop', () => {
    assert.deepEqual(effectiveAgain(rowOf({ phase: 'release' }), kept, set), []);
  });
});
