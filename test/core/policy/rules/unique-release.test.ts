import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import { valueAt } from '../../../../src/core/json/pointer.ts';
import { applyEdits } from '../../../../src/core/policy/apply-edits.ts';
import { describeRelease } from '../../../../src/core/policy/release-fact.ts';
import { uniqueRelease } from '../../../../src/core/policy/rules/unique-release.ts';
import { releaseNameOf, storageNamespaceOf } from '../../../../src/core/release/names.ts';
import { helmRelease } from '../policy-fixture.ts';
import { ask, assertRepairsCure, compileRule, hostileRelease } from './judge-rule.ts';

const body = compileRule(uniqueRelease, {});

const factOf = (object: JsonObject) => {
  const { namespace, name } = object['metadata'] as { namespace: string; name: string };
  return describeRelease({ namespace, name, object });
};
const among = (...others: readonly JsonObject[]) => ({
  releases: { known: true, value: others.map(factOf) } as const,
});
const release = (name: string, spec: JsonObject = {}, metadata: JsonObject = {}) =>
  helmRelease({ releaseName: 'flagger', ...spec }, { name, ...metadata });

describe('a second owner of a release', () => {
  it('is told who the first is, in the words of the loop, and the two steps of a rename', () => {
    const { findings } = ask(body, { object: release('new'), facts: among(release('old')) });
    assert.deepEqual(findings, [
      {
        reason: 'ReleaseNotUnique',
        path: 'spec.releaseName',
        found: 'flagger',
        message:
          "the Helm release team/flagger belongs to HelmRelease 'team/old'; give this one another releaseName",
        wouldPass:
          "another releaseName; to rename 'team/old': 1. set suspend: true on it and let that be applied, 2. add this one and remove that one (suspended, it uninstalls nothing)",
        repairs: [
          [{ tokens: ['spec', 'releaseName'] }],
          [{ tokens: ['spec', 'releaseName'], value: 'team-new' }],
        ],
      },
    ]);
  });

  it('is told the steps in one line also when the names are long', () => {
    const old = release('o'.repeat(253));
    const { findings } = ask(body, { object: release('new'), facts: among(old) });
    assert.match(findings[0]?.wouldPass ?? '', /remove that one \(suspended, it uninstalls nothing\)$/);
  });

  it('is told the oldest of several owners', () => {
    const at = (created: string) => ({ creationTimestamp: created });
    const others = [
      release('b', {}, at('2026-02-01T00:00:00Z')),
      release('c', {}, at('2026-01-01T00:00:00Z')),
      release('d'),
    ];
    const { findings } = ask(body, { object: release('new'), facts: among(...others) });
    assert.match(findings[0]?.message ?? '', /belongs to HelmRelease 'team\/c'/);
  });

  it('is not proposed a name that another release is known to have', () => {
    const others = [release('old'), helmRelease({ releaseName: 'new' }, { name: 'third' })];
    const { findings } = ask(body, { object: release('new'), facts: among(...others) });
    assert.deepEqual(findings[0]?.repairs, [[{ tokens: ['spec', 'releaseName'], value: 'team-new' }]]);
  });

  it('is refused without a name of its own too, once its release has one', () => {
    const generated = { ...release('x'), metadata: { generateName: 'x-', namespace: 'team' } };
    assert.equal(ask(body, { object: generated, facts: among(release('old')) }).findings.length, 1);
    const unnamed = { ...helmRelease(), metadata: { generateName: 'x-', namespace: 'team' } };
    assert.deepEqual(ask(body, { object: unnamed, facts: {} }).findings, []);
  });
});

const name = fc.constantFrom('a', 'b', 'c', 'd');
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const releases = fc
  .uniqueArray(
    fc.record({
      name,
      namespace: fc.constantFrom('team', 'infra'),
      releaseName: fc.constantFrom(undefined, 'a', 'team-a', 'a'),
      targetNamespace: some(fc.constantFrom('team', 'prod')),
      storageNamespace: fc.constantFrom(undefined, 'team', 'team', 'infra'),
      kubeConfig: fc.constantFrom(undefined, undefined, undefined, { secretRef: { name: 'east' } }),
      suspend: fc.constantFrom(undefined, undefined, false, true),
      created: some(fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2025-12-31T23:59:59Z')),
    }),
    { minLength: 3, maxLength: 8, selector: ({ namespace, name }) => `${namespace}/${name}` },
  )
  .map((list) =>
    list.map(({ name, namespace, created, ...spec }) =>
      helmRelease(Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)), {
        name,
        namespace,
        ...(created === undefined ? {} : { creationTimestamp: created }),
      }),
    ),
  );

