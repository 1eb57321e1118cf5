import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXEMPTION_ANNOTATION } from '../../src/core/admission/exemption.ts';
import type { AdmissionAuditRecord } from '../../src/core/audit/record.ts';
import { applyPatch } from '../../src/core/json/apply.ts';
import type { Json, JsonObject } from '../../src/core/json/json.ts';
import { valueAt, withValueAt } from '../../src/core/json/pointer.ts';
import type { PolicySet } from '../../src/core/policy/policy-set.ts';
import { createReleaseJudge } from '../../src/runtime/controller/release-judge.ts';
import { judgeReviews } from '../../src/runtime/webhook/judge-reviews.ts';
import { review } from '../core/admission/review-fixture.ts';
import { helmRelease, policySets } from '../core/policy/policy-fixture.ts';

const KEY = new Uint8Array(32).fill(1);
const CLOCK = { now: () => 0 };
const ADMIN = { username: 'root', groups: ['admins'] };
const bounds = { rules: [{ id: 'b', chartVersion: { within: '>=2.0.0' } }] };
const forAll = policySets({ p: bounds });
const butAdmins = policySets({ p: { ...bounds, match: { exclude: { subjects: [{ group: 'admins' }] } } } });
const asked = helmRelease({ interval: '10s' });

/** What the webhook's two endpoints make of an object, as a user. */
async function apply(current: PolicySet, object: JsonObject, userInfo: JsonObject, key: Uint8Array = KEY) {
  const judging = judgeReviews({
    clock: CLOCK,
    policies: { inForce: () => ({ current }), loadErrors: () => [] },
    lookup: { find: () => Promise.resolve(undefined), list: () => [] },
    exemptionKey: key,
  });
  const ask = async (endpoint: 'mutate' | 'validate', asked: JsonObject) => {
    const decoded = judging.decode(review(asked, null, { userInfo }));
    assert.ok(decoded.ok);
    const context = { signal: new AbortController().signal, note: () => {} };
    return judging.judge(decoded.request, endpoint, context);
  };
  const mutated = await ask('mutate', object);
  const patch = valueAt(mutated.review as JsonObject, ['response', 'patch']);
  const operations = typeof patch === 'string' ? JSON.parse(Buffer.from(patch, 'base64').toString()) : [];
  const stored = applyPatch(object, operations) as JsonObject;
  const validated = await ask('validate', stored);
  return {
    stored,
    allowed: valueAt(validated.review as JsonObject, ['response', 'allowed']),
    row: mutated.record as AdmissionAuditRecord,
  };
}

function isReleased(
  current: PolicySet,
  object: JsonObject,
  key: Uint8Array | 'none' = KEY,
): boolean | undefined {
  const cluster = { namespaceLabels: () => ({}), releases: () => [], kubeVersion: () => undefined };
  const judge = createReleaseJudge(
    { inForce: () => ({ current }) },
    cluster,
    CLOCK,
    key === 'none' ? undefined : key,
  );
  const source = { kind: 'HelmRepository', namespace: 'team', name: 'flagger', url: 'https://flagger.app' };
  const facts = { source, chart: { name: 'flagger', version: '1.28.0' }, values: {} };
  return judge.judgeRelease(object as never, facts)?.decision.allowed;
}

const annotation = (object: JsonObject): Json | undefined =>
  valueAt(object, ['metadata', 'annotations', EXEMPTION_ANNOTATION]);

describe('what a rule let pass because of who asked', () => {
  it('is released, and its rows say which rules left out the user', async () => {
    const { stored, allowed, row } = await apply(butAdmins, asked, ADMIN);
    assert.equal(allowed, true);
    assert.match(String(annotation(stored)), /^[0-9a-f]{64} p\/b$/);
    assert.equal(isReleased(butAdmins, stored), true);
    assert.deepEqual(row.leftOut, ['p/b']);
    assert.deepEqual(row.patchPaths, []);
  });

  it('is signed again when its spec changes, and not touched when nothing does', async () => {
    const { stored } = await apply(butAdmins, asked, ADMIN);
    assert.deepEqual((await apply(butAdmins, stored, ADMIN)).stored, stored);
    const changed = withValueAt(stored, ['spec', 'interval'], '20s') as JsonObject;
    assert.equal(isReleased(butAdmins, changed), false);
    assert.equal(isReleased(butAdmins, (await apply(butAdmins, changed, ADMIN)).stored), true);
  });

  it('is judged in full under another key, without one, and once the rule leaves nobody out any more', async () => {
    const { stored } = await apply(butAdmins, asked, ADMIN);
    assert.equal(isReleased(butAdmins, stored, new Uint8Array(32)), false);
    assert.equal(isReleased(butAdmins, stored, 'none'), false);
    assert.equal(isReleased(forAll, stored), false);
  });

  it('is nothing for a user whom the rule is about, who cannot write the annotation either', async () => {
    const tenant = { username: 'eve', groups: [] };
    const own = await apply(butAdmins, asked, tenant);
    assert.equal(own.allowed, false);
    assert.equal(annotation(own.stored), undefined);
    const copied = annotation(
      (await apply(butAdmins, helmRelease({ interval: '10s' }, { name: 'other' }), ADMIN)).stored,
    );
    const forged = withValueAt(
      asked,
      ['metadata', 'annotations', EXEMPTION_ANNOTATION],
      copied ?? null,
    ) as JsonObject;
    assert.equal((await apply(butAdmins, forged, tenant)).allowed, false);
    assert.equal(isReleased(butAdmins, forged), false);
  });

  it('has no annotation where no rule leaves anybody out', async () => {
    assert.equal(annotation((await apply(forAll, helmRelease({}), ADMIN)).stored), undefined);
  });
});
