import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ARCHIVE_LIMITS } from '../../../src/core/chart/archive-check.ts';
import { BadArchiveError, inspectArchive } from '../../../src/io/chart/archive-inspect.ts';
import { type Member, packChart, packTgz } from './packaged-chart.ts';

const BLOCK = 512;

/** A tar member written byte by byte, for what no packer writes. */
function rawMember(name: string, typeflag: string, content: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(typeflag, 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / BLOCK) * BLOCK);
  body.write(content);
  return Buffer.concat([header, body]);
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const guess = rest.length + 2;
  return `${String(guess).length + rest.length === guess ? guess : rest.length + String(rest.length + 3).length}${rest}`;
}

function rawTgz(...members: readonly Buffer[]): Buffer {
  return gzipSync(Buffer.concat([...members, Buffer.alloc(2 * BLOCK)]));
}

const CHART_YAML = rawMember('web/Chart.yaml', '0', 'apiVersion: v2\nname: web\nversion: 1.0.0\n');

async function fault(tgz: Buffer, limits = ARCHIVE_LIMITS): Promise<string> {
  const outcome = await inspectArchive(Readable.from([tgz]), limits).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof BadArchiveError, String(outcome));
  return outcome.message;
}

test('reads the metadata of charts that tar and git write, with their harmless extended headers', async () => {
  const comment = rawMember('pax_global_header', 'g', paxRecord('comment', 'abc'));
  const times = rawMember('web/PaxHeaders/Chart.yaml', 'x', paxRecord('mtime', '1700000000.5'));
  for (const tgz of [rawTgz(CHART_YAML), rawTgz(comment, CHART_YAML), rawTgz(times, CHART_YAML)]) {
    const metadata = await inspectArchive(Readable.from([tgz]), ARCHIVE_LIMITS);
    assert.deepEqual(metadata, { name: 'web', version: '1.0.0' });
  }
});

test('refuses a global header that could show another reader other names', async () => {
  const global = rawMember('pax_global_header', 'g', paxRecord('path', 'web/notes.txt'));
  const local = rawMember('web/PaxHeaders/x', 'x', paxRecord('mtime', '1'));
  const hidden = rawMember('web/values.schema.json', '0', '{"$ref":"http://127.0.0.1/"}');
  assert.match(await fault(rawTgz(CHART_YAML, global, local, hidden)), /extended header "global path"/);
});

test('judges the name that an extended header gives', async () => {
  const renamed = rawMember('web/PaxHeaders/x', 'x', paxRecord('path', 'web/../../../etc/cron.d/x'));
  assert.match(await fault(rawTgz(CHART_YAML, renamed, rawMember('web/x', '0', 'x'))), /leads out/);
});

const KINDS: readonly (readonly [typeflag: string, why: RegExp])[] = [
  ['1', /is a link/],
  ['2', /is a symlink/],
  ['3', /is a character-device/],
  ['4', /is a block-device/],
  ['6', /is a fifo/],
  ['7', /is a contiguous-file/],
  ['S', /special file/],
];
for (const [typeflag, why] of KINDS) {
  test(`refuses a member of type ${typeflag}`, async () => {
    assert.match(await fault(rawTgz(CHART_YAML, rawMember('web/x', typeflag, ''))), why);
  });
}

test('refuses more than 10,000 files', async () => {
  const members = Array.from({ length: 10_001 }, (_, n): Member => ({ name: `web/f${n}`, text: '' }));
  assert.match(await fault(await packTgz(members)), /one of more than 10000 files/);
});

test('stops unpacking at the limit, in one file, in many, and in what is no file', async () => {
  const limits = { ...ARCHIVE_LIMITS, maxUnpackedBytes: 1_000_000, maxFileBytes: 500_000, maxMembers: 20 };
  const many = Array.from({ length: 10 }, (_, n) => rawMember(`web/${n}`, '0', 'x'.repeat(400_000)));
  assert.match(await fault(rawTgz(CHART_YAML, ...many), limits), /larger than 1000000 bytes/);
  assert.match(
    await fault(rawTgz(CHART_YAML, rawMember('web/a', '0', 'x'.repeat(600_000))), limits),
    /500000 bytes/,
  );
  const trailing = gzipSync(Buffer.concat([CHART_YAML, Buffer.alloc(50_000_000)]));
  assert.match(await fault(trailing, limits), /more than 1081920 bytes/);
});

test('looks into charts within charts, down to a depth', async () => {
  let tgz = await packChart('deep', '1.0.0');
  for (let level = 0; level < 7; level += 1) {
    const good = level < ARCHIVE_LIMITS.maxNesting + 1;
    if (good)
      assert.equal(
        (await inspectArchive(Readable.from([tgz]), ARCHIVE_LIMITS)).name,
        level === 0 ? 'deep' : 'up',
      );
    else assert.match(await fault(tgz), /nested deeper than 5/);
    tgz = await packChart('up', '1.0.0', [{ name: 'up/charts/sub-1.0.0.tgz', text: tgz }]);
  }
  const broken = await packChart('up', '1.0.0', [{ name: 'up/charts/sub-1.0.0.tgz', text: 'no archive' }]);
  assert.match(await fault(broken), /up\/charts\/sub-1\.0\.0\.tgz: not a readable \.tgz/);
});

test('names the file and the fault of a Chart.yaml that cannot be read', async () => {
  assert.match(
    await fault(rawTgz(rawMember('web/Chart.yaml', '0', 'name: web\n'))),
    /apiVersion is required/,
  );
  const long = rawMember('web/Chart.yaml', '0', `# ${'x'.repeat(300_000)}\n`);
  assert.match(await fault(rawTgz(long)), /web\/Chart\.yaml: not UTF-8, or more than 262144 bytes/);
  const other = rawMember('web/charts/sub/Chart.yaml', '0', 'apiVersion: v2\nname: sub\nversion: 9.9.9\n');
  assert.equal(
    (await inspectArchive(Readable.from([rawTgz(other, CHART_YAML)]), ARCHIVE_LIMITS)).name,
    'web',
  );
});

test('is a fault of the disk, not of the chart, when the file cannot be read', async () => {
  const { createReadStream } = await import('node:fs');
  await assert.rejects(inspectArchive(createReadStream('/nonexistent.tgz'), ARCHIVE_LIMITS), {
    code: 'ENOENT',
  });
});
