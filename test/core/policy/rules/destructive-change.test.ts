import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { valueAt } from '../../../../src/core/json/pointer.ts';
import { applyEdits } from '../../../../src/core/policy/apply-edits.ts';
import {
  CONFIRMATION_ANNOTATION,
  CONFIRMATION_TOKENS,
} from '../../../../src/core/policy/change-confirmation.ts';
import { DESTRUCTIVE_CHANGES } from '../../../../src/core/policy/destructive-changes.ts';
import { type Facts, type SourceFact, sourceKey } from '../../../../src/core/policy/facts.ts';
import { destructiveChange } from '../../../../src/core/policy/rules/destructive-change.ts';
import { effectiveObject } from '../../../../src/core/release/effective.ts';
import { releaseNameOf, releaseNamespaceOf, storageNamespaceOf } from '../../../../src/core/release/names.ts';
import { chart, helmRelease, subjectOf } from '../policy-fixture.ts';
import { ask, assertRepairsCure, compileRule, hostileRelease } from './judge-rule.ts';

const body = compileRule(destructiveChange, {});
const findingsOf = (object: JsonObject, oldObject: JsonObject, facts: Partial<Facts> = {}) =>
  ask(body, { object, oldObject, facts }).findings;
const hashIn = (text: string | undefined) => /: "([0-9a-f]{16})",/.exec(text ?? '')?.[1];
const confirmed = (object: JsonObject, hash: string): JsonObject =>
  applyEdits(object, [{ tokens: CONFIRMATION_TOKENS, value: hash }]) ?? {};

describe('an edit that reinstalls a release', () => {
  it('is told what goes and what comes, how to confirm it and how to take it back', () => {
    const old = helmRelease({ targetNamespace: 'apps' });
    const findings = findingsOf(helmRelease({ targetNamespace: 'prod', releaseName: 'x' }), old);
    const hash = hashIn(findings[0]?.wouldPass);
    assert.deepEqual(findings, [
      {
        reason: 'DestructiveChange',
        path: 'spec.targetNamespace',
        found: 'prod',
        message:
          'the controller uninstalls Helm release team/apps-flagger (objects in apps) and installs team/x (objects in prod)',
        wouldPass: `annotation helmgate.dev/confirm-destructive-change: "${hash}", which confirms just this change; or the old value`,
        repairs: [
          [{ tokens: ['spec', 'targetNamespace'], value: 'apps' }, { tokens: ['spec', 'releaseName'] }],
        ],
      },
    ]);
  });

  const text = (length: number) => 'n'.repeat(length);
  it('is told in one line also when all names are long', () => {
    const spec = (end: string) => ({
      targetNamespace: text(62) + end,
      storageNamespace: text(61) + end,
      releaseName: text(52) + end,
    });
    const [finding] = findingsOf(helmRelease(spec('b')), helmRelease(spec('a')));
    assert.match(
      finding?.wouldPass ?? '',
      /^annotation .*: "[0-9a-f]{16}", which confirms just this change; or the old value$/,
    );
  });

  it('says that the confirmation which is written is for something else, but not of one left behind', () => {
    const old = helmRelease();
    const message = (object: JsonObject, before = old) => findingsOf(object, before)[0]?.message;
    const edited = confirmed(helmRelease({ releaseName: 'x' }), '0123456789abcdef');
    assert.match(message(edited) ?? '', /installs team\/x; the confirmation is for another change$/);
    assert.match(message(edited, confirmed(old, '0123456789abcdef')) ?? '', /installs team\/x$/);
    const spec = { releaseName: text(53), targetNamespace: text(63), storageNamespace: text(63) };
    const long = confirmed(helmRelease(spec), '0');
    assert.match(message(long) ?? '', /\.\.\.; the confirmation is for another change$/);
  });
});

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const place = fc.record({
  releaseName: some(fc.constantFrom('flagger', 'team-flagger', 'prod-flagger', 'x')),
  targetNamespace: some(fc.constantFrom('team', 'prod', '')),
  storageNamespace: some(fc.constantFrom('team', 'prod')),
});
const spec = fc
  .record({
    place,
    chart: fc.constantFrom<Json>('flagger', 'flagger', 'team/flagger', 'podinfo'),
    kubeConfig: fc.constantFrom<Json | undefined>(
      undefined,
      undefined,
      { secretRef: { name: 'east' } },
      { secretRef: { name: 'east', key: 'value' } },
      { configMapRef: { name: 'east' } },
    ),
    uninstall: fc.constantFrom<Json | undefined>(
      undefined,
      {},
      { keepHistory: true },
      { keepHistory: false, deletionPropagation: 'background' },
      { deletionPropagation: 'orphan' },
    ),
    install: fc.constantFrom<Json | undefined>(undefined, { replace: true }, { replace: false }),
    upgrade: fc.constantFrom<Json | undefined>(
      undefined,
      {},
      { chartNameChangeStrategy: 'Reinstall' },
      { chartNameChangeStrategy: 'InPlaceUpdate' },
    ),
    suspend: some(fc.boolean()),
  })
  .map(({ place, chart: name, ...rest }) => {
    const template = chart('1.0.0')['spec'] as JsonObject;
    const fields = Object.entries({ ...place, ...rest }).filter(([, value]) => value !== undefined);
    return { chart: { spec: { ...template, chart: name } }, ...Object.fromEntries(fields) } as JsonObject;
  });
