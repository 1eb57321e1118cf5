import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { applyEdits } from '../../../../src/core/policy/apply-edits.ts';
import type { ReleaseFact } from '../../../../src/core/policy/facts.ts';
import { describeRelease } from '../../../../src/core/policy/release-fact.ts';
import { dependencies } from '../../../../src/core/policy/rules/dependencies.ts';
import { helmRelease } from '../policy-fixture.ts';
import { ask, compileRule, hostileJson, hostileRelease } from './judge-rule.ts';

const circles = compileRule(dependencies, {});
const allThere = compileRule(dependencies, { missing: 'Deny' });

/** HelmRelease `name` in namespace team that depends on others, written `name` or `namespace/name`. */
function release(name: string, ...dependsOn: readonly string[]): JsonObject {
  const references = dependsOn.map((each) => {
    const [namespace, other] = each.split('/');
    return other === undefined ? { name: each } : { name: other, namespace: namespace ?? '' };
  });
  return helmRelease(references.length === 0 ? {} : { dependsOn: references }, { name });
}

function factOf(object: JsonObject): ReleaseFact {
  const { name } = object['metadata'] as { name: string };
  return describeRelease({ namespace: 'team', name, object });
}

const judge = (body: typeof circles, object: JsonObject, ...others: readonly JsonObject[]) =>
  ask(body, { object, facts: { releases: { known: true, value: others.map(factOf) } } });

describe('a release in a circle', () => {
  it('is told the whole way, and what would break it', () => {
    const { findings } = judge(
      circles,
      release('a', 'x', 'b'),
      release('x'),
      release('b', 'c'),
      release('c', 'a'),
    );
    assert.deepEqual(findings, [
      {
        reason: 'DependencyCycle',
        path: 'spec.dependsOn.1',
        found: 'team/a -> team/b -> team/c -> team/a',
        message: 'these releases wait for one another for ever: team/a -> team/b -> team/c -> team/a',
        wouldPass: 'without the dependency on team/b, or with the circle broken at another place',
        repairs: [[{ tokens: ['spec', 'dependsOn', '1'] }]],
      },
    ]);
  });

  it('is cured by taking out every entry that names the release, and only the way through it', () => {
    const object = release('a', 'b', 'team/b', 'c');
    const others = [release('b', 'a'), release('c', 'a')];
    const [first] = judge(circles, object, ...others).findings;
    assert.equal(first?.path, 'spec.dependsOn.0');
    assert.deepEqual(first?.repairs, [
      [{ tokens: ['spec', 'dependsOn', '0'] }, { tokens: ['spec', 'dependsOn', '1'] }],
    ]);
    const cured = applyEdits(object, first?.repairs?.[0] ?? []);
    assert.ok(cured !== undefined);
    assert.deepEqual(
      judge(circles, cured, ...others).findings.map(({ found }) => found),
      ['team/a -> team/c -> team/a'],
    );
  });

  it('passes with the repairs of all its findings together, whatever the releases are', () => {
    const name = fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'gone');
    const lists = fc.dictionary(fc.constantFrom('b', 'c', 'd', 'e'), fc.array(name, { maxLength: 4 }));
    let found = 0;
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), lists, (own, graph) => {
        const object = release('a', ...own);
        const others = Object.entries(graph).map(([each, references]) => release(each, ...references));
        const { findings } = judge(allThere, object, ...others);
        const edits = findings.flatMap(({ repairs }) => repairs?.[0] ?? []);
        found += edits.length;
        const cured = applyEdits(object, edits);
        assert.ok(cured !== undefined);
        assert.deepEqual(judge(allThere, cured, ...others), { findings: [], warnings: [] });
      }),
      { numRuns: 1000 },
    );
    assert.ok(found > 1000, `only ${found} edits were tried`);
  });

  it('is shown a long way in one line, and more of it where the finding says what it found', () => {
    const names = Array.from({ length: 40 }, (_each, at) => `release-${at}`);
    const others = names.map((each, at) => release(each, names[at + 1] ?? 'a'));
    const [finding] = judge(circles, release('a', 'release-0'), ...others).findings;
    assert.equal(Array.from(finding?.message ?? '').length, 200);
    assert.match(String(finding?.found), /^team\/a -> team\/release-0 -> .* -> team\/release-39 -> team\/a$/);
  });
});

