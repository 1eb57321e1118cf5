import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import {
  believedRecord,
  boundedRecord,
  type DefaultsRecord,
  MAX_RECORD_LENGTH,
  stripFormerDefaults,
  withRecord,
} from '../../../src/core/policy/former-defaults.ts';
import { helmRelease, policySet, subjectOf } from './policy-fixture.ts';

const ANNOTATION = 'helmgate.dev/defaults';
const set = policySet([{ id: 's', allowedSources: [{ url: 'https://flagger.app' }] }]);

function strip(text: string, spec: JsonObject, more: JsonObject = {}) {
  const managedFields = [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }];
  const object = helmRelease(spec, {
    annotations: { [ANNOTATION]: text },
    labels: { a: 'b' },
    managedFields,
    ...more,
  });
  const record = believedRecord(set, subjectOf(object, object));
  const { object: stripped, taken } = stripFormerDefaults({ ...object, status: { failures: 1 } }, record);
  return { taken: [...taken.keys()], spec: stripped['spec'] as JsonObject, stripped };
}

describe('the record of former defaults', () => {
  it('counts a remembered value that nobody owns as absent', () => {
    assert.deepEqual(strip('{"/spec/timeout":"5m"}', { timeout: '5m' }).taken, ['/spec/timeout']);
  });

  it('says nothing about a value that has changed since', () => {
    assert.deepEqual(strip('{"/spec/timeout":"5m"}', { timeout: '6m' }).taken, []);
  });

  for (const pointer of [
    '/metadata/labels/a',
    '/status/failures',
    '/kind',
    '/spec',
    '',
    'spec',
    '/metadata/managedFields',
  ]) {
    it(`is not believed about ${pointer || 'the whole object'}`, () => {
      const values: Record<string, unknown> = {
        '/metadata/labels/a': 'b',
        '/status/failures': 1,
        '/kind': 'HelmRelease',
      };
      const record = JSON.stringify({ [pointer]: values[pointer] ?? { interval: '5m' } });
      const { taken, stripped } = strip(record, {});
      assert.deepEqual(taken, []);
      assert.equal(stripped['kind'], 'HelmRelease');
      assert.deepEqual(stripped['status'], { failures: 1 });
    });
  }

  for (const record of [
    'nonsense',
    '[]',
    'null',
    '5',
    '{"a":',
    `{"/spec/timeout":"5m","x":"${'x'.repeat(20_000)}"}`,
  ]) {
    it(`is passed over when it is ${record.slice(0, 20)} (${record.length} characters)`, () => {
      assert.deepEqual(strip(record, { timeout: '5m' }).taken, []);
    });
  }

  it('is taken away when it is empty, or when nothing of it fits', () => {
    const object = helmRelease({}, { annotations: { [ANNOTATION]: '{}' } });
    const annotationsOf = (record: DefaultsRecord) =>
      valueAt(withRecord(object, boundedRecord(record).kept), ['metadata', 'annotations']);
    assert.equal(annotationsOf(new Map([['/spec/x', 'x'.repeat(20_000)]])), undefined);
    assert.equal(annotationsOf(new Map()), undefined);
    assert.deepEqual(annotationsOf(new Map([['/spec/x', 2n ** 60n]])), {
      [ANNOTATION]: '{"/spec/x":1152921504606846976}',
    });
  });

  it('keeps the entries of the first pointers that fit, and names the others', () => {
    const numbered = (count: number, value: string): DefaultsRecord =>
      new Map(Array.from({ length: count }, (_, index) => [`/spec/values/k${1000 + index}`, value]));
    const many = boundedRecord(numbered(300, 'x'));
    assert.deepEqual([many.kept.size, many.left.length], [256, 44]);
    assert.equal(many.left[0], '/spec/values/k1256');
    const long = boundedRecord(numbered(20, 'x'.repeat(1000)));
    assert.deepEqual([long.kept.size, long.left.length], [15, 5]);
    const oneHuge = boundedRecord(
      new Map([
        ['/spec/a', 'x'.repeat(20_000)],
        ['/spec/b', 'y'],
      ]),
    );
    assert.deepEqual([[...oneHuge.kept.keys()], oneHuge.left], [['/spec/b'], ['/spec/a']]);
  });

  it('fits the length that is read again, whatever it is made of', () => {
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), fc.bigInt(), fc.constant(null));
    const record = fc.dictionary(fc.string({ unit: 'binary', maxLength: 20 }), value, { maxKeys: 40 });
    fc.assert(
      fc.property(record, (entries) => {
        const all = new Map(Object.entries(entries));
        const { kept, left } = boundedRecord(all);
        assert.deepEqual([...kept.keys(), ...left].sort(), [...all.keys()].sort());
        const text = valueAt(withRecord(helmRelease(), kept), ['metadata', 'annotations', ANNOTATION]);
        assert.ok(kept.size === 0 ? text === undefined : String(text).length <= MAX_RECORD_LENGTH);
        assert.deepEqual(boundedRecord(kept), { kept, left: [] });
      }),
    );
  });

  it('takes __proto__ in a pointer for a key', () => {
    assert.deepEqual(strip('{"/spec/__proto__/x":1,"/spec/constructor/name":"Object"}', {}).taken, []);
  });
});
