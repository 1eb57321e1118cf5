import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mutate, type Policies, validate } from '../../../src/core/admission/judge.ts';
import { requiredSources } from '../../../src/core/admission/required-sources.ts';
import { toSubject } from '../../../src/core/admission/to-subject.ts';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt, withoutKeyAt, withValueAt } from '../../../src/core/json/pointer.ts';
import type { CompiledRule } from '../../../src/core/policy/rule.ts';
import {
  chart,
  documentSet,
  exceptionDocument,
  factsWith,
  helmRelease,
  policySet,
  policySets,
} from '../policy/policy-fixture.ts';
import { requestOf } from './review-fixture.ts';

const rules = (retries: number) => [
  { id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] },
  { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0', wider: 'Narrow' } },
  { id: 'defaults', defaults: { HelmRelease: { 'spec.install.remediation.retries': retries } } },
];
const set = policySet(rules(2));
const policies = { current: set };
const good = factsWith();
const evil = factsWith('https://evil.example');
const managed = { managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }] };
const asked = helmRelease({ chart: chart('*') }, managed);
const final = applyPatch(asked, mutate(requestOf(asked), policies, good).patch) as JsonObject;

describe('an object whose name the API server generated', () => {
  const generated = helmRelease({}, { generateName: 'x-', name: 'x-abcde' });
  const startsWith = (path: string) => `!has(${path}) || ${path}.startsWith('team-')`;
  const table: readonly (readonly [what: string, expression: string])[] = [
    ["the release's name", startsWith('release.name')],
    ['the effective object', startsWith('effective.spec.releaseName')],
  ];
  for (const [what, expression] of table) {
    it(`is judged by that name in ${what}, which the request does not say`, () => {
      const named = { current: policySet([{ id: 'e', expression: { expression } }]) };
      assert.equal(validate(requestOf(generated, null, { name: '' }), named, good).allowed, false);
      assert.equal(validate(requestOf(generated), named, good).allowed, false);
    });
  }

  it('has no name yet in the mutating call', () => {
    const unnamed = helmRelease({}, { generateName: 'x-', name: undefined as never });
    assert.equal(toSubject(requestOf(unnamed, null, { name: '' })).name, '');
  });
});

describe('the mutating endpoint', () => {
  it('patches and never refuses, also what the validating one will refuse', () => {
    const decision = mutate(requestOf(asked), policies, evil);
    assert.equal(decision.allowed, true);
    assert.deepEqual(decision.findings, []);
    assert.equal(
      valueAt(applyPatch(asked, decision.patch), ['spec', 'install', 'remediation', 'retries']),
      2,
    );
    assert.deepEqual(decision.warnings, [
      'spec.chart.spec.version was narrowed from * to >=1.28.0 <2.0.0 by p/range',
    ]);
  });

  it('lets what the schema will refuse pass without a patch', () => {
    for (const object of [
      helmRelease({ interval: 5 }),
      { ...helmRelease(), spec: null },
      helmRelease({}, { labels: 'x' }),
    ]) {
      const { allowed, patch } = mutate(requestOf(object), policies, good);
      assert.deepEqual([allowed, patch], [true, []]);
    }
  });

  it('patches nothing where rules fight, which the validating one denies', () => {
    const fighting = {
      current: policySets({
        a: {
          match: { namespaces: { names: ['team'] } },
          rules: [{ id: 'r', defaults: { HelmRelease: { 'spec.timeout': '1m' } } }],
        },
        b: {
          match: { namespaces: { names: ['prod'] } },
          rules: [{ id: 'r', defaults: { HelmRelease: { 'spec.timeout': '2m' } } }],
        },
      }),
    };
    const request = requestOf(helmRelease({ targetNamespace: 'prod' }));
    const { allowed, patch, mutations } = mutate(request, fighting, good);
    assert.deepEqual([allowed, patch, mutations], [true, [], []]);
    assert.equal(validate(request, fighting, good).allowed, false);
  });

  it('leaves the status subresource, deletions and finalizer edits alone', () => {
    const edited = withValueAt(asked, ['metadata', 'finalizers'], []);
    const requests = [
      requestOf(asked, asked, { subResource: 'status' }),
      requestOf(null, asked, { operation: 'DELETE' }),
      requestOf(edited, asked),
    ];
    for (const request of requests) assert.deepEqual(mutate(request, policies, good).patch, []);
  });

  it('patches a repeated apply, so that a changed default arrives', () => {
    const { patch } = mutate(requestOf(final, final), { current: policySet(rules(3)) }, good);
    assert.ok(patch.some(({ path }) => path === '/spec/install/remediation/retries'));
  });
});

