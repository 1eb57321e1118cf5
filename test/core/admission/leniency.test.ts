import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mutate, type Policies, validate } from '../../../src/core/admission/judge.ts';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { factsWith, helmRelease, policySet } from '../policy/policy-fixture.ts';
import { requestOf } from './review-fixture.ts';

const facts = factsWith();
const bounds = (min: string): JsonObject => ({ id: 'b', bounds: { 'spec.interval': { min } } });
const override = (value: string, more: JsonObject = {}): JsonObject => ({
  id: 'o',
  overrides: { HelmRelease: { 'spec.interval': value } },
  ...more,
});
const account: JsonObject = { id: 'o', overrides: { HelmRelease: { 'spec.serviceAccountName': 'tenant' } } };
const tenant: JsonObject = { id: 'r', require: { 'spec.serviceAccountName': { equals: 'tenant' } } };
const admin = helmRelease({ serviceAccountName: 'cluster-admin' });
const fast = helmRelease({ interval: '1s' });

describe('an object that the mutating call left as it is, right after a reload', () => {
  const says = (object: JsonObject, policies: Policies, now = facts.now) => {
    const { allowed, findings } = validate(requestOf(object), policies, { ...facts, now });
    return [allowed, ...findings.map(({ rule, reason }) => `${rule} ${reason}`)];
  };

  it('is refused by what the set says of it, not of what it would have become', () => {
    const current = policySet([bounds('1m'), override('5m')]);
    assert.deepEqual(says(fast, { current, previous: policySet([bounds('1m')]) }), [
      false,
      'b ValueOutOfBounds',
    ]);
    const guarded = policySet([tenant, account]);
    assert.deepEqual(says(admin, { current: guarded, previous: policySet([bounds('1m')]) }), [
      false,
      'r FieldRequired',
    ]);
  });

  it('is refused where a stage of the override has just begun and another rule is about the field', () => {
    const from = { action: 'Deny', from: '2026-06-01T00:00:00Z' };
    const staged = policySet([tenant, { ...account, enforcement: from }]);
    assert.deepEqual(says(admin, { current: staged }, '2026-06-01T00:00:05Z'), [false, 'r FieldRequired']);
    const alone = policySet([{ ...account, enforcement: from }]);
    assert.deepEqual(says(admin, { current: alone }, '2026-06-01T00:00:05Z'), [true]);
    assert.deepEqual(says(admin, { current: alone }, '2026-06-01T00:00:11Z'), [false, 'o NotMutated']);
  });

  it('is refused as not mutated where the set that made it so would refuse it', () => {
    const policies = { current: policySet([override('5m')]), previous: policySet([bounds('1m')]) };
    assert.deepEqual(says(fast, policies), [false, 'o NotMutated']);
  });

  it('passes where the set before is content with it, and so is this one but for its changes', () => {
    const policies = {
      current: policySet([bounds('1m'), override('5m')]),
      previous: policySet([bounds('1m')]),
    };
    assert.deepEqual(says(helmRelease({ interval: '2m' }), policies), [true]);
  });
});

describe('for any two sets', () => {
  const rule = fc.constantFrom<JsonObject>(
    bounds('1m'),
    bounds('10m'),
    { id: 'e', expression: { expression: 'object.spec.interval != "1s"' } },
    { id: 'f', forbid: { 'spec.timeout': { equals: '1h' } } },
  );
  const change = fc.constantFrom<JsonObject>(
    override('5m'),
    override('1s'),
    { id: 'o', defaults: { HelmRelease: { 'spec.timeout': '1h' } } },
    { id: 'o', defaults: { HelmRelease: { 'spec.timeout': '2m' } } },
  );
  const set = fc
    .record({
      rules: fc.uniqueArray(rule, { maxLength: 2, selector: ({ id }) => id }),
      change: fc.option(change),
    })
    .filter(({ rules, change }) => rules.length > 0 || change !== null)
    .map(({ rules, change }) => policySet([...rules, ...(change === null ? [] : [change])]));
  const object = fc
    .record({ interval: fc.constantFrom('1s', '5m', '20m'), timeout: fc.option(fc.constantFrom('1h', '2m')) })
    .map(({ interval, timeout }) => helmRelease({ interval, ...(timeout === null ? {} : { timeout }) }));

  it('what is stored right after a reload is what one of them admits and has nothing to change in', () => {
    const seen = { lenient: 0, refused: 0 };
    fc.assert(
      fc.property(set, set, object, (current, previous, stored) => {
        const alone = (set: Policies['current']) =>
          validate(requestOf(stored), { current: set }, facts).allowed;
        const { allowed } = validate(requestOf(stored), { current, previous }, facts);
        if (alone(current)) assert.ok(allowed, 'what the set admits by itself');
        else if (allowed) assert.ok(alone(previous), 'what neither admits is refused');
        if (allowed && !alone(current)) seen.lenient += 1;
        if (!allowed) seen.refused += 1;
      }),
      { numRuns: 500 },
    );
    assert.ok(seen.lenient > 10 && seen.refused > 10, JSON.stringify(seen));
  });

  it('what the set before made and admits is refused by no change that this one wants', () => {
    const anyChange = fc.tuple(change, change);
    fc.assert(
      fc.property(anyChange, object, ([before, after], sent) => {
        const [previous, current] = [policySet([before]), policySet([after])];
        const { patch } = mutate(requestOf(sent), { current: previous }, facts);
        const made = applyPatch(sent, patch) as JsonObject;
        assert.equal(validate(requestOf(made), { current, previous }, facts).allowed, true);
      }),
    );
  });
});
