import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { auditCommand } from '../../src/cli/audit.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { openAuditFile } from '../../src/io/auditlog/open-audit-file.ts';
import { auditRecord } from '../core/audit/audit-record-fixture.ts';

const folder = await mkdtemp(join(tmpdir(), 'helmgate-audit-cli-'));
after(() => rm(folder, { recursive: true }));

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

function newContext(signal: AbortSignal): { readonly context: CliContext; readonly ran: () => Ran } {
  const texts = { out: '', err: '', code: 0 };
  const sink = (name: 'out' | 'err'): Writable =>
    new Writable({
      write: (chunk, _encoding, done) => {
        texts[name] += String(chunk);
        done();
      },
    });
  const context: CliContext = {
    stdin: new PassThrough(),
    stdout: sink('out'),
    stderr: sink('err'),
    env: { XDG_STATE_HOME: folder },
    cwd: folder,
    signal,
    setExitCode: (code) => {
      texts.code = Math.max(texts.code, code);
    },
  };
  return { context, ran: () => ({ ...texts }) };
}

async function run(...args: readonly string[]): Promise<Ran> {
  const { context, ran } = newContext(new AbortController().signal);
  await auditCommand(context).parseAsync([...args], { from: 'user' });
  return ran();
}

let files = 0;
async function logOf(...names: readonly string[]): Promise<string> {
  const path = join(folder, `cli-${(files += 1)}.jsonl`);
  const log = await openAuditFile({ path, now: () => new Date() });
  for (const name of names) {
    await log.append(
      auditRecord({
        name,
        verdict: name.startsWith('ok') ? 'Allow' : 'Deny',
        findings: name.startsWith('ok') ? [] : auditRecord().findings,
      }),
    );
  }
  await log.close();
  return path;
}

describe('helmgate audit verify', () => {
  it('says how many rows there are, and what a chain cannot show', async () => {
    const path = await logOf('a', 'b', 'c');
    const { out, code } = await run('verify', '--file', path);
    assert.equal(code, 0);
    assert.match(out, /3 rows, the chain is whole\. Last row 3, hash [0-9a-f]{64}\n.*cut-off end/s);
  });

  it('names line and row of the first change and exits 1', async () => {
    const path = await logOf('a', 'b', 'c');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"name":"b"', '"name":"x"'));
    const { out, code } = await run('verify', '--file', path);
    assert.equal(code, 1);
    assert.match(out, /BROKEN at line 2, row 2: the row was changed.*\(HashMismatch\)/);
    const json = JSON.parse((await run('verify', '--file', path, '-o', 'json')).out);
    assert.equal(json.ok, false);
    assert.deepEqual([json.broken.line, json.broken.expectedSeq, json.broken.fault], [2, 2, 'HashMismatch']);
  });

  it('takes an incomplete last line for no row, and says so', async () => {
    const path = await logOf('a');
    await appendFile(path, '{"half');
    const { out, code } = await run('verify', '--file', path);
    assert.equal(code, 0);
    assert.match(out, /1 rows.*incomplete/s);
  });

  it('breaks at a line longer than any row without keeping it', async () => {
    const path = await logOf('a');
    await appendFile(path, `${'x'.repeat(5 * 1024 * 1024)}\n`);
    const { out, code } = await run('verify', '--file', path);
    assert.equal(code, 1);
    assert.match(out, /line 2.*NotARow/);
  });

  it('exits 2 when there is no log', async () => {
    const { err, code } = await run('verify', '--file', join(folder, 'none'));
    assert.equal(code, 2);
    assert.match(err, /ENOENT/);
  });
});

describe('helmgate audit tail and query', () => {
  it('shows the last rows, with rule, file, line and commit', async () => {
    const path = await logOf('a', 'b', 'c');
    const { out } = await run('tail', '--file', path, '-n', '2');
    assert.doesNotMatch(out, /apps\/a /);
    assert.match(
      out,
      /Deny {3}validate CREATE HelmRelease apps\/b by alice\n {4}Deny production\/sources SourceNotAllowed: the URL is not allowed \[production\.yaml:9 at a{12}\]\n/,
    );
    assert.equal(out.split('\n').length, 5);
  });

  it('filters, and exits 1 when nothing matches', async () => {
    const path = await logOf('a', 'ok-b', 'c', 'ok-d');
    const names = async (...args: readonly string[]): Promise<string[]> => {
      const { out } = await run('query', '--file', path, '-o', 'json', ...args);
      return out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).name);
    };
    assert.deepEqual(await names('--verdict', 'Allow'), ['ok-b', 'ok-d']);
    assert.deepEqual(
      await names('--name', 'c', '--namespace', 'apps', '--kind', 'HelmRelease', '--user', 'alice'),
      ['c'],
    );
    assert.deepEqual(await names('--rule', 'production/sources'), ['a', 'c']);
    assert.deepEqual(await names('--limit', '3'), ['a', 'ok-b', 'c']);
    assert.deepEqual(await names('--since', '2026-11-22T12:00:00Z'), ['a', 'ok-b', 'c', 'ok-d']);
    assert.deepEqual(await names('--since', '2026-11-23'), []);
    assert.equal((await run('query', '--file', path, '--namespace', 'other')).code, 1);
  });

  it('refuses a day and an hour that there never were', async () => {
    for (const time of ['2027-02-30T00:00:00Z', '2027-01-01T25:00:00Z', '2027-02-29', 'yesterday']) {
      const { context } = newContext(new AbortController().signal);
      const audit = auditCommand(context);
      for (const each of audit.commands) each.exitOverride().configureOutput({ writeErr: () => {} });
      await assert.rejects(audit.parseAsync(['tail', '--since', time], { from: 'user' }), /is invalid/, time);
    }
  });

  it('prints what users wrote without acting on the terminal', async () => {
    const path = await logOf('\u001b[2Jx\nforged line\u202e');
    const { out } = await run('tail', '--file', path);
    assert.doesNotMatch(out, /\u001b|\u202e|\nforged/);
    assert.match(out, /apps\/\\u001b\[2Jx\\nforged line\\u202e/);
  });

  it('follows a log while it is written', async () => {
    const path = await logOf('a', 'b');
    const stop = new AbortController();
    const { context, ran } = newContext(stop.signal);
    const following = auditCommand(context).parseAsync(
      ['tail', '-f', '-n', '1', '-o', 'json', '--file', path],
      { from: 'user' },
    );
    await sleep(50);
    const log = await openAuditFile({ path, now: () => new Date() });
    await log.append(auditRecord({ name: 'later' }));
    const end = performance.now() + 30_000;
    while (!ran().out.includes('later') && performance.now() < end) await sleep(10);
    stop.abort();
    await following;
    await log.close();
    assert.deepEqual(
      ran()
        .out.split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).name),
      ['b', 'later'],
    );
  });
});