describe('what a release depends on', () => {
  it('may be missing in one apply: one warning names all of it', () => {
    assert.deepEqual(judge(circles, release('a', 'b', 'c', 'd'), release('c')), {
      findings: [],
      warnings: [
        "spec.dependsOn: HelmRelease 'team/b', 'team/d' do not exist yet: nothing is installed until they are Ready",
      ],
    });
  });

  it('is not looked up where there is nothing to ask', () => {
    const facts = { releases: { known: false, why: 'Unavailable' } } as const;
    assert.deepEqual(ask(circles, { object: helmRelease(), facts }), { findings: [], warnings: [] });
    const itself = ask(circles, { object: release('a', 'a'), facts });
    assert.deepEqual(
      itself.findings.map(({ reason }) => reason),
      ['DependencyOnItself'],
    );
  });

  it('cannot be judged when nobody gathered it', () => {
    const { findings } = ask(circles, { object: release('a', 'b') });
    assert.deepEqual(findings, [
      {
        reason: 'FactUnknown',
        path: 'spec.dependsOn',
        message: 'what the releases it depends on wait for is not known: it could not be looked up',
      },
    ]);
  });

  it('is refused when it is too much to look at, and a circle would not be seen', () => {
    const wide = Array.from({ length: 1200 }, (_each, at) => `r${at}`);
    const { findings } = judge(circles, release('a', ...wide), ...wide.map((each) => release(each)));
    assert.deepEqual(findings, [
      {
        reason: 'FactUnknown',
        path: 'spec.dependsOn',
        message: 'it depends on more than 1000 releases or 10000 references, so a circle cannot be ruled out',
      },
    ]);
  });

  it('is refused for the circle alone, when one was met before there was too much to look at', () => {
    const wide = Array.from({ length: 1200 }, (_each, at) => `r${at}`);
    const { findings } = judge(
      circles,
      release('a', 'b', ...wide),
      release('b', 'a'),
      ...wide.map((each) => release(each)),
    );
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['DependencyCycle'],
    );
  });

  it('is a HelmRelease: another kind, and an entry without a name, are refused and can be taken out', () => {
    const table: readonly (readonly [entry: Json, path: string, message: string])[] = [
      [
        { name: 'b', kind: 'Kustomization' },
        'spec.dependsOn.0.kind',
        'a release can depend on HelmReleases only; the name is taken for one',
      ],
      [
        { name: 'b', kind: 7 },
        'spec.dependsOn.0.kind',
        'a release can depend on HelmReleases only; the name is taken for one',
      ],
      [{}, 'spec.dependsOn.0', 'the entry names no release'],
      [{ name: '' }, 'spec.dependsOn.0', 'the entry names no release'],
      [{ name: 5 }, 'spec.dependsOn.0', 'the entry names no release'],
      ['b', 'spec.dependsOn.0', 'the entry names no release'],
      [null, 'spec.dependsOn.0', 'the entry names no release'],
    ];
    for (const [entry, path, message] of table) {
      const { findings } = judge(circles, helmRelease({ dependsOn: [entry] }), release('b'));
      assert.deepEqual(
        findings.map((finding) => ({
          path: finding.path,
          message: finding.message,
          repairs: finding.repairs,
        })),
        [{ path, message, repairs: [[{ tokens: ['spec', 'dependsOn', '0'] }]] }],
        JSON.stringify(entry),
      );
    }
    assert.deepEqual(
      judge(circles, helmRelease({ dependsOn: [{ name: 'b', kind: 'HelmRelease' }] }), release('b')).findings,
      [],
    );
  });

  it('gives at most 20 findings of a sort', () => {
    const gone = Array.from({ length: 500 }, (_each, at) => `r${at}`);
    assert.equal(judge(allThere, release('a', ...gone)).findings.length, 20);
    const back = gone.map((each) => release(each, 'a'));
    assert.equal(judge(circles, release('a', ...gone), ...back).findings.length, 20);
    const nameless = helmRelease({ dependsOn: gone.map(() => ({})) });
    assert.equal(judge(circles, nameless).findings.length, 20);
  });
});

describe('a release of any shape', () => {
  it('is judged without an exception, among releases of any shape', () => {
    fc.assert(
      fc.property(hostileRelease, fc.array(hostileRelease, { maxLength: 3 }), (object, others) => {
        judge(allThere, object, ...others);
      }),
      { numRuns: 1000 },
    );
  });

  it('is judged without an exception whatever its dependsOn holds', () => {
    fc.assert(
      fc.property(fc.array(hostileJson), (dependsOn) => {
        judge(circles, helmRelease({ dependsOn }), release('b', 'flagger'));
      }),
      { numRuns: 1000 },
    );
  });
});