const keyOf = (object: JsonObject) =>
  `${String(valueAt(object, ['metadata', 'namespace']))}/${String(valueAt(object, ['metadata', 'name']))}`;
/** The place as the reconcile loop reads it, with the cluster. */
const placeOf = (object: JsonObject) =>
  JSON.stringify([
    storageNamespaceOf(object),
    releaseNameOf(object),
    valueAt(object, ['spec', 'kubeConfig']) === undefined ? '' : valueAt(object, ['metadata', 'namespace']),
  ]);
const isSuspended = (object: JsonObject) => valueAt(object, ['spec', 'suspend']) === true;
const findingsOf = (object: JsonObject, all: readonly JsonObject[], phase: 'admission' | 'release') =>
  ask(body, { object, oldObject: object, phase, facts: among(...all) }).findings;

describe('the older of two releases', () => {
  const old = { creationTimestamp: '2020-01-01T00:00:00Z' };
  const east = { kubeConfig: { secretRef: { name: 'east' } } };
  const table: readonly (readonly [what: string, before: JsonObject, now: JsonObject, findings: number])[] = [
    ['keeps the place that it had', {}, { timeout: '9m' }, 0],
    [
      'keeps the place that it had, whatever spells it',
      {},
      { storageNamespace: 'team', targetNamespace: '' },
      0,
    ],
    ['may not come to it by another name', { releaseName: 'before' }, {}, 1],
    ['may not come to it from another storage namespace', { storageNamespace: 'records' }, {}, 1],
    ['may not come to it from another cluster', east, {}, 1],
    ['may not wake up in it', { suspend: true }, {}, 1],
    ['may leave it', {}, { storageNamespace: 'records' }, 0],
    ['may fall asleep in it', {}, { suspend: true }, 0],
  ];
  for (const [what, before, now, findings] of table) {
    it(what, () => {
      const [oldObject, object] = [release('a', before, old), release('a', now, old)];
      assert.equal(ask(body, { object, oldObject, facts: among(release('b')) }).findings.length, findings);
    });
  }
});

describe('of several owners of one place', () => {
  for (const phase of ['admission', 'release'] as const) {
    it(`exactly one that is not suspended is let through (${phase}): the oldest, then the first by name`, () => {
      let shared = 0;
      fc.assert(
        fc.property(releases, (all) => {
          const active = Map.groupBy(
            all.filter((object) => !isSuspended(object)),
            placeOf,
          );
          for (const claimants of active.values()) {
            if (claimants.length > 1) shared += 1;
            const rank = (object: JsonObject) =>
              `${(valueAt(object, ['metadata', 'creationTimestamp']) as string | undefined) ?? '~'} ${keyOf(object)}`;
            const [first] = claimants.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
            const passing = claimants.filter((object) => findingsOf(object, all, phase).length === 0);
            assert.deepEqual(passing.map(keyOf), first === undefined ? [] : [keyOf(first)]);
          }
          for (const object of all.filter(isSuspended)) assert.deepEqual(findingsOf(object, all, phase), []);
        }),
        { numRuns: 500 },
      );
      assert.ok(shared > 100, `only ${shared} places were shared`);
    });
  }

  it('each refused one is cured by each of its repairs', () => {
    let tried = 0;
    fc.assert(
      fc.property(releases, (all) => {
        for (const object of all) tried += assertRepairsCure(body, { object, facts: among(...all) });
      }),
      { numRuns: 300 },
    );
    assert.ok(tried > 200, `only ${tried} repairs were tried`);
  });

  it('none is left after the steps of the rename, and no step is refused', () => {
    const old = release('old', {}, { creationTimestamp: '2026-01-01T00:00:00Z' });
    const next = release('new');
    assert.equal(ask(body, { object: next, facts: among(old) }).findings.length, 1);
    const suspended = applyEdits(old, [{ tokens: ['spec', 'suspend'], value: true }]) ?? {};
    assert.deepEqual(ask(body, { object: suspended, oldObject: old, facts: among(old) }).findings, []);
    assert.deepEqual(ask(body, { object: next, facts: among(suspended) }).findings, []);
    assert.deepEqual(findingsOf(next, [next], 'release'), []);
  });
});

describe('a release of any shape', () => {
  it('is judged without an exception, among releases of any shape and against any old object', () => {
    fc.assert(
      fc.property(
        hostileRelease,
        hostileRelease,
        fc.array(hostileRelease, { maxLength: 3 }),
        (object, oldObject, others) => {
          const named = others.map((each, at) => ({
            ...each,
            metadata: { ...(each['metadata'] as JsonObject), name: `o${at}` },
          }));
          ask(body, { object, oldObject, facts: among(...named) });
          ask(body, { object, phase: 'release', facts: among(...named) });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
