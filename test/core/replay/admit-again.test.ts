import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mutate } from '../../../src/core/admission/judge.ts';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import { admitAgain } from '../../../src/core/replay/admit-again.ts';
import { FACTS, release, setOf } from './fixture.ts';

const timeout = (value: string) => `{id: t, defaults: {HelmRelease: {spec.timeout: ${value}}}}`;
const WITHIN = '{id: v, chartVersion: {within: "<3.0.0"}}';
const MANAGED = { managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }] };

const request = (object: JsonObject, oldObject?: JsonObject) => ({
  uid: '',
  kind: { group: 'helm.toolkit.fluxcd.io', version: 'v2', kind: 'HelmRelease' },
  resource: { group: 'helm.toolkit.fluxcd.io', version: 'v2', resource: '' },
  operation: oldObject === undefined ? ('CREATE' as const) : ('UPDATE' as const),
  namespace: 'a',
  name: 'one',
  object,
  ...(oldObject === undefined ? {} : { oldObject }),
  user: { username: 'alice', groups: [] },
  dryRun: false,
});

/** The object as it was stored under a set. */
function storedUnder(current: PolicySet, object: JsonObject): JsonObject {
  return applyPatch(object, mutate(request(object), { current }, FACTS).patch) as JsonObject;
}

function admit(object: JsonObject, current: PolicySet, oldObject?: JsonObject) {
  const { decision, mutated } = admitAgain(request(object, oldObject), { current }, FACTS);
  const stored = applyPatch(object, mutated.patch) as JsonObject;
  return { decision, mutated, timeout: valueAt(stored, ['spec', 'timeout']) };
}

describe('admitting again what was admitted', () => {
  const sent = release('1.0.0', {}, MANAGED);

  it('changes nothing under the set that admitted it', () => {
    const set = setOf(timeout('2m'), WITHIN);
    const { decision, mutated } = admit(storedUnder(set, sent), set);
    assert.deepEqual([decision.allowed, mutated], [true, { mutations: [], patch: [] }]);
  });

  it('fills in the default of now in the place of the one of then', () => {
    const { mutated, timeout: now } = admit(storedUnder(setOf(timeout('2m')), sent), setOf(timeout('5m')));
    assert.equal(now, '5m');
    assert.deepEqual(
      mutated.mutations.map(({ rule, pointer }) => [rule, pointer]),
      [['t', '/spec/timeout']],
    );
  });

  it('takes a default out that no policy has any more', () => {
    const { mutated, timeout: now } = admit(storedUnder(setOf(timeout('2m')), sent), setOf(WITHIN));
    assert.equal(now, undefined);
    assert.deepEqual(mutated.mutations, []);
    assert.deepEqual(
      mutated.patch.map(({ path }) => path),
      ['/metadata/annotations', '/spec/timeout'],
    );
  });

  it('leaves alone what its author wrote, and what nobody can tell the owner of', () => {
    const owned = { managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:timeout': {} } } }] };
    const written = release('1.0.0', { timeout: '2m' }, owned);
    assert.deepEqual(admit(written, setOf(timeout('5m'))).mutated, { mutations: [], patch: [] });
    const unmanaged = storedUnder(setOf(timeout('2m')), release('1.0.0'));
    assert.equal(admit(unmanaged, setOf(timeout('5m'))).timeout, '2m');
  });

  it('judges what would be stored now: a default that has become too long is denied, one that has become short is not', () => {
    const max = '{id: b, bounds: {spec.timeout: {max: 3m}}}';
    const of = (then: string, now: string) =>
      admit(storedUnder(setOf(timeout(then)), sent), setOf(timeout(now), max)).decision.allowed;
    assert.deepEqual([of('2m', '5m'), of('5m', '2m')], [false, true]);
  });

  it('believes of an update what the stored object remembers, and strips nothing else', () => {
    const was = storedUnder(setOf(timeout('2m')), sent);
    const is = { ...was, spec: { ...(was['spec'] as JsonObject), suspend: true } };
    assert.equal(admit(is, setOf(timeout('5m')), was).timeout, '5m');
    assert.equal(admit(is, setOf(timeout('5m')), sent).timeout, '2m');
  });

  it('comes to what admitting the object as it was sent comes to, whatever stood in the policies then', () => {
    const minutes = fc.constantFrom('1m', '2m', '3m');
    const rules = fc.record({ a: minutes, b: fc.option(minutes) }).map(({ a, b }) => {
      const history = b === null ? [] : [`{id: h, defaults: {HelmRelease: {spec.install.timeout: ${b}}}}`];
      return setOf(timeout(a), ...history);
    });
    fc.assert(
      fc.property(rules, rules, fc.option(minutes), (then, now, own) => {
        const spec = own === null ? {} : { timeout: own };
        const fields = { 'f:spec': { 'f:interval': {}, ...(own === null ? {} : { 'f:timeout': {} }) } };
        const object = release('1.0.0', spec, { managedFields: [{ operation: 'Apply', fieldsV1: fields }] });
        const before = storedUnder(then, object);
        const { mutated } = admitAgain(request(before), { current: now }, FACTS);
        assert.deepEqual(applyPatch(before, mutated.patch), storedUnder(now, object));
      }),
    );
  });
});
