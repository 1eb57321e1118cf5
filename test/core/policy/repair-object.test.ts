import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { validate } from '../../../src/core/admission/judge.ts';
import { respond } from '../../../src/core/admission/respond.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { applyEdits } from '../../../src/core/policy/apply-edits.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { repairObject } from '../../../src/core/policy/repair-object.ts';
import { requestOf } from '../admission/review-fixture.ts';
import { constraintText } from '../version/arbitrary.ts';
import { chart, factsWith, helmRelease, helmRepository, policySet, subjectOf } from './policy-fixture.ts';

const SET = policySet([
  { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0' } },
  { id: 'bounds', bounds: { HelmRelease: { 'spec.interval': { min: '1m', max: '1h' } } } },
  { id: 'account', require: { HelmRelease: { 'spec.serviceAccountName': { present: true } } } },
  { id: 'remote', forbid: { HelmRelease: { 'spec.kubeConfig': { present: true } } } },
]);

describe('the smallest edit of a real object', () => {
  it('stands in the denial, and passes when it is made', () => {
    const object = helmRelease({ chart: chart('^1'), interval: '10s', serviceAccountName: 'x' });
    const decision = validate(requestOf(object), { current: SET }, factsWith());
    const response = respond({ uid: 'u' }, decision)['response'] as JsonObject;
    const message = valueAt(response, ['status', 'message']);
    assert.equal(
      String(message).split('\n').at(-1),
      'the smallest edit that passes: spec.chart.spec.version: ">=1.28.0 <2.0.0"; spec.interval: "1m"',
    );
    const edited = applyEdits(object, decision.repair ?? []) ?? {};
    assert.equal(validate(requestOf(edited), { current: SET }, factsWith()).allowed, true);
  });

  it('corrects the spelling of a URL where that is all', () => {
    const set = policySet([{ id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] }]);
    const repair = repairObject(set, subjectOf(helmRepository('https://FLAGGER.app:443')), factsWith());
    assert.deepEqual(repair?.edits, [{ tokens: ['spec', 'url'], value: 'https://flagger.app' }]);
  });

  it('is none where no rule knows a cure, and none for what is allowed', () => {
    const object = helmRelease({ serviceAccountName: '' });
    const set = policySet([
      { id: 'account', require: { HelmRelease: { 'spec.serviceAccountName': { present: true } } } },
    ]);
    assert.equal(repairObject(set, subjectOf(object), factsWith()), undefined);
    const fine = helmRelease({ serviceAccountName: 'x' });
    assert.deepEqual(repairObject(set, subjectOf(fine), factsWith())?.edits, []);
  });

  it('passes whenever there is one, and changes nothing that need not be changed', () => {
    let repaired = 0;
    const duration = fc.constantFrom('1s', '30s', '1m', '5m', '1h', '2h', '48h');
    fc.assert(
      fc.property(
        constraintText,
        duration,
        fc.boolean(),
        fc.boolean(),
        (version, interval, remote, account) => {
          const object = helmRelease({
            chart: chart(version),
            interval,
            ...(remote ? { kubeConfig: { secretRef: { name: 'k' } } } : {}),
            ...(account ? { serviceAccountName: 'x' } : {}),
          });
          const subject = subjectOf(object);
          const repair = repairObject(SET, subject, factsWith());
          if (repair === undefined) return;
          if (repair.edits.length > 0) repaired += 1;
          const passes = (edits: typeof repair.edits): boolean =>
            evaluate(SET, { ...subject, object: applyEdits(object, edits) ?? {} }, factsWith(), 'admission')
              .allowed;
          assert.ok(passes(repair.edits));
          for (const edit of repair.edits) assert.ok(!passes(repair.edits.filter((other) => other !== edit)));
        },
      ),
    );
    assert.ok(repaired > 10, `${repaired} repaired`);
  });
});
