import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import jsonpatch from 'jsonpatch';
import { applyPatch } from '../../../src/core/json/apply.ts';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { stringifyJson } from '../../../src/core/json/stringify.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { arbitraryRelease } from './arbitrary-release.ts';
import { factsWith, policySet, subjectOf } from './policy-fixture.ts';

const set = policySet([
  { id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] },
  { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0', wider: 'Narrow' } },
  { id: 'line', chartVersion: { within: '<1.40.0', wider: 'Narrow' } },
  {
    id: 'defaults',
    defaults: {
      HelmRelease: {
        'spec.timeout': '5m',
        'spec.install.remediation': { retries: 3, remediateLastFailure: true },
        'spec.upgrade': { cleanupOnFail: true, remediation: { retries: 3 } },
        'spec.driftDetection.mode': 'enabled',
        'spec.values': { global: { 'a.b': 1 } },
      },
    },
  },
]);

const decide = (subject: JsonObject) => evaluate(set, subjectOf(subject), factsWith(), 'admission');
const mutated = (subject: JsonObject) => applyPatch(subject, decide(subject).patch) as JsonObject;
const runs = { numRuns: 400 };

describe('mutating any object', () => {
  it('a second time changes nothing', () => {
    fc.assert(
      fc.property(arbitraryRelease, (subject) => {
        const once = mutated(subject);
        assert.deepEqual(decide(once).patch, []);
        assert.deepEqual(decide(once).mutations, []);
      }),
      runs,
    );
  });

  it('gives a patch that an independent implementation applies to the same result', () => {
    fc.assert(
      fc.property(arbitraryRelease, (subject) => {
        // The independent implementation knows neither bigint nor own __proto__ keys.
        const plain = JSON.parse(stringifyJson(subject).replaceAll('__proto__', 'proto')) as JsonObject;
        const { patch } = decide(plain);
        const theirs = jsonpatch.apply_patch(structuredClone(plain), structuredClone(patch) as never) as Json;
        assert.ok(isEqualJson(theirs, applyPatch(plain, patch)));
      }),
      runs,
    );
  });

  it('never touches status, managedFields, uid, resourceVersion, labels or identity', () => {
    fc.assert(
      fc.property(arbitraryRelease, (subject) => {
        for (const { path } of decide(subject).patch) {
          assert.match(path, /^\/(spec\/|metadata\/annotations(\/helmgate\.dev~1defaults)?$)/);
        }
        const after = mutated(subject);
        assert.equal(
          valueAt(after, ['metadata', 'annotations', 'other']),
          valueAt(subject, ['metadata', 'annotations', 'other']),
        );
      }),
      runs,
    );
  });

  it('leaves unknown fields and integers beyond 2^53 as they are', () => {
    fc.assert(
      fc.property(arbitraryRelease, (subject) => {
        const after = mutated(subject);
        for (const path of [
          ['spec', 'unknown'],
          ['spec', 'install', 'unknown'],
          ['spec', 'install', 'remediation', 'unknown'],
          ['spec', 'upgrade', 'remediation', 'ignoreTestFailures'],
        ]) {
          assert.deepEqual(valueAt(after, path), valueAt(subject, path));
        }
      }),
      runs,
    );
  });

  it('gives the same bytes for the same input, whatever the order of its keys', () => {
    const turned = (value: Json): Json => {
      if (Array.isArray(value)) return (value as readonly Json[]).map(turned);
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value as JsonObject).map(([key, item]): [string, Json] => [
        key,
        turned(item ?? null),
      ]);
      return Object.fromEntries(entries.reverse());
    };
    const text = (subject: JsonObject) => {
      const { patch, findings, warnings, mutations } = decide(subject);
      return stringifyJson({ patch, findings, warnings, mutations } as unknown as Json);
    };
    fc.assert(
      fc.property(arbitraryRelease, (subject) => {
        assert.equal(text(subject), text(structuredClone(subject) as JsonObject));
        const [a, b] = [mutated(subject), mutated(turned(subject) as JsonObject)];
        assert.ok(isEqualJson(a, b));
      }),
      runs,
    );
  });

  it('judges the mutated object as it judges it when it comes again', () => {
    fc.assert(
      fc.property(arbitraryRelease, (subject) => {
        assert.deepEqual(decide(mutated(subject)).findings, decide(subject).findings);
      }),
      runs,
    );
  });
});
