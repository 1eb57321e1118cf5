import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ARCHIVE_LIMITS,
  ArchiveCheck,
  type ArchiveMember,
  findMismatch,
} from '../../../src/core/chart/archive-check.ts';

const file = (name: string, more: Partial<ArchiveMember> = {}): ArchiveMember => ({
  name,
  type: 'file',
  sizeBytes: 1,
  paxKeys: [],
  ...more,
});
const newCheck = (): ArchiveCheck => new ArchiveCheck(ARCHIVE_LIMITS, { members: 0, unpackedBytes: 0 });

const USES: readonly (readonly [name: string, use: string])[] = [
  ['web/Chart.yaml', 'metadata'],
  ['web/values.yaml', 'skip'],
  ['web/templates/Chart.yaml', 'skip'],
  ['web/values.schema.json', 'schema'],
  ['web/charts/sub/values.schema.json', 'schema'],
  ['web/charts/sub-1.0.0.tgz', 'archive'],
  ['web/charts/sub/charts/deep-1.0.0.tgz', 'archive'],
  ['web/files/data.tgz', 'skip'],
  ['web/..data', 'skip'],
];
test('says of each file what has to be looked at', () => {
  const check = newCheck();
  for (const [name, use] of USES) assert.deepEqual(check.admit(file(name)), { ok: true, use }, name);
  assert.equal(check.finish(), undefined);
});

const REFUSED: readonly (readonly [member: ArchiveMember, why: RegExp])[] = [
  [file('web/../../etc/cron.d/x'), /leads out/],
  [file('../web/x'), /leads out/],
  [file('/etc/passwd'), /absolute/],
  [file('C:/x'), /absolute/],
  [file('web\\..\\x'), /backslash/],
  [file('./web/x'), /dot segment/],
  [file('web//x'), /dot segment/],
  [file('web/x/'), /dot segment/],
  [file('x'), /outside the chart directory/],
  [file('other/x'), /outside the chart directory "web"/],
  [file('web/\u001b[31m'), /control characters/],
  [file(`web/${'x'.repeat(2000)}`), /1024 characters/],
  [file('web/Chart.yaml'), /occurs twice/],
  [file('web/x', { type: 'symlink' }), /is a symlink/],
  [file('web/x', { type: 'link' }), /is a link/],
  [file('web/x', { type: 'character-device' }), /is a character-device/],
  [file('web/x', { type: 'fifo' }), /is a fifo/],
  [file('web/x', { type: null }), /special file/],
  [file('web/x', { paxKeys: ['GNU.sparse.name'] }), /extended header "GNU\.sparse\.name"/],
  [file('web/x', { paxKeys: ['global path'] }), /extended header "global path"/],
  [file('web/x', { sizeBytes: 5 * 1024 * 1024 + 1 }), /more than 5242880 bytes/],
  [file('web/d', { type: 'directory', sizeBytes: 512 }), /directory with content/],
];
for (const [member, why] of REFUSED) {
  test(`refuses ${JSON.stringify(member.name.slice(0, 30))} (${member.type}) because it ${why.source}`, () => {
    const check = newCheck();
    assert.ok(check.admit(file('web/Chart.yaml')).ok);
    const verdict = check.admit(member);
    if (verdict.ok) assert.fail('was admitted');
    assert.match(verdict.message, why);
    assert.doesNotMatch(verdict.message, /\u001b/);
  });
}

test('counts files and bytes of nested archives together', () => {
  const limits = { ...ARCHIVE_LIMITS, maxMembers: 3, maxUnpackedBytes: 100 };
  const tally = { members: 0, unpackedBytes: 0 };
  assert.ok(new ArchiveCheck(limits, tally).admit(file('a/x', { sizeBytes: 60 })).ok);
  assert.match(
    JSON.stringify(new ArchiveCheck(limits, tally).admit(file('b/x', { sizeBytes: 60 }))),
    /larger than 100 bytes/,
  );
  assert.ok(!new ArchiveCheck(limits, tally).admit(file('c/x', { sizeBytes: 0 })).ok);
  assert.match(
    JSON.stringify(new ArchiveCheck(limits, tally).admit(file('d/x', { sizeBytes: 0 }))),
    /more than 3 files/,
  );
});

test('misses Chart.yaml when it is not at the top', () => {
  const check = newCheck();
  check.admit(file('web/templates/Chart.yaml'));
  assert.equal(check.finish(), 'Chart.yaml is missing');
});

test('names both sides when the archive is not what the index promised', () => {
  assert.equal(findMismatch({ name: 'a', version: '1.0.0' }, 'a', '1.0.0'), undefined);
  assert.match(findMismatch({ name: 'b', version: '1.0.0' }, 'a', '1.0.0') ?? '', /"b".*"a"/);
  assert.match(findMismatch({ name: 'a', version: '1.0.0' }, 'a', '1.0.1') ?? '', /"1\.0\.0".*"1\.0\.1"/);
});
