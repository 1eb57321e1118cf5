import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { AdmissionAuditRecord } from '../../../src/core/audit/record.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import type { PoliciesInForce } from '../../../src/io/contract.ts';
import { judgeReviews } from '../../../src/runtime/webhook/judge-reviews.ts';
import type { Endpoint } from '../../../src/runtime/webhook/judging.ts';
import { PROBE_ANNOTATION } from '../../../src/runtime/webhook/probe.ts';

const compiled = compilePolicySet(
  [
    {
      path: 'p.yaml',
      text: 'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n  - id: s\n    allowedSources:\n    - url: https://flagger.app\n  - id: d\n    defaults:\n      HelmRepository: {spec.timeout: 60s}\n',
    },
  ],
  { commit: 'c'.repeat(40) },
);
if (!compiled.ok) throw new Error('the policy of this test does not compile');
const inForce: PoliciesInForce = { current: compiled.set };

function reviewOf(
  url: string,
  more: JsonObject = {},
  metadata: JsonObject = { name: 'repo', namespace: 'apps' },
): Json {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u1',
      kind: { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'HelmRepository' },
      resource: { group: 'source.toolkit.fluxcd.io', version: 'v1', resource: 'helmrepositories' },
      operation: 'CREATE',
      namespace: 'apps',
      userInfo: { username: 'alice', groups: ['dev'] },
      object: {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'HelmRepository',
        metadata,
        spec: { url, interval: '5m', timeout: '60s' },
      },
      ...more,
    },
  };
}

async function judge(
  endpoint: Endpoint,
  body: Json,
  policies: PoliciesInForce | undefined = inForce,
  whenNoPolicies?: 'Allow',
) {
  const judging = judgeReviews({
    clock: { now: () => 0 },
    policies: { inForce: () => policies, loadErrors: () => ['p.yaml:3:1: it is broken\n  3 | x'] },
    lookup: { find: () => Promise.resolve(undefined), list: () => [] },
    ...(whenNoPolicies === undefined ? {} : { whenNoPolicies }),
  });
  const decoded = judging.decode(body);
  assert.ok(decoded.ok);
  const notes: string[] = [];
  const context = { signal: new AbortController().signal, note: (text: string) => notes.push(text) };
  const { review, record, exceptions } = await judging.judge(decoded.request, endpoint, context);
  const response = review['response'] as {
    readonly allowed: boolean;
    readonly uid: string;
    readonly patch?: string;
    readonly status?: { readonly message: string };
  };
  return { response, record: record as AdmissionAuditRecord, notes, exceptions };
}

describe('judging reviews', () => {
  it('denies with the rule, and records finding, place, commit, user and digests', async () => {
    const { response, record, notes } = await judge('validate', reviewOf('https://evil.example'));
    assert.equal(response.allowed, false);
    assert.equal(response.uid, 'u1');
    assert.equal(record.verdict, 'Deny');
    assert.equal(record.name, 'repo');
    assert.deepEqual(record.user, { username: 'alice', groups: ['dev'] });
    const [finding] = record.findings;
    assert.equal(finding?.reason, 'SourceNotAllowed');
    assert.deepEqual(
      [finding?.place.file, finding?.place.line, finding?.place.commit],
      ['p.yaml', 6, 'c'.repeat(40)],
    );
    assert.match(record.objectDigest ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(record.policySet, {
      digest: compiled.ok ? compiled.set.digest : '',
      commit: 'c'.repeat(40),
    });
    assert.deepEqual(notes, ['gathering facts', 'evaluating the rules']);
  });

  it('records what mutating changed by path and rule, without values', async () => {
    const object = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmRepository',
      metadata: { name: 'r' },
      spec: { url: 'https://flagger.app', interval: '5m' },
    };
    const { response, record } = await judge('mutate', reviewOf('', { object }));
    assert.equal(response.allowed, true);
    assert.ok(response.patch !== undefined);
    assert.ok(record.patchPaths.includes('/spec/timeout'));
    assert.deepEqual(
      record.mutations?.map(({ rule, pointer }) => [rule, pointer]),
      [['d', '/spec/timeout']],
    );
  });

  it('names the exceptions that a decision needed once, at the validating endpoint', async () => {
    const head = 'apiVersion: helmgate.dev/v1alpha1\n';
    const text = `${head}kind: Policy\nmetadata: {name: p}\nspec: {rules: [{id: s, allowedSources: [{url: https://flagger.app}]}]}\n---\n${head}kind: Exception\nmetadata: {name: e}\nspec: {policy: p, match: {names: [repo]}, owner: o, reason: r, expires: 2027-01-31}\n`;
    const excepted = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.ok(excepted.ok);
    const policies = { current: excepted.set };
    const named = async (endpoint: Endpoint, url: string) => {
      const { response, exceptions } = await judge(endpoint, reviewOf(url), policies);
      assert.equal(response.allowed, true);
      return exceptions?.map(({ exception }) => exception);
    };
    assert.deepEqual(await named('validate', 'https://other.example'), ['e']);
    assert.equal(await named('mutate', 'https://other.example'), undefined);
    assert.equal(await named('validate', 'https://flagger.app'), undefined);
  });

  it('takes the name from the object on a create, and keeps generateName', async () => {
    const { record } = await judge(
      'validate',
      reviewOf('https://flagger.app', {}, { generateName: 'repo-', namespace: 'apps' }),
    );
    assert.equal(record.name, '');
    assert.equal(record.generateName, 'repo-');
    assert.equal(record.verdict, 'Allow');
  });

  it('denies at validate, with the load error, while no policies are loaded; mutate lets it pass unchanged', async () => {
    const judging = async (endpoint: Endpoint, when?: 'Allow') => {
      const none = judgeReviews({
        clock: { now: () => 0 },
        policies: { inForce: () => undefined, loadErrors: () => ['p.yaml:3:1: it is broken\n  3 | x'] },
        lookup: { find: () => Promise.resolve(undefined), list: () => [] },
        ...(when === undefined ? {} : { whenNoPolicies: when }),
      });
      const decoded = none.decode(reviewOf('https://flagger.app'));
      assert.ok(decoded.ok);
      return none.judge(decoded.request, endpoint, { signal: new AbortController().signal, note: () => {} });
    };
    const denied = await judging('validate');
    const response = denied.review['response'] as JsonObject;
    assert.equal(response['allowed'], false);
    const { message } = response['status'] as { readonly message: string };
    assert.match(message, /no policies loaded.*p\.yaml:3:1: it is broken$/);
    assert.equal(denied.record.findings[0]?.reason, 'NoPolicies');
    assert.equal(((await judging('mutate')).review['response'] as JsonObject)['allowed'], true);
    assert.equal(((await judging('validate', 'Allow')).review['response'] as JsonObject)['allowed'], true);
  });

  it('refuses a probe in its own words on a dry run only', async () => {
    const nonce = 'ab'.repeat(16);
    const metadata = { name: 'p', namespace: 'apps', annotations: { [PROBE_ANNOTATION]: nonce } };
    const probe = await judge('validate', reviewOf('https://flagger.app', { dryRun: true }, metadata));
    assert.equal(probe.response.status?.message, `helmgate: this is the webhook probe ${nonce}`);
    assert.equal(probe.record.dryRun, true);
    assert.equal(
      (await judge('validate', reviewOf('https://flagger.app', {}, metadata))).response.allowed,
      true,
    );
    assert.equal(
      (await judge('mutate', reviewOf('https://flagger.app', { dryRun: true }, metadata))).response.allowed,
      true,
    );
  });
});
