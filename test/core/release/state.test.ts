import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmRelease, HelmReleaseStatus, Snapshot } from '../../../src/core/api/helm-release.ts';
import type { ReleaseRecord } from '../../../src/core/release/release-record.ts';
import { snapshotOf } from '../../../src/core/release/snapshot.ts';
import { postRenderersDigest } from '../../../src/core/release/spec-digests.ts';
import { determineState, unlockDescription } from '../../../src/core/release/state.ts';
import { recordOf } from './fake-helm.ts';
import { ATTEMPT, worldOf } from './simulator.ts';

function known(record: ReleaseRecord, configDigest = 'sha256:one'): Snapshot {
  return snapshotOf(record, { configDigest, now: '2026-01-01T00:00:00Z' });
}

function stateOf(records: readonly ReleaseRecord[], status: HelmReleaseStatus, spec = {}): string {
  const release: HelmRelease = { ...worldOf(spec).release, status: { observedGeneration: 1, ...status } };
  return determineState({ release, records, attempt: ATTEMPT }).kind;
}

const deployed = recordOf(1, 'deployed');

describe('the state of a release', () => {
  it('is Absent without a record', () => assert.equal(stateOf([], {}), 'Absent'));

  for (const status of ['pending-install', 'pending-upgrade', 'pending-rollback', 'uninstalling']) {
    it(`is Locked at ${status}, whether the history knows it or not`, () => {
      const record = recordOf(1, status);
      assert.equal(stateOf([record], {}), 'Locked');
      assert.equal(stateOf([record], { history: [known(record)] }), 'Locked');
    });
  }

  it('is Absent when the record says uninstalled, known or not', () => {
    const record = recordOf(1, 'uninstalled');
    assert.equal(stateOf([record], {}), 'Absent');
    assert.equal(stateOf([record], { history: [known(record)] }), 'Absent');
  });

  it('is Unmanaged when the history is empty or names another revision, name or namespace', () => {
    assert.equal(stateOf([deployed], {}), 'Unmanaged');
    for (const other of [{ version: 2 }, { name: 'other' }, { namespace: 'other' }]) {
      assert.equal(stateOf([deployed], { history: [{ ...known(deployed), ...other }] }), 'Unmanaged');
    }
  });

  it('is Failed at failed, and tells an uninstall that was interrupted', () => {
    const record = recordOf(1, 'failed');
    const status = { history: [known(record)] };
    assert.equal(stateOf([record], status), 'Failed');
    const unlocked = { ...record, description: unlockDescription('uninstalling') };
    const release = { ...worldOf().release, status };
    assert.deepEqual(determineState({ release, records: [unlocked], attempt: ATTEMPT }), {
      kind: 'Failed',
      reason: 'release has status: failed',
      interruptedUninstall: true,
    });
  });

  for (const status of ['superseded', 'unknown', 'new-in-helm-5']) {
    it(`is Undetermined at ${status}`, () => {
      const record = recordOf(1, status);
      assert.equal(stateOf([record], { history: [known(record)] }), 'Undetermined');
    });
  }

  it('is InSync when chart, version and values are as wanted', () => {
    assert.equal(stateOf([deployed], { history: [known(deployed)] }), 'InSync');
  });

  it('is OutOfSync when chart name, chart version or values differ', () => {
    const named = recordOf(1, 'deployed', { chartName: 'other' });
    const newer = recordOf(1, 'deployed', { chartVersion: '1.0.0+abc' });
    assert.equal(stateOf([named], { history: [known(named)] }), 'OutOfSync');
    assert.equal(stateOf([newer], { history: [known(newer)] }), 'OutOfSync');
    assert.equal(stateOf([deployed], { history: [known(deployed, 'sha256:two')] }), 'OutOfSync');
  });

  it('is OutOfSync for changed post renderers or common metadata: without a digest on a new generation only', () => {
    const history = [known(deployed)];
    const rendering = { postRenderers: [{ kustomize: { images: [{ name: 'a', newTag: 'b' }] } }] };
    const metadata = { commonMetadata: { labels: { a: 'b' } } };
    for (const spec of [rendering, metadata]) {
      assert.equal(stateOf([deployed], { history, observedGeneration: 0 }, spec), 'OutOfSync');
      assert.equal(stateOf([deployed], { history, observedGeneration: 1 }, spec), 'InSync');
    }
    const observed = postRenderersDigest({ interval: '1m', ...rendering });
    assert.ok(observed !== undefined);
    const status = { history, observedGeneration: 0, observedPostRenderersDigest: observed };
    assert.equal(stateOf([deployed], status, rendering), 'InSync');
    assert.equal(stateOf([deployed], status, {}), 'OutOfSync');
    assert.equal(stateOf([deployed], { ...status, observedGeneration: 1 }, {}), 'OutOfSync');
  });
});