describe('the validating endpoint', () => {
  it('allows what the mutating one made', () => {
    const { allowed, findings, patch } = validate(requestOf(final), policies, good);
    assert.deepEqual([allowed, findings, patch], [true, [], []]);
  });

  it('denies with NotMutated, field by field, when the mutating call was lost', () => {
    const { allowed, findings } = validate(requestOf(asked), policies, good);
    assert.equal(allowed, false);
    assert.deepEqual(
      findings.map(({ reason, rule, path, wouldPass }) => [reason, rule, path, wouldPass]),
      [
        ['NotMutated', 'range', 'spec.chart.spec.version', '">=1.28.0 <2.0.0"'],
        ['NotMutated', 'defaults', 'spec.install.remediation.retries', '2'],
      ],
    );
  });

  it('accepts an object that is stable under the set before a reload, and only for mutations', () => {
    const next = policySet(rules(3));
    assert.equal(validate(requestOf(final), { current: next }, good).allowed, false);
    assert.equal(validate(requestOf(final), { current: next, previous: set }, good).allowed, true);
    assert.deepEqual(
      validate(requestOf(final), { current: next, previous: set }, evil).findings.map(({ reason }) => reason),
      ['SourceNotAllowed'],
    );
  });

  it('does not ask for a default that the version cannot hold', () => {
    const v2only = policySet([
      { id: 'd', defaults: { HelmRelease: { 'spec.install.disableTakeOwnership': true } } },
    ]);
    const beta = { ...helmRelease(), apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' };
    assert.equal(validate(requestOf(beta), { current: v2only }, good).allowed, true);
    assert.equal(validate(requestOf(helmRelease()), { current: v2only }, good).allowed, false);
  });

  it('judges what the schema would have refused as an error', () => {
    const { allowed, findings } = validate(requestOf(helmRelease({ interval: 5 })), policies, good);
    assert.deepEqual([allowed, findings[0]?.reason], [false, 'InvalidObject']);
  });
});

describe('an update of an object that policies would refuse by now', () => {
  const update = (change: (object: JsonObject) => JsonObject) =>
    validate(requestOf(change(final), final), policies, evil).allowed;

  const passes: readonly (readonly [string, (object: JsonObject) => JsonObject])[] = [
    ['nothing', (object) => object],
    ['finalizers', (object) => withValueAt(object, ['metadata', 'finalizers'], ['finalizers.fluxcd.io'])],
    ['status', (object) => withValueAt(object, ['status'], { observedGeneration: 1 })],
    ['a foreign annotation', (object) => withValueAt(object, ['metadata', 'annotations', 'x'], 'y')],
    ['managedFields', (object) => withoutKeyAt(object, ['metadata', 'managedFields'])],
    [
      'finalizers while it is being deleted',
      (object) => withValueAt(object, ['metadata', 'deletionTimestamp'], 'now'),
    ],
  ];
  for (const [name, change] of passes) {
    it(`passes when it changes ${name} only`, () => {
      assert.equal(update(change), true);
    });
  }

  const judged: readonly (readonly [string, (object: JsonObject) => JsonObject])[] = [
    ['spec', (object) => withValueAt(object, ['spec', 'interval'], '10m')],
    [
      'spec while it is being deleted',
      (object) =>
        withValueAt(
          withValueAt(object, ['metadata', 'deletionTimestamp'], 'now'),
          ['spec', 'interval'],
          '10m',
        ),
    ],
    ['labels', (object) => withValueAt(object, ['metadata', 'labels'], { a: 'b' })],
    ['ownerReferences', (object) => withValueAt(object, ['metadata', 'ownerReferences'], [{ kind: 'X' }])],
    [
      'requestedAt',
      (object) => withValueAt(object, ['metadata', 'annotations', 'reconcile.fluxcd.io/requestedAt'], '1'),
    ],
    [
      'forceAt',
      (object) => withValueAt(object, ['metadata', 'annotations', 'reconcile.fluxcd.io/forceAt'], '1'),
    ],
    [
      'resetAt',
      (object) => withValueAt(object, ['metadata', 'annotations', 'reconcile.fluxcd.io/resetAt'], '1'),
    ],
    [
      'an annotation of ours',
      (object) => withoutKeyAt(object, ['metadata', 'annotations', 'helmgate.dev/defaults']),
    ],
  ];
  for (const [name, change] of judged) {
    it(`is judged in full when it changes ${name}`, () => {
      assert.equal(update(change), false);
    });
  }

  it('does not count an empty map of labels as a change', () => {
    assert.equal(
      update((object) => withValueAt(object, ['metadata', 'labels'], {})),
      true,
    );
  });
});

describe('an update of what a rule reads in metadata', () => {
  /** A set with one rule that reads these paths, besides those of the others. */
  const reading = (...reads: readonly (readonly string[])[]): Policies => {
    const of = (rule: CompiledRule): CompiledRule => ({ ...rule, body: { ...rule.body, reads } });
    const [first, ...rest] = set.rulesByKind.get('HelmRelease') ?? [];
    assert.ok(first !== undefined);
    return { current: { ...set, rulesByKind: new Map([['HelmRelease', [of(first), ...rest]]]) } };
  };
  const annotated = withValueAt(final, ['metadata', 'annotations', 'team/owner'], 'a');
  const finalizers = withValueAt(final, ['metadata', 'finalizers'], ['finalizers.fluxcd.io']);
  const bookkeeping = withValueAt(
    withValueAt(final, ['metadata', 'resourceVersion'], '7'),
    ['metadata', 'managedFields'],
    [],
  );
  const ANNOTATION = ['metadata', 'annotations', 'team/owner'];
  const table: readonly (readonly [
    string,
    object: JsonObject,
    reads: readonly (readonly string[])[],
    boolean,
  ])[] = [
    ['an annotation that no rule reads', annotated, [], false],
    ['an annotation that a rule reads', annotated, [ANNOTATION], true],
    ['an annotation beside one that a rule reads', annotated, [['metadata', 'annotations', 'other']], false],
    ['an annotation where a rule reads all of them', annotated, [['metadata', 'annotations']], true],
    ['an annotation where a rule reads all metadata', annotated, [['metadata']], true],
    ['finalizers where a rule reads all metadata', finalizers, [['metadata']], false],
    ['finalizers where a rule reads them by name', finalizers, [['metadata', 'finalizers']], true],
    ['what the API server keeps, where a rule reads all metadata', bookkeeping, [['metadata']], false],
  ];
  for (const [name, object, reads, judged] of table) {
    it(`${judged ? 'is judged' : 'passes'} when it changes ${name}`, () => {
      assert.equal(validate(requestOf(object, final), reading(...reads), evil).allowed, !judged);
    });
  }

  it('is judged when the labels of an exception change', () => {
    const labelled = withValueAt(final, ['metadata', 'labels'], { legacy: 'true' });
    assert.equal(validate(requestOf(final, labelled), policies, evil).allowed, false);
  });
});

describe('time between the two calls of one request', () => {
  const document = (spec: JsonObject) => ({ kind: 'Policy', metadata: { name: 'p' }, spec });
  const timeout = { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '5m' } } };
  const staged = documentSet([
    document({ rules: [{ ...timeout, enforcement: { action: 'Deny', from: '2026-12-01' } }] }),
  ]);
  const excepted = documentSet([
    document({ rules: [timeout] }),
    exceptionDocument({ expires: '2026-12-01' }),
  ]);
  const at = (now: string) => factsWith('https://flagger.app', { now });
  const boundary: readonly (readonly [now: string, allowed: boolean])[] = [
    ['2026-11-30T23:59:59Z', true],
    ['2026-12-01T00:00:00Z', true],
    ['2026-12-01T00:00:09Z', true],
    ['2026-12-01T00:00:10Z', false],
    ['2026-12-02T00:00:00Z', false],
  ];
  for (const [name, current] of [
    ['a stage begins', staged],
    ['an exception ends', excepted],
  ] as const) {
    for (const [now, allowed] of boundary) {
      it(`${allowed ? 'does not deny' : 'denies'} at ${now} what was mutated before ${name}`, () => {
        const before = mutate(requestOf(asked), { current }, at('2026-11-30T23:59:59Z'));
        assert.deepEqual(before.patch, []);
        assert.equal(validate(requestOf(asked), { current }, at(now)).allowed, allowed);
      });
    }
  }

  it('forgives no field that was wanted all along', () => {
    const both = documentSet([
      document({
        rules: [
          { ...timeout, enforcement: { action: 'Deny', from: '2026-12-01' } },
          { id: 'e', defaults: { HelmRelease: { 'spec.suspend': true } } },
        ],
      }),
    ]);
    assert.equal(validate(requestOf(asked), { current: both }, at('2026-12-01T00:00:01Z')).allowed, false);
  });
});

