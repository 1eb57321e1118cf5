import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { denyMessage } from '../../../src/core/admission/deny-message.ts';
import { patchText, respond } from '../../../src/core/admission/respond.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import type { Decision, Finding } from '../../../src/core/policy/decision.ts';
import { shortText } from '../../../src/core/policy/short-text.ts';

const finding = (more: Partial<Finding> = {}): Finding => ({
  policy: 'production',
  rule: 'flagger-1x',
  reason: 'RangeTooWide',
  enforcement: 'Deny',
  path: 'spec.chart.spec.version',
  found: '*',
  message: 'it also matches 2.0.0, which is outside >=1.28.0 <2.0.0',
  wouldPass: '>=1.28.0 <2.0.0',
  place: { file: 'prod/flagger.yaml', line: 12, column: 5, commit: '0123456789abcdef0123' },
  ...more,
});

const decision = (more: Partial<Decision> = {}): Decision => ({
  allowed: true,
  findings: [],
  mutations: [],
  patch: [],
  warnings: [],
  ruleResults: [],
  policySet: { digest: 'sha256:00' },
  ...more,
});

const responseOf = (given: Decision) => respond({ uid: 'u1' }, given)['response'] as JsonObject;

describe('an answer', () => {
  it('echoes the uid, and has no patch, status or warnings when there are none', () => {
    assert.deepEqual(respond({ uid: 'u1' }, decision()), {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u1', allowed: true, auditAnnotations: { 'policy-set': 'sha256:00' } },
    });
  });

  it('carries the patch in base64, with integers beyond 2^53 in full', () => {
    const patch = [{ op: 'add', path: '/spec/x', value: [9_007_199_254_740_993n, 'ä€😀'] }] as const;
    const response = responseOf(decision({ patch }));
    assert.equal(response['patchType'], 'JSONPatch');
    const text = Buffer.from(response['patch'] as string, 'base64').toString('utf8');
    assert.equal(text, '[{"op":"add","path":"/spec/x","value":[9007199254740993,"ä€😀"]}]');
    assert.equal(text, patchText(patch));
  });

  it('denies with 403 and one message, whose first line suffices', () => {
    const response = responseOf(
      decision({
        allowed: false,
        findings: [finding(), finding({ rule: 'other', path: 'spec.x' }), finding({ enforcement: 'Warn' })],
      }),
    );
    assert.deepEqual(valueAt(response, ['status', 'code']), 403);
    assert.equal(
      valueAt(response, ['status', 'message']),
      [
        'denied by policy, 2 findings: spec.chart.spec.version: it also matches 2.0.0, which is outside >=1.28.0 <2.0.0 [production/flagger-1x at prod/flagger.yaml:12@0123456789ab]',
        '- spec.chart.spec.version: it also matches 2.0.0, which is outside >=1.28.0 <2.0.0; found: *; would pass: >=1.28.0 <2.0.0 [RangeTooWide; production/flagger-1x at prod/flagger.yaml:12@0123456789ab]',
        '- spec.x: it also matches 2.0.0, which is outside >=1.28.0 <2.0.0; found: *; would pass: >=1.28.0 <2.0.0 [RangeTooWide; production/other at prod/flagger.yaml:12@0123456789ab]',
      ].join('\n'),
    );
  });

  it('never carries a patch with a denial', () => {
    const response = responseOf(
      decision({ allowed: false, findings: [finding()], patch: [{ op: 'remove', path: '/a' }] }),
    );
    assert.equal(response['patch'], undefined);
  });

  it('lets nothing that an author wrote break a line or colour a terminal', () => {
    const hostile = 'x\n- spec: all is well\u001b[2J\u0000\u2028\u202e\ud800';
    const message = denyMessage([
      finding({ found: hostile, message: hostile, wouldPass: hostile, path: hostile }),
    ]);
    assert.equal(message.split('\n').length, 2);
    assert.doesNotMatch(message.replaceAll('\n', ''), /[\u0000-\u001f\u2028\u202e]/);
    const response = responseOf(decision({ warnings: [hostile] }));
    assert.doesNotMatch(String((response['warnings'] as string[])[0]), /[\u0000-\u001f\u2028\u202e]/);
  });

  it('stays bounded with a thousand findings', () => {
    const many = Array.from({ length: 1000 }, () => finding({ message: 'm'.repeat(5000) }));
    const message = denyMessage(many);
    assert.match(message, /^denied by policy, 1000 findings: /);
    assert.match(message, /\n\.\.\. and 980 more$/);
    assert.ok(message.length < 20_000);
  });
});

describe('a short text', () => {
  it('is one printable line of at most 200 runes, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const short = shortText(text);
        assert.ok(Array.from(short).length <= 200);
        assert.doesNotMatch(short, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        assert.ok(short.isWellFormed());
      }),
    );
  });
});
