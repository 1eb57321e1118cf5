import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mutate, validate } from '../../../src/core/admission/judge.ts';
import { applyPatch } from '../../../src/core/json/apply.ts';
import { canonicalJson } from '../../../src/core/json/canonical.ts';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { withoutKeyAt, withValueAt } from '../../../src/core/json/pointer.ts';
import { chart, factsWith, helmRelease, helmRepository, policySet } from '../policy/policy-fixture.ts';
import { requestOf } from './review-fixture.ts';

const prod = policySet(
  [
    { id: 's', allowedSources: [{ url: 'https://flagger.app' }] },
    { id: 'v', chartVersion: { within: '>=1.28.0 <2.0.0' } },
    { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '5m' } } },
  ],
  { match: { labels: { matchLabels: { tier: 'prod' } } } },
);
const policies = { current: prod };
const managed = { managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }] };
const evil = factsWith('https://evil.example');
/** Stored while no policy was about it. */
const outside = helmRelease({ chart: chart('9.0.0') }, managed);

const edits: Readonly<Record<string, (object: JsonObject) => JsonObject>> = {
  'a label': (object) => object,
  'a label and a finalizer': (object) => withValueAt(object, ['metadata', 'finalizers'], ['x']),
  'a label while it is being deleted': (object) =>
    withValueAt(object, ['metadata', 'deletionTimestamp'], '2026-01-01T00:00:00Z'),
  'a label and a status': (object) => withValueAt(object, ['status'], { history: [] }),
  'a label and no managedFields': (object) => withoutKeyAt(object, ['metadata', 'managedFields']),
};

describe('an object brought under a policy by an edit of', () => {
  for (const [what, edit] of Object.entries(edits)) {
    it(`${what} is judged and mutated`, () => {
      const object = edit(withValueAt(outside, ['metadata', 'labels'], { tier: 'prod' }));
      const request = requestOf(object, outside);
      const reasons = validate(request, policies, evil).findings.map(({ reason }) => reason);
      assert.deepEqual(reasons.toSorted(), ['NotMutated', 'RangeDisjoint', 'SourceNotAllowed']);
      assert.ok(mutate(request, policies, evil).patch.length > 0);
    });
  }

  for (const [what, tokens, value] of [
    ['an owner', ['metadata', 'ownerReferences'], [{ name: 'x', uid: '1' }]],
    ['a trigger', ['metadata', 'annotations'], { 'reconcile.fluxcd.io/forceAt': '1' }],
    ['an annotation of ours', ['metadata', 'annotations'], { 'helmgate.dev/defaults': '{}' }],
    ['suspend', ['spec', 'suspend'], false],
  ] as const) {
    it(`${what} is judged when the label stood there already`, () => {
      const old = withValueAt(outside, ['metadata', 'labels'], { tier: 'prod' });
      const request = requestOf(withValueAt(old, tokens, value as JsonObject | boolean), old);
      assert.equal(validate(request, policies, evil).allowed, false);
    });
  }
});

describe('a lost mutating call', () => {
  const whole = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '5m' } } }]);
  const stored = helmRelease({ timeout: '1m', serviceAccountName: 'restricted' }, managed);

  it('does not let a forged record of defaults be stored, which would be believed from then on', () => {
    const annotations = { 'helmgate.dev/defaults': '{"/spec/serviceAccountName":"restricted"}' };
    const forged = withValueAt(stored, ['metadata', 'annotations'], annotations);
    for (const old of [undefined, stored]) {
      const { allowed, findings } = validate(requestOf(forged, old), { current: whole }, factsWith());
      assert.deepEqual([allowed, findings.map(({ reason }) => reason)], [false, ['NotMutated']]);
      const { patch } = mutate(requestOf(forged, old), { current: whole }, factsWith());
      assert.deepEqual(applyPatch(forged, patch), stored);
    }
  });
});

describe('a source', () => {
  const sources = { current: policySet([{ id: 's', allowedSources: [{ url: 'https://flagger.app' }] }]) };

  it('is judged in every served version and however its URL moves', () => {
    for (const version of ['v1', 'v1beta2', 'v1beta1', 'v9']) {
      const versioned = (url: string): JsonObject => ({
        ...helmRepository(url),
        apiVersion: `source.toolkit.fluxcd.io/${version}`,
      });
      const [good, bad] = [versioned('https://flagger.app'), versioned('https://flagger.app.evil.example')];
      assert.equal(validate(requestOf(good), sources, factsWith()).allowed, true);
      assert.equal(validate(requestOf(bad), sources, factsWith()).allowed, false);
      assert.equal(validate(requestOf(bad, good), sources, factsWith()).allowed, false);
      assert.equal(validate(requestOf(good, bad), sources, factsWith()).allowed, true);
    }
  });
});