const version = fc.constantFrom('v2', 'v2beta2', 'v2beta1');
const releaseOf = (version: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  ...helmRelease({}, metadata),
  apiVersion: `helm.toolkit.fluxcd.io/${version}`,
  spec: { interval: '5m', ...spec },
});

describe('two specs of one release', () => {
  it('differ destructively exactly where the names that Helm uses, the cluster, the history or the propagation differ', () => {
    const seen = new Map<boolean, number>();
    fc.assert(
      fc.property(version, spec, spec, (version, before, after) => {
        const [old, next] = [releaseOf(version, before), releaseOf(version, after)];
        const placeOf = (object: JsonObject) =>
          [storageNamespaceOf, releaseNamespaceOf, releaseNameOf].map((read) => read(object)).join();
        const inPlace =
          version === 'v2' &&
          valueAt(next, ['spec', 'upgrade', 'chartNameChangeStrategy']) === 'InPlaceUpdate';
        const chartOf = (object: JsonObject) =>
          String(valueAt(object, ['spec', 'chart', 'spec', 'chart']))
            .split('/')
            .at(-1);
        const clusterOf = (object: JsonObject) =>
          version === 'v2' || valueAt(object, ['spec', 'kubeConfig', 'configMapRef']) === undefined
            ? JSON.stringify(valueAt(object, ['spec', 'kubeConfig']))?.replace(',"key":"value"', '')
            : undefined;
        const orphans = (object: JsonObject) =>
          valueAt(object, ['spec', 'uninstall', 'deletionPropagation']) === 'orphan';
        const keepsHistory = (object: JsonObject) =>
          valueAt(object, ['spec', 'uninstall', 'keepHistory']) === true;
        const expected =
          placeOf(old) !== placeOf(next) ||
          (!inPlace && chartOf(old) !== chartOf(next)) ||
          clusterOf(old) !== clusterOf(next) ||
          keepsHistory(old) !== keepsHistory(next) ||
          (!orphans(old) && orphans(next));
        const found = findingsOf(next, old).length > 0;
        assert.equal(found, expected, JSON.stringify([before, after]));
        seen.set(found, (seen.get(found) ?? 0) + 1);
      }),
      { numRuns: 2000 },
    );
    for (const found of [true, false]) assert.ok((seen.get(found) ?? 0) > 20, `${found}: ${seen.get(found)}`);
  });

  it('do not differ when everything that the controller takes for granted is written out', () => {
    fc.assert(
      fc.property(version, spec, (version, before) => {
        const old = releaseOf(version, before);
        const { object } = effectiveObject({
          kind: 'HelmRelease',
          version,
          namespace: 'team',
          name: 'flagger',
          object: old,
        });
        assert.deepEqual(findingsOf(object, old), []);
        assert.deepEqual(findingsOf(old, object), []);
      }),
      { numRuns: 500 },
    );
  });

  it('are let pass by the hash of their change, and by that of no other', () => {
    let others = 0;
    fc.assert(
      fc.property(version, spec, spec, spec, (version, before, after, another) => {
        const [old, next, third] = [before, after, another].map((each) => releaseOf(version, each)) as [
          JsonObject,
          JsonObject,
          JsonObject,
        ];
        const findings = findingsOf(next, old);
        const hashes = new Set(findings.map(({ wouldPass }) => hashIn(wouldPass)));
        if (findings.length === 0) return;
        assert.equal(hashes.size, 1);
        const [hash = ''] = hashes;
        assert.deepEqual(findingsOf(confirmed(next, hash), old), []);
        const other = hashIn(findingsOf(third, old)[0]?.wouldPass);
        const same = other === hash;
        if (other === undefined || same) return;
        others += 1;
        assert.deepEqual(
          findingsOf(confirmed(next, other), old).map(({ path }) => path),
          findings.map(({ path }) => path),
        );
      }),
      { numRuns: 1000 },
    );
    assert.ok(others > 300, `only ${others} foreign confirmations were tried`);
  });

  it('have the hash of their values only: of another object, or turned round, the same edit has another one', () => {
    const [a, b] = [helmRelease(), helmRelease({ releaseName: 'x' })];
    const hash = (object: JsonObject, old: JsonObject) => hashIn(findingsOf(object, old)[0]?.wouldPass);
    const of = (metadata: JsonObject) =>
      hash(helmRelease({ releaseName: 'x' }, metadata), helmRelease({}, metadata));
    const hashes = [
      hash(b, a),
      hash(a, b),
      of({ name: 'other' }),
      of({ namespace: 'other' }),
      of({ uid: 'u1' }),
      of({ uid: 'u2' }),
    ];
    assert.equal(new Set(hashes).size, hashes.length);
    assert.equal(of({ uid: 'u1', labels: { a: 'b' } }), of({ uid: 'u1' }));
  });

  it('are let pass after each of the repairs', () => {
    let tried = 0;
    fc.assert(
      fc.property(version, spec, spec, (version, before, after) => {
        tried += assertRepairsCure(body, {
          object: releaseOf(version, after),
          oldObject: releaseOf(version, before),
        });
      }),
      { numRuns: 1000 },
    );
    assert.ok(tried > 1000, `only ${tried} repairs were tried`);
  });
});

