import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmRelease } from '../../../src/core/api/helm-release.ts';
import { afterBlock, type BlockReason, withCompliance } from '../../../src/core/release/block.ts';
import { ATTEMPT, conditionsOf, passes, timeOf, type World, worldOf } from './simulator.ts';

const installed = passes(worldOf(), ATTEMPT, () => 'ok');
const editedRelease: HelmRelease = {
  ...installed.release,
  metadata: {
    ...installed.release.metadata,
    generation: 2,
    annotations: { 'reconcile.fluxcd.io/requestedAt': 'x' },
  },
};

function shown(release: HelmRelease, status: HelmRelease['status']): readonly string[] {
  const world: World = { ...installed, release: status === undefined ? release : { ...release, status } };
  return conditionsOf(world);
}

const rows: readonly (readonly [BlockReason, extra: string, next: string, observed: number])[] = [
  ['DependencyNotReady', 'Reconciling=True ProgressingWithRetry', 'retryAfter 30000', 1],
  ['SourceNotReady', 'Reconciling=True ProgressingWithRetry', 'retryAfter 30000', 1],
  ['ValuesError', 'Reconciling=True ProgressingWithRetry', 'backoff undefined', 1],
  ['ArtifactFailed', 'Reconciling=True ProgressingWithRetry', 'backoff undefined', 1],
  ['AccessDenied', 'Stalled=True AccessDenied', 'stalled undefined', 2],
  ['InvalidCELExpression', 'Stalled=True InvalidCELExpression', 'stalled undefined', 2],
  ['UnsupportedSource', 'Stalled=True UnsupportedSource', 'stalled undefined', 2],
  ['UnsupportedField', 'Stalled=True UnsupportedField', 'stalled undefined', 2],
  ['SharedOwnership', 'Stalled=True SharedOwnership', 'stalled undefined', 2],
  ['DuplicateRelease', 'Stalled=True DuplicateRelease', 'stalled undefined', 2],
  ['PolicyDenied', 'Stalled=True PolicyDenied', 'stalled 600000', 2],
  ['Held', 'Reconciling=True Held', 'retryAfter 600000', 1],
];

describe('a pass that is stopped before it looks at the release', () => {
  for (const [reason, extra, expected, observed] of rows) {
    it(`shows ${reason}, touches nothing else and goes on with ${expected}`, () => {
      const { status, next } = afterBlock(editedRelease, { reason, message: 'why' }, timeOf(100));
      assert.deepEqual(
        shown(editedRelease, status),
        [`Ready=False ${reason}`, extra, 'Released=True InstallSucceeded'].toSorted((a, b) =>
          a < b ? -1 : 1,
        ),
      );
      assert.equal(`${next.kind} ${'afterMs' in next ? next.afterMs : undefined}`, expected);
      assert.equal(status.observedGeneration, observed);
      assert.equal(status.lastHandledReconcileAt, 'x');
      const { conditions: _, observedGeneration: __, lastHandledReconcileAt: ___, ...rest } = status;
      const { conditions: a, observedGeneration: b, ...before } = installed.release.status ?? {};
      assert.ok(a && b);
      assert.deepEqual(rest, before);
    });
  }

  it('is Ready again in the next pass that finds the release in sync', () => {
    const { status } = afterBlock(installed.release, { reason: 'PolicyDenied', message: 'why' }, timeOf(100));
    const world = passes({ ...installed, release: { ...installed.release, status } }, ATTEMPT, () => 'ok');
    assert.deepEqual(conditionsOf(world), ['Ready=True InstallSucceeded', 'Released=True InstallSucceeded']);
    assert.deepEqual(world.actions, installed.actions);
  });
});

describe('a running release that comes to violate a policy', () => {
  it('stays ready with PolicyCompliant=False beside it, which goes when it complies again', () => {
    const status = withCompliance(installed.release, 'VersionNotAllowed: 1.0.0', timeOf(100));
    assert.deepEqual(shown(installed.release, status), [
      'PolicyCompliant=False PolicyViolated',
      'Ready=True InstallSucceeded',
      'Released=True InstallSucceeded',
    ]);
    const again = withCompliance({ ...installed.release, status }, undefined, timeOf(200));
    assert.deepEqual(again, installed.release.status);
  });
});
