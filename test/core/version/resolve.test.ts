import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolve } from '../../../src/core/version/resolve.ts';

function resolved(text: string, ...versions: readonly string[]): string {
  const result = resolve(
    text,
    versions.map((version) => ({ version })),
  );
  return result.ok ? result.entry.version : result.reason;
}

test('the highest version that satisfies the constraint wins, wherever it stands', () => {
  assert.equal(resolved('>=1.28.0 <2.0.0', '1.27.0', '1.30.0', '2.0.0', '1.28.0'), '1.30.0');
  assert.equal(resolved('^1', '1.9.0', '1.10.0', 'v1.2.0'), '1.10.0');
  assert.equal(resolved('~1.2', 'v1.2.9', '1.2.3'), 'v1.2.9');
});

test('the empty text and * admit releases only', () => {
  for (const text of ['', '*']) assert.equal(resolved(text, '1.0.0', '2.0.0-rc.1'), '1.0.0');
  assert.equal(resolved('*', '2.0.0-rc.1'), 'NoMatch');
  assert.equal(resolved('*-0', '1.0.0', '2.0.0-rc.1'), '2.0.0-rc.1');
});

test('an entry with exactly the text comes before any other, even where it is no version', () => {
  assert.equal(resolved('1.2', '1.2.9', '1.2'), '1.2');
  assert.equal(resolved('latest', '1.0.0', 'latest'), 'latest');
  assert.equal(resolved('1.0.0+a', '1.0.0+b', '1.0.0+a'), '1.0.0+a');
});

test('entries that are no versions, or of fewer than three parts, are skipped', () => {
  assert.equal(resolved('*', 'latest', '9', '9.9', '1.0.0', '2.0.0.0'), '1.0.0');
});

test('of equal versions the newest wins, to the nanosecond and across time zones', () => {
  const entries = [
    { version: '1.0.0+a', created: '2026-01-01T00:00:00.000000001Z' },
    { version: '1.0.0+b', created: '2026-01-01T01:00:00.000000002+01:00' },
    { version: '1.0.0+c', created: '2026-01-01T00:30:00+01:00' },
    { version: '1.0.0+d', created: 'yesterday' },
    { version: '1.0.0+e' },
  ];
  for (const list of [entries, entries.toReversed()]) {
    const result = resolve('1.0.0', list);
    assert.equal(result.ok && result.entry.version, '1.0.0+b');
  }
  assert.equal(resolved('1.0.0', '1.0.0+a', '1.0.0+b'), '1.0.0+b');
});

test('nothing found says why', () => {
  assert.deepEqual(resolve('^1', []), {
    ok: false,
    reason: 'NoEntries',
    message: 'the index has no version of this chart',
  });
  const none = resolve('^3', [{ version: '1.0.0' }, { version: '2.0.0' }]);
  assert.equal(!none.ok && none.message, 'none of the 2 versions in the index satisfies "^3"');
  const invalid = resolve('>=1.0.0<2', [{ version: '1.0.0' }]);
  assert.equal(!invalid.ok && invalid.reason, 'InvalidConstraint');
  assert.match(
    invalid.ok ? '' : invalid.message,
    /^">=1.0.0<2" is no version constraint: .*\(character 8\)$/,
  );
});
