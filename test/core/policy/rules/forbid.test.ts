import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { KINDS_WITH_FIELDS } from '../../../../src/core/policy/judged-fields.ts';
import type { RuleInput } from '../../../../src/core/policy/rule.ts';
import { forbid } from '../../../../src/core/policy/rules/forbid.ts';
import { factsWith, helmRelease, helmRepository, subjectOf } from '../policy-fixture.ts';
import { anyObject, assertRepairsCure, compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const PRESENT = { present: true };
const KUBE_CONFIG = { 'spec.kubeConfig': PRESENT };
const INSECURE = {
  HelmRepository: { 'spec.insecure': { equals: true }, 'spec.passCredentials': { equals: true } },
};

describe('forbid', () => {
  const table: readonly (readonly [
    name: string,
    written: JsonObject,
    object: JsonObject,
    says: readonly string[],
  ])[] = [
    ['passes a field that is absent', KUBE_CONFIG, helmRelease(), []],
    [
      'finds a field that is there',
      KUBE_CONFIG,
      helmRelease({ kubeConfig: { secretRef: { name: 'x' } } }),
      ['spec.kubeConfig: spec.kubeConfig must not be set -> no spec.kubeConfig'],
    ],
    ['passes an empty group', KUBE_CONFIG, helmRelease({ kubeConfig: { secretRef: {} } }), []],
    ['passes null', KUBE_CONFIG, helmRelease({ kubeConfig: null }), []],
    [
      'finds what somebody wrote as false',
      { 'spec.suspend': PRESENT },
      helmRelease({ suspend: false }),
      ['spec.suspend: spec.suspend must not be set -> no spec.suspend'],
    ],
    ['passes a default of the controller', { 'spec.timeout': PRESENT }, helmRelease(), []],
    [
      'finds a list',
      { 'spec.postRenderers': PRESENT },
      helmRelease({ postRenderers: [{ kustomize: {} }] }),
      ['spec.postRenderers: spec.postRenderers must not be set -> no spec.postRenderers'],
    ],
    ['passes an empty list', { 'spec.postRenderers': PRESENT }, helmRelease({ postRenderers: [] }), []],
    [
      'finds a value',
      INSECURE,
      helmRepository('oci://a.example', { insecure: true }),
      ['spec.insecure: true, which is forbidden -> false'],
    ],
    ['passes another value', INSECURE, helmRepository('oci://a.example', { insecure: false }), []],
    ['passes a default that is another value', INSECURE, helmRepository('oci://a.example'), []],
    [
      'finds a forbidden default of the controller',
      { 'spec.driftDetection.mode': { equals: 'disabled' } },
      helmRelease(),
      [
        'spec.driftDetection.mode: defaulted by the controller to disabled, which is forbidden -> one of enabled, warn',
      ],
    ],
    [
      'finds a forbidden default of the API',
      { OCIRepository: { 'spec.timeout': { equals: '1m' } } },
      { ...helmRepository('oci://a.example/a'), kind: 'OCIRepository' },
      ['spec.timeout: defaulted by the API to 60s, which is forbidden -> another value'],
    ],
    [
      'finds a value among several',
      { 'spec.install.crds': { oneOf: ['Skip', 'CreateReplace'] } },
      helmRelease({ install: { crds: 'Skip' } }),
      ['spec.install.crds: Skip, which is forbidden -> Create'],
    ],
    [
      'finds what matches',
      { 'spec.targetNamespace': { matches: 'kube-.*' } },
      helmRelease({ targetNamespace: 'kube-system' }),
      ['spec.targetNamespace: kube-system, which is forbidden -> another value'],
    ],
    [
      'passes what matches in part only',
      { 'spec.targetNamespace': { matches: 'kube' } },
      helmRelease({ targetNamespace: 'kube-system' }),
      [],
    ],
    [
      'judges the namespace that the release goes to without a target',
      { 'spec.targetNamespace': { equals: 'team' } },
      helmRelease(),
      ['spec.targetNamespace: defaulted by the controller to team, which is forbidden -> another value'],
    ],
    [
      'finds a text that is too long to match',
      { 'spec.chart.spec.version': { matches: 'x' } },
      helmRelease({ chart: { spec: { chart: 'a', version: '1'.repeat(4097) } } }),
      [`spec.chart.spec.version: ${'1'.repeat(57)}..., which is forbidden -> another value`],
    ],
    [
      'finds a number in the values of a chart, and does not show it',
      { 'spec.values.image.tag': { matches: '1(\\.0)?' } },
      helmRelease({ values: { image: { tag: 1 } } }),
      ['spec.values.image.tag: what is set, which is forbidden -> another value'],
    ],
    [
      'finds a source kind',
      { 'spec.chart.spec.sourceRef.kind': { oneOf: ['GitRepository', 'Bucket'] } },
      helmRelease({ chart: { spec: { chart: 'a', sourceRef: { kind: 'Bucket', name: 'b' } } } }),
      ['spec.chart.spec.sourceRef.kind: Bucket, which is forbidden -> HelmRepository'],
    ],
    [
      'finds a reference as a whole',
      { 'spec.chartRef': PRESENT },
      helmRelease({ chartRef: { kind: 'HelmChart', name: 'b' } }),
      ['spec.chartRef: spec.chartRef must not be set -> no spec.chartRef'],
    ],
    [
      'passes a field that the version loses',
      { 'spec.install.serverSideApply': { equals: false } },
      {
        ...helmRelease({ install: { serverSideApply: false } }),
        apiVersion: 'helm.toolkit.fluxcd.io/v2beta1',
      },
      [],
    ],
    [
      'forbids the default of Flux where that is said',
      { controller: 'flux', 'spec.upgrade.crds': { equals: 'Create' } },
      helmRelease(),
      [
        'spec.upgrade.crds: defaulted by the controller to Create, which is forbidden -> one of Skip, CreateReplace',
      ],
    ],
    ['passes it under Helmgate', { 'spec.upgrade.crds': { equals: 'Create' } }, helmRelease(), []],
    [
      'finds a label',
      { 'metadata.labels.team': { equals: 'none' } },
      helmRelease({}, { labels: { team: 'none' } }),
      ['metadata.labels.team: none, which is forbidden -> another value'],
    ],
    ['leaves other kinds alone', INSECURE, helmRelease(), []],
  ];
  for (const [name, written, object, says] of table) {
    it(name, () => assert.deepEqual(said(judge(ruleOf(forbid, written), object).findings), says));
  }

  it('proposes to leave out, or another value, and only what cures', () => {
    const repairs = (written: JsonObject, object: JsonObject) =>
      judge(ruleOf(forbid, written), object).findings[0]?.repairs;
    const crds = ['spec', 'install', 'crds'];
    assert.deepEqual(
      repairs({ 'spec.install.crds': { equals: 'Skip' } }, helmRelease({ install: { crds: 'Skip' } })),
      [[{ tokens: crds }], [{ tokens: crds, value: 'Create' }], [{ tokens: crds, value: 'CreateReplace' }]],
    );
    // Left out, it would be what is forbidden.
    assert.deepEqual(
      repairs(
        { 'spec.install.crds': { oneOf: ['Create', 'Skip'] } },
        helmRelease({ install: { crds: 'Skip' } }),
      ),
      [[{ tokens: crds, value: 'CreateReplace' }]],
    );
    assert.deepEqual(repairs(KUBE_CONFIG, helmRelease({ kubeConfig: { secretRef: { name: 'x' } } })), [
      [{ tokens: ['spec', 'kubeConfig'] }],
    ]);
  });

  it('judges at admission only', () => {
    const rule = ruleOf(forbid, { ...KUBE_CONFIG, triggers: ['forceAt'], suspendedLongerThan: '1h' });
    const object = helmRelease({ kubeConfig: { secretRef: { name: 'x' } }, suspend: true });
    assert.deepEqual(judge(rule, object, { phase: 'release' }).findings, []);
  });
});

describe('forbid suspendedLongerThan', () => {
  const rule = ruleOf(forbid, { suspendedLongerThan: '168h' });
  const owner = (time: string, field = 'f:suspend'): JsonObject => ({
    manager: 'kubectl',
    operation: 'Update',
    time,
    fieldsV1: { 'f:spec': { [field]: {} } },
  });
  const stored = (suspend: boolean, ...managedFields: readonly JsonObject[]): JsonObject =>
    helmRelease({ suspend }, { managedFields });
  const update = (oldObject: JsonObject, object: JsonObject = oldObject): readonly string[] =>
    said(judge(rule, object, { subject: subjectOf(object, oldObject) }).findings);
  // Now is 2026-06-01T00:00:00Z, so that a week ago is the 25th.
  const tooLong = (since: string): readonly string[] => [
    `spec.suspend: suspended since ${since} at the latest, longer than 168h0m0s -> spec.suspend: false`,
  ];

  const table: readonly (readonly [name: string, says: readonly string[], expected: readonly string[]])[] = [
    [
      'finds an edit of an object that has been suspended for longer',
      update(stored(true, owner('2026-05-24T23:59:59Z'))),
      tooLong('2026-05-24T23:59:59Z'),
    ],
    ['passes one that has been for just as long', update(stored(true, owner('2026-05-25T00:00:00Z'))), []],
    ['passes one that is resumed', update(stored(true, owner('2020-01-01T00:00:00Z')), stored(false)), []],
    [
      'passes one that is suspended by this request',
      update(stored(false, owner('2020-01-01T00:00:00Z')), stored(true)),
      [],
    ],
    ['passes one that is not suspended', update(stored(false, owner('2020-01-01T00:00:00Z'))), []],
    [
      'believes the stored object, whose entry this request renews',
      update(stored(true, owner('2020-01-01T00:00:00Z')), stored(true, owner('2026-06-01T00:00:00Z'))),
      tooLong('2020-01-01T00:00:00Z'),
    ],
    [
      'takes the earliest of several owners',
      update(stored(true, owner('2026-05-31T00:00:00Z'), owner('2026-01-01T00:00:00Z'))),
      tooLong('2026-01-01T00:00:00Z'),
    ],
    [
      'does not take the time of who owns another field',
      update(stored(true, owner('2026-05-31T00:00:00Z'), owner('2026-01-01T00:00:00Z', 'f:interval'))),
      [],
    ],
    [
      'says so when nobody owns the field',
      update(stored(true, owner('2026-01-01T00:00:00Z', 'f:interval'))),
      ['spec.suspend: since when it is suspended is not known: it was not found'],
    ],
    [
      'says so when the time cannot be read',
      update(stored(true, owner('yesterday'))),
      ['spec.suspend: since when it is suspended is not known: it was not found'],
    ],
    [
      'says so when there are no owners at all',
      update(helmRelease({ suspend: true })),
      ['spec.suspend: since when it is suspended is not known: it was not found'],
    ],
  ];
  for (const [name, says, expected] of table) it(name, () => assert.deepEqual(says, expected));

  it('passes an object that is created suspended', () => {
    assert.deepEqual(judge(rule, helmRelease({ suspend: true })).findings, []);
  });

  it('finds a stored object that is looked at without a request', () => {
    const object = stored(true, owner('2026-01-01T00:00:00Z'));
    const subject = subjectOf(object, undefined, { operation: 'UPDATE' });
    assert.deepEqual(said(judge(rule, object, { subject }).findings), tooLong('2026-01-01T00:00:00Z'));
  });

  it('judges every kind that can be suspended', () => {
    const metadata = { managedFields: [owner('2026-01-01T00:00:00Z')] };
    for (const kind of KINDS_WITH_FIELDS) {
      const object = { ...helmRelease({ suspend: true }, metadata), kind };
      const { findings } = judge(rule, object, { subject: subjectOf(object, object) });
      assert.deepEqual(
        findings.map(({ reason }) => reason),
        ['SuspendedTooLong'],
        kind,
      );
    }
  });

  it('says of an unknown time what it was told to say', () => {
    const object = helmRelease({ suspend: true });
    const verdicts = ['Deny', 'Warn', 'Allow'].map((unknown) => {
      const told = ruleOf(forbid, { suspendedLongerThan: '1h', unknown });
      const { findings, warnings } = judge(told, object, { subject: subjectOf(object, object) });
      return [told.unknown, findings.map(({ reason }) => reason), warnings];
    });
    assert.deepEqual(verdicts, [
      ['Deny', ['FactUnknown'], []],
      ['Warn', [], ['since when it is suspended is not known: it was not found']],
      ['Allow', [], []],
    ]);
  });

  it('says so when the present is not known', () => {
    const object = stored(true, owner('2026-05-31T00:00:00Z'));
    const { findings } = judge(rule, object, {
      subject: subjectOf(object, object),
      facts: factsWith(undefined, { now: '' }),
    });
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['FactUnknown'],
    );
  });
});