describe('whatever record, owners and stored object a request comes with', () => {
  const file = (retries: number): ReturnType<typeof policySet> =>
    policySet([
      { id: 'v', chartVersion: { within: '>=1.28.0 <2.0.0', wider: 'Narrow' } },
      {
        id: 'd',
        defaults: {
          HelmRelease: {
            'spec.timeout': '5m',
            'spec.install.remediation.retries': retries,
            'spec.values.a.b': 1,
          },
        },
      },
    ]);
  const sets = [file(2), file(3)];
  const value = fc.constantFrom<JsonObject[string]>('5m', 2, 3, 1, {}, null, 'a.yaml', ['a.yaml'], 2n ** 60n);
  const pointer = fc.constantFrom(
    ...['timeout', 'install', 'install/remediation/retries', 'values/a/b', 'values', 'suspend'],
    ...['chart/spec/valuesFile', 'chart/spec/version', '__proto__/x', 'a~1b'],
  );
  const record = fc
    .dictionary(pointer, value)
    .map((entries) =>
      Object.fromEntries(Object.entries(entries).map(([key, item]) => [`/spec/${key}`, item])),
    )
    .map((entries) => canonicalJson(entries as JsonObject));
  const owner = fc.record({
    manager: fc.constant('m'),
    operation: fc.constantFrom('Apply', 'Update'),
    fieldsV1: fc.record({
      'f:spec': fc.dictionary(
        fc.constantFrom('f:timeout', 'f:install', 'f:values', 'f:suspend'),
        fc.constantFrom<JsonObject>(
          {},
          { '.': {} },
          { 'f:remediation': { 'f:retries': {} } },
          { 'f:a': { '.': {} } },
        ),
      ),
    }),
  });
  const object = fc
    .record(
      {
        timeout: value,
        install: fc.constantFrom<JsonObject>({}, { remediation: {} }, { remediation: { retries: 2 } }),
        values: fc.constantFrom<JsonObject>({}, { a: {} }, { a: { b: 1 } }, { a: { b: 2 }, c: 2n ** 60n }),
        suspend: fc.boolean(),
        version: fc.constantFrom('*', '1.30.0', '>=1.28.0 <2.0.0', '3.x', 'latest'),
        valuesFile: fc.constantFrom('a.yaml', ''),
        valuesFiles: fc.constantFrom(['a.yaml'], ['b.yaml', 'a.yaml']),
        annotations: fc.oneof(
          record.map((text) => ({ 'helmgate.dev/defaults': text })),
          fc.constant({ x: 'y' }),
        ),
        managedFields: fc.array(owner, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    )
    .map(({ version = '*', valuesFile, valuesFiles, annotations, managedFields, ...spec }) => {
      const files = {
        ...(valuesFile === undefined ? {} : { valuesFile }),
        ...(valuesFiles === undefined ? {} : { valuesFiles }),
      };
      const { spec: inner } = chart(version) as { readonly spec: JsonObject };
      const chartSpec = { ...inner, ...files };
      const whole = { ...spec, chart: { spec: chartSpec } } as JsonObject;
      const entries = managedFields?.map((entry) => ({
        ...entry,
        fieldsV1: claims(entry.fieldsV1 as JsonObject, { spec: whole }),
      }));
      return helmRelease(whole, {
        ...(annotations === undefined ? {} : { annotations }),
        ...(entries === undefined ? {} : { managedFields: entries as unknown as JsonObject[] }),
      });
    });

  /** Without claims to fields that are not there: whoever tampers such ones in gets only his own object denied. */
  const claims = (fields: JsonObject, there: Json | undefined): JsonObject =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([key, below]) => {
        const field = isJsonObject(there) && key !== '.' ? there[key.slice(2)] : undefined;
        if (key === '.') return [[key, below]];
        return field === undefined || !isJsonObject(below) ? [] : [[key, claims(below, field)]];
      }),
    );

  it('what mutating gives it leaves alone, and validating does not miss', () => {
    fc.assert(
      fc.property(object, fc.option(object, { nil: undefined }), fc.nat(1), (one, old, which) => {
        const patched = (each: JsonObject): JsonObject => {
          const { patch } = mutate(requestOf(each, old), { current: sets[which] ?? prod }, factsWith());
          return applyPatch(each, patch) as JsonObject;
        };
        const final = patched(one);
        assert.ok(isEqualJson(patched(final), final));
        const { findings } = validate(requestOf(final, old), { current: sets[which] ?? prod }, factsWith());
        assert.deepEqual(
          findings.filter(({ reason }) => reason === 'NotMutated' || reason === 'PolicyError'),
          [],
        );
      }),
      { numRuns: 2000 },
    );
  });
});
