import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmRelease } from '../../../src/core/api/helm-release.ts';
import { afterAction } from '../../../src/core/release/after-action.ts';
import { beginAction } from '../../../src/core/release/begin-action.ts';
import { beginPass } from '../../../src/core/release/begin-pass.ts';
import { type Removal, removalOnDeletion, removalOnMove } from '../../../src/core/release/removal.ts';
import { runHelm, type Script } from './fake-helm.ts';
import {
  ATTEMPT,
  attemptOf,
  conditionsOf,
  edited,
  passes,
  timeOf,
  type World,
  worldOf,
} from './simulator.ts';

const installed = passes(worldOf(), ATTEMPT, () => 'ok');

function remove(
  world: World,
  removal: Removal,
  script: Script,
): { readonly world: World; readonly next: string } {
  const attempt = {
    ...ATTEMPT,
    releaseName: removal.releaseName,
    releaseNamespace: removal.releaseNamespace,
  };
  const release = { ...world.release, status: beginAction(world.release, removal.plan, timeOf(50)) };
  const ran = runHelm(world.records, removal.plan, attempt, script);
  const { status, next } = afterAction(release, removal.plan, attempt, ran.outcome, timeOf(60));
  return { world: { ...world, records: ran.records, release: { ...release, status } }, next: next.kind };
}

describe('a deleted HelmRelease', () => {
  it('has its release uninstalled where it was made, then its finalizer may go', () => {
    const renamed = edited(installed, { releaseName: 'other', storageNamespace: 'elsewhere' });
    const removal = removalOnDeletion(renamed.release);
    assert.ok(removal !== undefined);
    const { plan: _, ...place } = removal;
    assert.deepEqual(place, { releaseName: 'app', releaseNamespace: 'ns', storageNamespace: 'ns' });
    const { world, next } = remove(renamed, removal, 'ok');
    assert.equal(next, 'finalize');
    assert.deepEqual(conditionsOf(world), [
      'Ready=False UninstallSucceeded',
      'Released=False UninstallSucceeded',
    ]);
    assert.equal(
      world.release.status?.conditions?.find(({ type }) => type === 'Released')?.message,
      'Helm uninstall succeeded for release ns/app.v1 with chart chart@1.0.0',
    );
  });

  it('keeps its finalizer while the uninstall fails', () => {
    const removal = removalOnDeletion(installed.release);
    assert.ok(removal !== undefined);
    const { world, next } = remove(installed, removal, 'fail');
    assert.equal(next, 'backoff');
    assert.deepEqual(conditionsOf(world), [
      'Ready=False UninstallFailed',
      'Reconciling=True ProgressingWithRetry',
      'Released=False UninstallFailed',
    ]);
    assert.equal(world.release.status?.failures, 1);
    assert.notEqual(removalOnDeletion(world.release), undefined);
  });

  it('may go when the release is gone already', () => {
    const removal = removalOnDeletion(installed.release);
    assert.ok(removal !== undefined);
    assert.equal(remove({ ...installed, records: [] }, removal, 'ok').next, 'finalize');
  });

  it('does not believe an uninstall that wrote nothing', () => {
    const removal = removalOnDeletion(installed.release);
    assert.ok(removal !== undefined);
    const outcome = { ok: true, writes: [], durationMs: 1 };
    const { status, next } = afterAction(installed.release, removal.plan, ATTEMPT, outcome, timeOf(60));
    assert.equal(next.kind, 'backoff');
    assert.match(
      status.conditions?.find(({ type }) => type === 'Ready')?.message ?? '',
      /: uninstall completed with error: no Helm storage update$/,
    );
  });

  it('has nothing to uninstall while suspended, or when it never released', () => {
    assert.equal(removalOnDeletion(edited(installed, { suspend: true }).release), undefined);
    assert.equal(removalOnDeletion(worldOf().release), undefined);
  });

  it('has an install uninstalled that was interrupted before its history was written', () => {
    const begun = { ...worldOf().release, status: beginPass(worldOf().release, ATTEMPT) };
    const release: HelmRelease = { ...begun, status: beginAction(begun, { verb: 'Install' }, timeOf(1)) };
    assert.deepEqual(removalOnDeletion(release), {
      plan: { verb: 'Uninstall', purpose: 'deletion' },
      releaseName: 'app',
      releaseNamespace: 'ns',
      storageNamespace: 'ns',
    });
  });
});

describe('a HelmRelease whose target moved', () => {
  const moves = [
    { ...ATTEMPT, releaseName: 'other' },
    { ...ATTEMPT, releaseNamespace: 'other' },
    { ...ATTEMPT, storageNamespace: 'other' },
    { ...ATTEMPT, chart: { name: 'other', version: '1.0.0' } },
  ];
  for (const attempt of moves) {
    it(`has the old release uninstalled: ${JSON.stringify(attempt)}`, () => {
      const removal = removalOnMove(installed.release, attempt);
      assert.ok(removal !== undefined);
      const { world, next } = remove(installed, removal, 'ok');
      assert.equal(next, 'again');
      assert.deepEqual(world.release.status?.history, []);
      assert.equal(world.release.status?.storageNamespace, undefined);
      assert.equal(removalOnMove(world.release, attempt), undefined);
    });
  }

  it('has not moved with another chart version, nor with another chart under InPlaceUpdate', () => {
    assert.equal(removalOnMove(installed.release, attemptOf('2.0.0')), undefined);
    const inPlace = edited(installed, { upgrade: { chartNameChangeStrategy: 'InPlaceUpdate' } }).release;
    assert.equal(removalOnMove(inPlace, { ...ATTEMPT, chart: { name: 'other', version: '1' } }), undefined);
  });

  it('keeps the history while the uninstall fails', () => {
    const attempt = { ...ATTEMPT, releaseName: 'other' };
    const removal = removalOnMove(installed.release, attempt);
    assert.ok(removal !== undefined);
    const { world, next } = remove(installed, removal, 'fail');
    assert.equal(next, 'backoff');
    assert.equal(world.release.status?.history?.[0]?.version, 1);
    assert.notEqual(removalOnMove(world.release, attempt), undefined);
  });
});
