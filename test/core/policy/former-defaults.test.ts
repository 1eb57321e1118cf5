import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { believedRecord, stripFormerDefaults, withRecord } from '../../../src/core/policy/former-defaults.ts';
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

  it('is left out when it would be too long, and taken away when it is empty', () => {
    const object = helmRelease({}, { annotations: { [ANNOTATION]: '{}' } });
    const annotationsOf = (value: JsonObject) => (value['metadata'] as JsonObject)['annotations'];
    assert.equal(annotationsOf(withRecord(object, new Map([['/spec/x', 'x'.repeat(20_000)]]))), undefined);
    assert.equal(annotationsOf(withRecord(object, new Map())), undefined);
    assert.deepEqual(annotationsOf(withRecord(object, new Map([['/spec/x', 2n ** 60n]]))), {
      [ANNOTATION]: '{"/spec/x":1152921504606846976}',
    });
  });

  it('takes __proto__ in a pointer for a key', () => {
    assert.deepEqual(strip('{"/spec/__proto__/x":1,"/spec/constructor/name":"Object"}', {}).taken, []);
  });
});