describe('forbid triggers', () => {
  const rule = ruleOf(forbid, { triggers: ['forceAt', 'resetAt'] });
  const FORCE = 'reconcile.fluxcd.io/forceAt';
  const annotated = (annotations: JsonObject): JsonObject => helmRelease({}, { annotations });
  const says = (object: JsonObject, oldObject?: JsonObject, more: Partial<RuleInput['subject']> = {}) =>
    judge(rule, object, { subject: subjectOf(object, oldObject, more) }).findings;

  it('finds an annotation that is set, with what it asks for', () => {
    const expected = [
      `metadata.annotations["${FORCE}"]: this asks for a release although nothing has changed, which is not allowed -> no metadata.annotations["${FORCE}"]`,
    ];
    assert.deepEqual(said(says(annotated({ [FORCE]: '1' }))), expected);
    assert.deepEqual(said(says(annotated({ [FORCE]: '1' }), annotated({}))), expected);
    assert.deepEqual(said(says(annotated({ [FORCE]: '' }), helmRelease())), expected);
  });

  it('finds one that is changed, and proposes what is stored', () => {
    const [finding] = says(annotated({ [FORCE]: '2' }), annotated({ [FORCE]: '1' }));
    assert.deepEqual(finding?.repairs, [[{ tokens: ['metadata', 'annotations', FORCE], value: '1' }]]);
    assert.equal(finding?.wouldPass, 'the annotation as it is stored');
    assert.equal(finding?.reason, 'TriggerForbidden');
  });

  it('passes one that stays, one that goes, and one that is not forbidden', () => {
    assert.deepEqual(says(annotated({ [FORCE]: '1' }), annotated({ [FORCE]: '1' })), []);
    assert.deepEqual(says(annotated({}), annotated({ [FORCE]: '1' })), []);
    assert.deepEqual(says(annotated({ 'reconcile.fluxcd.io/requestedAt': '1' })), []);
    assert.deepEqual(says(annotated({ [FORCE]: null })), []);
  });

  it('passes a stored object that is looked at without a request', () => {
    assert.deepEqual(says(annotated({ [FORCE]: '1' }), undefined, { operation: 'UPDATE' }), []);
  });
});

