import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReleaseAction, Snapshot } from '../../../src/core/api/helm-release.ts';
import {
  newestSnapshots,
  type ObservedWrite,
  previousDeployed,
  recordWrites,
  truncateHistory,
} from '../../../src/core/release/history.ts';
import { snapshotOf } from '../../../src/core/release/snapshot.ts';
import { recordOf } from './fake-helm.ts';

const now = '2026-01-01T00:00:00Z';

function snapshot(version: number, status: string, action: ReleaseAction = 'upgrade'): Snapshot {
  return snapshotOf(recordOf(version, status), { action, configDigest: `sha256:${version}`, now });
}

function write(
  verb: ObservedWrite['verb'],
  version: number,
  recordStatus: string,
  status = 200,
): ObservedWrite {
  const name = `sh.helm.release.v1.app.v${version}`;
  return verb === 'delete'
    ? { verb, name, status }
    : { verb, name, status, release: recordOf(version, recordStatus) };
}

function recorded(
  history: readonly Snapshot[],
  action: ReleaseAction,
  ...writes: readonly ObservedWrite[]
): readonly string[] {
  return recordWrites(history, writes, { action, configDigestOf: () => 'sha256:new', now }).map(
    (entry) => `${entry.version} ${entry.status} ${entry.action} ${entry.configDigest}`,
  );
}

describe('the history after the writes of an action', () => {
  it('holds the revision that was made, and the new status of the one before', () => {
    assert.deepEqual(
      recorded(
        [snapshot(1, 'deployed', 'install')],
        'upgrade',
        write('create', 2, 'pending-upgrade', 201),
        write('update', 1, 'superseded'),
        write('update', 2, 'deployed'),
      ),
      ['2 deployed upgrade sha256:new', '1 superseded install sha256:1'],
    );
  });

  it('holds nothing of a write that was refused', () => {
    assert.deepEqual(recorded([], 'install', write('create', 1, 'pending-install', 403)), []);
  });

  it('leaves out an older revision that it did not know', () => {
    assert.deepEqual(
      recorded([], 'upgrade', write('create', 8, 'deployed'), write('update', 7, 'superseded')),
      ['8 deployed upgrade sha256:new'],
    );
  });

  it('loses what an upgrade prunes, and shows what an uninstall deletes as uninstalled', () => {
    const history = [snapshot(2, 'deployed'), snapshot(1, 'superseded')];
    assert.deepEqual(recorded(history, 'upgrade', write('create', 3, 'deployed'), write('delete', 1, '')), [
      '3 deployed upgrade sha256:new',
      '2 deployed upgrade sha256:2',
    ]);
    const gone = recordWrites(
      history,
      [write('update', 2, 'uninstalling'), write('delete', 2, ''), write('delete', 1, '')],
      { action: 'uninstall-remediation', configDigestOf: () => '', now },
    );
    assert.deepEqual(
      gone.map(({ version, status, action, deleted }) => [version, status, action, deleted]),
      [
        [2, 'uninstalled', 'uninstall-remediation', now],
        [1, 'uninstalled', 'uninstall-remediation', now],
      ],
    );
  });

  it('never holds more than twenty, among them the revision to roll back to', () => {
    const failures = Array.from({ length: 40 }, (_, index) => snapshot(42 - index, 'failed'));
    const history = recordWrites([...failures, snapshot(1, 'superseded')], [write('create', 43, 'failed')], {
      action: 'upgrade',
      configDigestOf: () => '',
      now,
    });
    assert.equal(history.length, 20);
    assert.equal(history[0]?.version, 43);
    assert.equal(history.at(-1)?.version, 1);
  });
});

describe('a history that is cut', () => {
  const failed = (version: number): Snapshot => snapshot(version, 'failed');

  it('ends with the revision to roll back to', () => {
    const history = [
      snapshot(5, 'deployed'),
      failed(4),
      snapshot(3, 'superseded'),
      snapshot(2, 'superseded'),
    ];
    assert.equal(previousDeployed(history)?.version, 3);
    assert.deepEqual(truncateHistory(history), history.slice(0, 3));
  });

  it('keeps the newest five without one', () => {
    const history = [7, 6, 5, 4, 3, 2].map(failed);
    assert.equal(previousDeployed(history), undefined);
    assert.deepEqual(truncateHistory(history), history.slice(0, 5));
    assert.deepEqual(
      newestSnapshots([snapshot(8, 'deployed'), snapshot(7, 'superseded'), ...history]).length,
      5,
    );
  });

  it('does not take the latest for its own rollback target', () => {
    assert.equal(previousDeployed([snapshot(1, 'deployed')]), undefined);
    assert.equal(previousDeployed([]), undefined);
  });
});

describe('a snapshot', () => {
  it('has times in whole seconds and leaves out what the record lacks', () => {
    const taken = snapshotOf(
      recordOf(3, 'deployed', { lastDeployed: '2026-02-03T04:05:06.7+02:00', firstDeployed: '' }),
      { configDigest: 'sha256:x', now },
    );
    const { digest, ...rest } = taken;
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      name: 'app',
      namespace: 'ns',
      version: 3,
      status: 'deployed',
      chartName: 'chart',
      chartVersion: '1.0.0',
      configDigest: 'sha256:x',
      firstDeployed: now,
      lastDeployed: '2026-02-03T04:05:06+02:00',
    });
  });

  it('changes its digest with the record', () => {
    const digests = [
      recordOf(1, 'deployed'),
      recordOf(2, 'deployed'),
      recordOf(1, 'failed'),
      recordOf(1, 'deployed', { manifest: 'a: 1' }),
      recordOf(1, 'deployed', { config: { a: 1 } }),
    ].map((record) => snapshotOf(record, { configDigest: '', now }).digest);
    assert.equal(new Set(digests).size, digests.length);
  });
});