describe('a chart behind a reference', () => {
  const reference = (kind: string, name: string, namespace?: string): JsonObject =>
    helmRelease({
      chart: undefined as never,
      chartRef: { kind, name, ...(namespace === undefined ? {} : { namespace }) },
    });
  const sources = (...facts: readonly SourceFact[]): Partial<Facts> => ({
    sources: new Map(
      facts.map((value) => [sourceKey(value.kind, value.namespace, value.name), { known: true, value }]),
    ),
  });
  const oci = (name: string, url: string): SourceFact => ({
    kind: 'OCIRepository',
    namespace: 'team',
    name,
    url,
  });
  const helmChart = (name: string, chart: Json): SourceFact => ({
    kind: 'HelmChart',
    namespace: 'team',
    name,
    spec: { chart },
  });
  const table: readonly (readonly [
    name: string,
    from: JsonObject,
    to: JsonObject,
    facts: Partial<Facts>,
    message: RegExp | undefined,
  ])[] = [
    [
      'the same reference',
      reference('OCIRepository', 'a'),
      reference('OCIRepository', 'a', 'team'),
      {},
      undefined,
    ],
    [
      'another reference, whose chart is not known',
      reference('OCIRepository', 'a'),
      reference('OCIRepository', 'b'),
      sources(oci('a', 'oci://r/flagger')),
      /chart OCIRepository team\/a -> OCIRepository team\/b, whose chart may have another name$/,
    ],
    [
      'a reference whose former chart is not known',
      reference('OCIRepository', 'a'),
      reference('OCIRepository', 'b'),
      sources(oci('b', 'oci://r/flagger')),
      /chart OCIRepository team\/a -> OCIRepository team\/b$/,
    ],
    [
      'an OCI repository of another registry with the same name',
      reference('OCIRepository', 'a'),
      reference('OCIRepository', 'b'),
      sources(oci('a', 'oci://r/x/flagger'), oci('b', 'oci://s:5000/flagger/')),
      undefined,
    ],
    [
      'an OCI repository of another name',
      reference('OCIRepository', 'a'),
      reference('OCIRepository', 'b'),
      sources(oci('a', 'oci://r/flagger'), oci('b', 'oci://r/podinfo')),
      /chart OCIRepository/,
    ],
    [
      'a HelmChart for the chart itself',
      helmRelease(),
      reference('HelmChart', 'c'),
      sources(helmChart('c', 'flagger')),
      undefined,
    ],
    [
      'a HelmChart of another chart',
      helmRelease(),
      reference('HelmChart', 'c'),
      sources(helmChart('c', 'podinfo')),
      /installs it anew: chart flagger -> HelmChart team\/c$/,
    ],
    [
      'a HelmChart whose chart is no text',
      helmRelease(),
      reference('HelmChart', 'c'),
      sources(helmChart('c', 5)),
      /may have another name/,
    ],
    ['an ExternalArtifact', helmRelease(), reference('ExternalArtifact', 'e'), {}, /may have another name/],
    [
      'a path in Git that ends the same',
      helmRelease({ chart: chart('1', { kind: 'GitRepository' }) }),
      helmRelease({
        chart: {
          spec: { chart: './charts/flagger/', sourceRef: { kind: 'GitRepository', name: 'flagger' } },
        },
      }),
      {},
      undefined,
    ],
    [
      'a path in Git that ends otherwise',
      helmRelease(),
      helmRelease({
        chart: { spec: { chart: './charts/podinfo', sourceRef: { kind: 'GitRepository', name: 'flagger' } } },
      }),
      {},
      /chart flagger -> \.\/charts\/podinfo$/,
    ],
  ];
  for (const [name, from, to, facts, message] of table) {
    it(`${message === undefined ? 'keeps its name' : 'may change its name'}: ${name}`, () => {
      const clean = (object: JsonObject) => JSON.parse(JSON.stringify(object)) as JsonObject;
      const findings = findingsOf(clean(to), clean(from), facts);
      assert.equal(findings.length, message === undefined ? 0 : 1);
      if (message !== undefined) assert.match(findings[0]?.message ?? '', message);
      assert.deepEqual(
        assertRepairsCure(body, { object: clean(to), oldObject: clean(from), facts }),
        message === undefined ? 0 : 2,
      );
    });
  }

  it('is taken back as a whole, between a chart and a reference', () => {
    const [plain, referring] = [helmRelease(), reference('ExternalArtifact', 'e')];
    const { chart: _chart, ...rest } = referring['spec'] as JsonObject;
    const next: JsonObject = { ...referring, spec: rest };
    for (const [from, to] of [
      [plain, next],
      [next, plain],
    ] as const) {
      const [edits = []] = findingsOf(to, from)[0]?.repairs ?? [];
      assert.deepEqual(applyEdits(to, edits), from);
    }
  });

  it('is looked up on both sides when the reference changes, and else not at all', () => {
    const needs = (object: JsonObject, old?: JsonObject) =>
      (body.sources?.(subjectOf(object, old)) ?? []).map(
        ({ kind, namespace, name }) => `${kind} ${namespace}/${name}`,
      );
    const [a, b] = [reference('OCIRepository', 'a'), reference('HelmChart', 'b', 'infra')];
    assert.deepEqual(needs(b, a), ['OCIRepository team/a', 'HelmChart infra/b']);
    assert.deepEqual(needs(a, helmRelease()), ['OCIRepository team/a']);
    const elsewhere = reference('OCIRepository', 'a', 'infra');
    assert.deepEqual(needs(elsewhere, a), ['OCIRepository team/a', 'OCIRepository infra/a']);
    for (const [next, old] of [
      [a, a],
      [helmRelease(), helmRelease({ timeout: '1m' })],
      [b, undefined],
      [reference('ExternalArtifact', 'e'), helmRelease()],
    ] as const) {
      assert.deepEqual(needs(next, old), []);
    }
    const names = compileRule(destructiveChange, { changes: ['releaseName'] });
    assert.deepEqual(names.sources?.(subjectOf(b, a)), []);
  });
});