describe('forbid that cannot be read', () => {
  const table: readonly (readonly [written: Json, errors: readonly string[]])[] = [
    [
      { 'spec.kubeConfg': PRESENT },
      ['spec.kubeConfg: HelmRelease has no field spec.kubeConfg (did you mean "spec.kubeConfig"?)'],
    ],
    [
      { 'spec.kubeConfig.secretRef.nme': PRESENT },
      [
        'spec.kubeConfig.secretRef.nme: HelmRelease has no field spec.kubeConfig.secretRef.nme (did you mean "spec.kubeConfig.secretRef.name"?)',
      ],
    ],
    [
      { 'spec.chart.spec.version': PRESENT },
      [
        "spec.chart.spec.version: spec.chart.spec.version is filled in by the API's own schema, so it is always there (forbid its values)",
      ],
    ],
    [
      { suspendedLongerThan: '7d' },
      ['suspendedLongerThan: "7d" is no duration above zero (write days as hours: 168h)'],
    ],
    [
      { suspendedLongerThan: '0s' },
      ['suspendedLongerThan: "0s" is no duration above zero (write days as hours: 168h)'],
    ],
    [
      { suspendedLongerThan: '-1h' },
      ['suspendedLongerThan: "-1h" is no duration above zero (write days as hours: 168h)'],
    ],
    [{ suspendedLongerThan: 168 }, ['/suspendedLongerThan: must be string']],
    [
      { suspendLongerThan: { a: 1 } },
      [
        'suspendLongerThan: "suspendLongerThan" is neither a path such as spec.timeout nor a kind (did you mean "suspendedLongerThan"?)',
      ],
    ],
    [
      { unknown: 'Warn', triggers: ['forceAt'] },
      ['unknown: unknown is about suspendedLongerThan, which is not set'],
    ],
    [{ triggers: ['force'] }, ['/triggers/0: must be equal to one of the allowed values']],
    [{ triggers: [] }, ['/triggers: must NOT have fewer than 1 items']],
    [{ controller: 'flux' }, [': nothing is forbidden']],
    [
      { 'spec.suspend': { equals: 1 }, suspendedLongerThan: 'x' },
      ['suspendedLongerThan: "x" is no duration above zero (write days as hours: 168h)'],
    ],
  ];
  for (const [written, errors] of table) {
    it(`says so: ${JSON.stringify(written)}`, () => {
      const { body, errors: told } = compileRule(forbid, written);
      assert.equal(body, undefined);
      assert.deepEqual(told, errors);
    });
  }
});

