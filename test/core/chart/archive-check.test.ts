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
  ['web/charts/README.md', 'skip'],
  ['web/charts/tgz', 'skip'],
  ['web/charts/x.tgz.md', 'skip'],
  ['web/xcharts/sub-1.0.0.tgz', 'skip'],
  ['web/values.schema.json.md', 'skip'],
  ['web/C:x', 'skip'],
  ['web/a...b', 'skip'],
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

test('takes directories, with and without a slash at their end, as often as they come', () => {
  const check = newCheck();
  for (const name of [
    'web',
    'web/',
    'web/templates/',
    'web/templates',
    'web/templates/',
    'web/charts/x.tgz/',
  ]) {
    const directory = file(name, { type: 'directory', sizeBytes: 0 });
    assert.deepEqual(check.admit(directory), { ok: true, use: 'skip' }, name);
  }
  for (const name of ['other', 'other/', 'webs/x']) {
    const verdict = check.admit(file(name, { type: 'directory', sizeBytes: 0 }));
    assert.match(verdict.ok ? '' : verdict.message, /is outside the chart directory "web"/);
  }
  for (const name of ['web//', 'web/./', '/', 'web/../']) {
    assert.equal(check.admit(file(name, { type: 'directory', sizeBytes: 0 })).ok, false, name);
  }
  assert.equal(check.finish(), 'Chart.yaml is missing');
});

test('does not take a file for the chart directory', () => {
  for (const name of ['web', 'Chart.yaml', 'x.tgz']) {
    const verdict = newCheck().admit(file(name));
    assert.equal(verdict.ok ? '' : verdict.message, `"${name}" is outside the chart directory`);
  }
});

test('takes what is as large as a limit says, and nothing larger', () => {
  const limits = { maxUnpackedBytes: 10, maxFileBytes: 6, maxMembers: 2, maxNesting: 0 };
  const outcome = (...sizes: readonly number[]) => {
    const check = new ArchiveCheck(limits, { members: 0, unpackedBytes: 0 });
    return sizes.map((sizeBytes, at) => check.admit(file(`web/${at}`, { sizeBytes })).ok);
  };
  assert.deepEqual(outcome(6, 4), [true, true]);
  assert.deepEqual(outcome(7), [false]);
  assert.deepEqual(outcome(6, 5), [true, false]);
  assert.deepEqual(outcome(0, 0, 0), [true, true, false]);
  const longest = `web/${'x'.repeat(1020)}`;
  assert.deepEqual(
    [newCheck().admit(file(longest)).ok, newCheck().admit(file(`${longest}x`)).ok],
    [true, false],
  );
});

test('shows of names and headers that are refused no more than a line takes', () => {
  const long = newCheck().admit(file(`/${'x'.repeat(5_000)}`));
  assert.ok(!long.ok && long.message.startsWith(`"/${'x'.repeat(199)}" `), long.ok ? '' : long.message);
  const odd = newCheck().admit(file('web/x', { paxKeys: ['path', 'y'.repeat(5_000)] }));
  assert.equal(odd.ok ? '' : odd.message, `"web/x" has the extended header "${'y'.repeat(100)}"`);
});

test('passes over extended headers that every reader applies, or that say nothing about content', () => {
  const harmless = ['path', 'size', 'atime', 'ctime', 'mtime', 'uid', 'gid', 'uname', 'gname', 'comment'];
  const tools = [
    'LIBARCHIVE.creationtime',
    'LIBARCHIVE.xattr.a',
    'SCHILY.dev',
    'SCHILY.ino',
    'SCHILY.nlink',
    'SCHILY.fflags',
  ];
  assert.ok(newCheck().admit(file('web/x', { paxKeys: [...harmless, ...tools] })).ok);
  const others = [
    'linkpath',
    'GNU.sparse.major',
    'SCHILY.xattr.a',
    'SCHILY.devx',
    'xpath',
    'pathx',
    'btime',
    'xLIBARCHIVE.a',
    'LIBARCHIVE',
    '',
  ];
  for (const key of others)
    assert.equal(newCheck().admit(file('web/x', { paxKeys: ['path', key] })).ok, false, key);
});