describe('each guarded change', () => {
  const edits: Readonly<
    Record<(typeof DESTRUCTIVE_CHANGES)[number], readonly [from: JsonObject, to: JsonObject]>
  > = {
    storageNamespace: [{}, { storageNamespace: 'records' }],
    targetNamespace: [{ releaseName: 'r' }, { releaseName: 'r', targetNamespace: 'prod' }],
    releaseName: [{}, { releaseName: 'r' }],
    chartName: [{}, { chart: { spec: { ...(chart('1')['spec'] as JsonObject), chart: 'podinfo' } } }],
    kubeConfig: [{}, { kubeConfig: { secretRef: { name: 'east' } } }],
    keepHistory: [{}, { uninstall: { keepHistory: true } }],
    deletionPropagation: [{}, { uninstall: { deletionPropagation: 'orphan' } }],
  };
  for (const what of DESTRUCTIVE_CHANGES) {
    it(`${what} is found by a rule for it alone, and by no rule for all the others`, () => {
      const [from, to] = edits[what].map((each) => helmRelease(each)) as [JsonObject, JsonObject];
      const count = (changes: readonly string[]) =>
        ask(compileRule(destructiveChange, { changes }), { object: to, oldObject: from }).findings.length;
      assert.equal(count([what]), 1);
      assert.equal(count(DESTRUCTIVE_CHANGES.filter((other) => other !== what)), 0);
    });
  }
});