describe('forbid on any object', () => {
  const anything = ruleOf(forbid, {
    ...KUBE_CONFIG,
    'spec.install.crds': { oneOf: ['Skip', 'Create'] },
    'spec.driftDetection.mode': { equals: 'disabled' },
    'spec.suspend': { equals: false },
    'spec.timeout': { equals: '5m' },
    'spec.values.a': { equals: 1 },
    'spec.releaseName': { matches: '.*' },
    'spec.upgrade': PRESENT,
    'spec.postRenderers': PRESENT,
    'metadata.labels.team': PRESENT,
    HelmRepository: { 'spec.type': { equals: 'default' }, 'spec.insecure': { equals: true } },
    HelmChart: { 'spec.version': { matches: '\\*' }, 'spec.verify': PRESENT },
    OCIRepository: { 'spec.ref.tag': { matches: 'latest' }, 'spec.ref': PRESENT },
    suspendedLongerThan: '1h',
    triggers: ['requestedAt', 'forceAt', 'resetAt'],
  });

  for (const kind of KINDS_WITH_FIELDS) {
    it(`never throws, and proposes only what cures (${kind})`, () => {
      fc.assert(
        fc.property(anyObject(kind), fc.option(anyObject(kind), { nil: undefined }), (object, oldObject) =>
          assertRepairsCure(anything, object, (now) => ({ subject: subjectOf(now, oldObject) })),
        ),
      );
    });
  }
});
