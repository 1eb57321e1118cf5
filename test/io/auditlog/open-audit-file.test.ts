import assert from 'node:assert/strict';
import {
  appendFile,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import type { AuditRecord } from '../../../src/core/audit/record.ts';
import { verifyChain } from '../../../src/core/audit/verify-chain.ts';
import { openAuditFile } from '../../../src/io/auditlog/open-audit-file.ts';
import { auditRecord } from '../../core/audit/audit-record-fixture.ts';

const folder = await mkdtemp(join(tmpdir(), 'helmgate-audit-'));
after(() => rm(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `log-${(files += 1)}.jsonl`);
const now = (): Date => new Date('2026-11-22T12:00:00.000Z');
const record = (name: string): AuditRecord => auditRecord({ name });

async function lines(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).split('\n').slice(0, -1);
}

describe('the audit log file', () => {
  it('has a row on disk when append resolves, in a file that only its owner reads', async () => {
    const path = newPath();
    const log = await openAuditFile({ path, now });
    await log.append(record('a'));
    const rows = await lines(path);
    assert.equal(rows.length, 1);
    assert.equal(JSON.parse(rows[0] ?? '').name, 'a');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await log.close();
  });

  for (const sync of ['always', 'interval'] as const) {
    it(`chains 500 concurrent rows in the order they were given, with sync ${sync}`, async () => {
      const path = newPath();
      const log = await openAuditFile({ path, now, sync });
      await Promise.all(Array.from({ length: 500 }, (_, n) => log.append(record(`n${n}`))));
      const rows = await lines(path);
      assert.deepEqual(
        rows.map((row) => JSON.parse(row).name),
        Array.from({ length: 500 }, (_, n) => `n${n}`),
      );
      const state = verifyChain(rows);
      assert.equal(state.broken, undefined);
      assert.deepEqual(state.head, log.head());
      await log.close();
    });
  }

  it('continues the chain after a restart', async () => {
    const path = newPath();
    for (const name of ['a', 'b', 'c']) {
      const log = await openAuditFile({ path, now });
      await log.append(record(name));
      await log.close();
    }
    const state = verifyChain(await lines(path));
    assert.equal(state.broken, undefined);
    assert.equal(state.head.seq, 3);
  });

  it('cuts a torn last line off, records its size and digest, and goes on', async () => {
    const path = newPath();
    const first = await openAuditFile({ path, now });
    await first.append(record('a'));
    await first.append(record('b'));
    await first.close();
    const whole = (await stat(path)).size;
    for (const cut of [1, 5, 100]) {
      await truncate(path, whole - cut);
      const log = await openAuditFile({ path, now });
      await log.append(record('c'));
      await log.close();
      const rows = await lines(path);
      assert.equal(verifyChain(rows).broken, undefined);
      assert.deepEqual(
        rows.map((row) => JSON.parse(row).event ?? JSON.parse(row).name),
        ['a', 'AuditTailRepaired', 'c'],
      );
      const { details } = JSON.parse(rows[1] ?? '');
      assert.match(details.sha256, /^[0-9a-f]{64}$/);
      await rm(path);
      const again = await openAuditFile({ path, now });
      await again.append(record('a'));
      await again.append(record('b'));
      await again.close();
    }
  });

  it('begins anew behind a file that holds a torn first row only', async () => {
    const path = newPath();
    await writeFile(path, '{"half');
    const log = await openAuditFile({ path, now });
    assert.equal(log.head().seq, 1);
    assert.equal(verifyChain(await lines(path)).broken, undefined);
    await log.close();
  });

  it('does not continue behind a last row that was changed', async () => {
    const path = newPath();
    const log = await openAuditFile({ path, now });
    await log.append(record('honest'));
    await log.close();
    await writeFile(path, (await readFile(path, 'utf8')).replace('honest', 'forged'));
    await assert.rejects(openAuditFile({ path, now }), { name: 'AuditLogError', fault: 'DamagedTail' });
  });

  it('refuses rows once somebody else wrote to the file, cut it or moved it', async () => {
    const meddle: readonly ((path: string) => Promise<void>)[] = [
      (path) => appendFile(path, 'x\n'),
      (path) => truncate(path, 3),
      (path) => rename(path, `${path}.1`),
      (path) => rm(path),
    ];
    for (const change of meddle) {
      const path = newPath();
      const log = await openAuditFile({ path, now });
      await log.append(record('a'));
      await change(path);
      await assert.rejects(log.append(record('b')), { name: 'AuditLogError', fault: 'ForeignWrite' });
      await log.close();
    }
  });

  it('does not follow a symlink', async () => {
    const path = newPath();
    await symlink(join(folder, 'elsewhere'), path);
    await assert.rejects(openAuditFile({ path, now }), { name: 'AuditLogError', fault: 'Io' });
  });

  it('rejects rows on a full device', { skip: process.platform !== 'linux' }, async () => {
    await assert.rejects(
      (async () => {
        const log = await openAuditFile({ path: '/dev/full', now });
        await log.append(record('a'));
      })(),
      { name: 'AuditLogError' },
    );
  });

  it('rejects rows after it was closed', async () => {
    const log = await openAuditFile({ path: newPath(), now });
    await log.close();
    await log.close();
    await assert.rejects(log.append(record('a')), { name: 'AuditLogError', fault: 'Closed' });
  });
});