describe('the exceptions that a request needed', () => {
  const current = documentSet([
    { kind: 'Policy', metadata: { name: 'p' }, spec: { rules: rules(2) } },
    exceptionDocument({ rules: ['sources'] }),
  ]);

  it('are told by the validating endpoint alone, so that one request counts once', () => {
    assert.equal(mutate(requestOf(asked), { current }, evil).exceptions, undefined);
    const { exceptions, allowed } = validate(requestOf(final), { current }, evil);
    assert.equal(allowed, true);
    assert.deepEqual(
      exceptions?.map(({ exception, rule }) => [exception, rule]),
      [['legacy', 'sources']],
    );
  });

  it('get the same verdict on a dry run', () => {
    const wet = validate(requestOf(final), { current }, evil);
    assert.deepEqual(validate(requestOf(final, undefined, { dryRun: true }), { current }, evil), wet);
  });
});

describe('what a lost mutating call would have rewritten', () => {
  it('is not shown: patches may hold secrets', () => {
    const patches = [{ kind: 'Secret', stringData: { password: 'hunter2' } }];
    const object = helmRelease({ postRenderers: [{ kustomize: { patchesStrategicMerge: patches } }] });
    const { allowed, findings } = validate(requestOf(object), policies, good);
    assert.equal(allowed, false);
    assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
  });
});

describe('the facts that a set needs', () => {
  it('are the sources that its rules follow, each once', () => {
    const subject = toSubject(requestOf(helmRelease({ chart: chart('*', { namespace: 'flux' }) })));
    const two = policySet([
      ...rules(2),
      { id: 'more', chartVersion: { charts: [{ name: 'x', source: 'https://flagger.app' }], within: '*' } },
    ]);
    assert.deepEqual(requiredSources(two, subject), [
      { kind: 'HelmRepository', namespace: 'flux', name: 'flagger' },
    ]);
    assert.deepEqual(requiredSources(policySet([{ id: 'v', chartVersion: { within: '*' } }]), subject), []);
  });
});