describe('a kept history', () => {
  const keep = { uninstall: { keepHistory: true } };
  const table: readonly (readonly [to: JsonObject, found: boolean])[] = [
    [{ releaseName: 'r', targetNamespace: 'prod', ...keep }, true],
    [{ releaseName: 'r', targetNamespace: 'prod', ...keep, install: { replace: true } }, false],
    [{ releaseName: 'r', targetNamespace: 'prod', uninstall: { keepHistory: false } }, false],
    [{ releaseName: 'r2', ...keep }, false],
    [{ releaseName: 'r', storageNamespace: 'records', ...keep }, false],
    [{ releaseName: 'r', ...keep }, false],
  ];
  for (const [to, found] of table) {
    it(`${found ? 'makes' : 'does not make'} the install fail after ${JSON.stringify(to)}`, () => {
      const findings = findingsOf(helmRelease(to), helmRelease({ releaseName: 'r', ...keep }));
      const fails = findings.filter(({ message }) => /so that the install fails/.test(message));
      assert.deepEqual(
        fails.map(({ path }) => path),
        found ? ['spec.uninstall.keepHistory'] : [],
      );
    });
  }

  const drop = { uninstall: { keepHistory: false } };
  const changes: readonly (readonly [
    what: string,
    from: JsonObject,
    to: JsonObject,
    message: RegExp | undefined,
  ])[] = [
    [
      'is turned on',
      {},
      keep,
      /^an uninstall will leave Helm's records behind, and with them the release's name taken$/,
    ],
    [
      'is turned off',
      keep,
      drop,
      /^an uninstall will delete Helm's records of the release, which it has kept so far$/,
    ],
    ['is no longer written', keep, {}, /^an uninstall will delete/],
    ['is written out as it is by default', {}, drop, undefined],
    ['stays', keep, keep, undefined],
    [
      'is turned on by a reinstallation',
      {},
      { ...keep, targetNamespace: 'prod', releaseName: 'flagger' },
      /so that the install fails/,
    ],
  ];
  for (const [what, from, to, message] of changes) {
    it(`is ${message === undefined ? 'no change' : 'confirmed'} where it ${what}`, () => {
      const [old, next] = [helmRelease(from), helmRelease(to)];
      const found = findingsOf(next, old).filter(({ path }) => path === 'spec.uninstall.keepHistory');
      assert.equal(found.length, message === undefined ? 0 : 1);
      if (message === undefined) return;
      assert.match(found[0]?.message ?? '', message);
      assert.ok(assertRepairsCure(body, { object: next, oldObject: old }) > 0);
      assert.deepEqual(findingsOf(confirmed(next, hashIn(found[0]?.wouldPass) ?? ''), old), []);
    });
  }
});

describe('what status says', () => {
  const table: readonly (readonly [status: Json | undefined, judged: boolean])[] = [
    [undefined, true],
    [null, true],
    ['', true],
    [{}, false],
    [{ observedGeneration: -1 }, false],
    [
      { observedGeneration: 3, history: [], failures: 2, lastReleaseRevision: 0, storageNamespace: '' },
      false,
    ],
    [{ history: [{ name: 'flagger' }] }, true],
    [{ storageNamespace: 'team' }, true],
    [{ lastAttemptedReleaseAction: 'install' }, true],
    [{ lastAttemptedRevision: '1.0.0' }, true],
    [{ lastAppliedRevision: '1.0.0' }, true],
    [{ lastReleaseRevision: 1 }, true],
    [{ history: {} }, true],
  ];
  for (const [status, judged] of table) {
    it(`${JSON.stringify(status) ?? 'nothing'} means ${judged ? 'that there may be a release' : 'that nothing was ever released'}`, () => {
      const old = status === undefined ? helmRelease() : { ...helmRelease(), status };
      assert.equal(findingsOf(helmRelease({ releaseName: 'x' }), old).length, judged ? 1 : 0);
    });
  }
});

describe('objects of any shape', () => {
  it('are judged without an exception, one against another', () => {
    fc.assert(
      fc.property(hostileRelease, hostileRelease, (object, oldObject) => void findingsOf(object, oldObject)),
      { numRuns: 2000 },
    );
  });

  it('have no mutation write the confirmation, since the rule reads it', () => {
    assert.deepEqual(body.reads, [['metadata', 'annotations', 'helmgate.dev/confirm-destructive-change']]);
  });

  it('are confirmed by a text only', () => {
    for (const written of [null, 5, true, {}, ['x'], '']) {
      const annotations = { [CONFIRMATION_ANNOTATION]: written };
      assert.equal(findingsOf(helmRelease({ releaseName: 'x' }, { annotations }), helmRelease()).length, 1);
    }
  });
});
