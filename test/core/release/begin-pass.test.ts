import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmRelease } from '../../../src/core/api/helm-release.ts';
import { beginAction } from '../../../src/core/release/begin-action.ts';
import { beginPass } from '../../../src/core/release/begin-pass.ts';
import { requestsOf } from '../../../src/core/release/requests.ts';
import { ATTEMPT, attemptOf, edited, passes, timeOf, worldOf } from './simulator.ts';

const stalled = passes(worldOf(), ATTEMPT, () => 'fail');

function asked(annotations: Readonly<Record<string, string>>, status = stalled.release.status): HelmRelease {
  const prefixed = Object.fromEntries(
    Object.entries(annotations).map(([name, token]) => [`reconcile.fluxcd.io/${name}`, token]),
  );
  const { release } = stalled;
  return {
    ...release,
    metadata: { ...release.metadata, annotations: prefixed },
    ...(status === undefined ? {} : { status }),
  };
}

describe('a pass that begins', () => {
  it('changes nothing when nothing changed', () => {
    assert.deepEqual(beginPass(stalled.release, ATTEMPT), stalled.release.status);
  });

  const changes: readonly (readonly [string, HelmRelease, typeof ATTEMPT])[] = [
    ['the generation', edited(stalled, { interval: '1m' }).release, ATTEMPT],
    ['the chart version', stalled.release, attemptOf('1.0.1')],
    ['the values', stalled.release, attemptOf('1.0.0', 'sha256:two')],
    ['an unhandled resetAt', asked({ requestedAt: 'a', resetAt: 'a' }), ATTEMPT],
  ];
  for (const [what, release, attempt] of changes) {
    it(`forgets failures for ${what}`, () => {
      assert.equal(release.status?.installFailures, 1);
      const status = beginPass(release, attempt);
      assert.equal(status.failures, undefined);
      assert.equal(status.installFailures, undefined);
      assert.equal(status.lastAttemptedGeneration, release.metadata.generation);
      assert.equal(status.lastAttemptedRevision, attempt.chart.version);
      assert.equal(status.lastAttemptedConfigDigest, attempt.configDigest);
    });
  }

  it('keeps failures for a resetAt that is not the requested token, or was handled', () => {
    assert.equal(beginPass(asked({ requestedAt: 'a', resetAt: 'b' }), ATTEMPT).installFailures, 1);
    assert.equal(beginPass(asked({ resetAt: 'a' }), ATTEMPT).installFailures, 1);
    const handled = { ...stalled.release.status, lastHandledResetAt: 'a' };
    assert.equal(beginPass(asked({ requestedAt: 'a', resetAt: 'a' }, handled), ATTEMPT).installFailures, 1);
  });

  it('records every request as handled, also one that does not apply', () => {
    const status = beginPass(asked({ requestedAt: 'a', forceAt: 'b', resetAt: 'c' }), ATTEMPT);
    assert.equal(status.lastHandledReconcileAt, 'a');
    assert.equal(status.lastHandledForceAt, 'b');
    assert.equal(status.lastHandledResetAt, 'c');
  });

  it('records the digest of an OCI chart and drops it for another', () => {
    const oci = { ...ATTEMPT, chart: { ...ATTEMPT.chart, ociDigest: 'sha256:oci' } };
    const status = beginPass(stalled.release, oci);
    assert.equal(status.lastAttemptedRevisionDigest, 'sha256:oci');
    assert.equal(beginPass({ ...stalled.release, status }, ATTEMPT).lastAttemptedRevisionDigest, undefined);
  });
});

describe('requests by annotation', () => {
  it('are a reconcile until handled, and force only with the same token', () => {
    assert.deepEqual(requestsOf(asked({})), { force: false, reset: false });
    assert.deepEqual(requestsOf(asked({ requestedAt: 'a', forceAt: 'a' })), {
      reconcile: 'a',
      force: true,
      reset: false,
    });
    assert.deepEqual(requestsOf(asked({ forceAt: 'a' })), { force: false, reset: false });
    const handled = { ...stalled.release.status, lastHandledReconcileAt: 'a', lastHandledForceAt: 'a' };
    assert.deepEqual(requestsOf(asked({ requestedAt: 'a', forceAt: 'a' }, handled)), {
      force: false,
      reset: false,
    });
  });
});

describe('an action that begins', () => {
  it('is shown with its timeout, in Ready only when it is a release action', () => {
    const shown = (plan: Parameters<typeof beginAction>[1]): readonly string[] =>
      (beginAction(stalled.release, plan, timeOf(9)).conditions ?? [])
        .map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`)
        .filter((line) => !line.startsWith('Released'));
    assert.deepEqual(shown({ verb: 'Upgrade', clearHistory: false }), [
      "Ready=Unknown Progressing: Running 'upgrade' action with timeout of 5m0s",
      "Reconciling=True Progressing: Running 'upgrade' action with timeout of 5m0s",
    ]);
    assert.deepEqual(shown({ verb: 'Uninstall', purpose: 'remediation' }), [
      'Ready=False InstallFailed: Helm install failed for release ns/app with chart chart@1.0.0: context deadline exceeded',
      "Reconciling=True Progressing: Running 'uninstall' action with timeout of 5m0s",
    ]);
  });
});
