import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, describe, it } from 'node:test';

import { certsCommand } from '../../src/cli/certs.ts';
import { checkPair } from '../../src/io/tls/check-pair.ts';

const folder = await mkdtemp(join(tmpdir(), 'helmgate-certs-'));
after(() => rm(folder, { recursive: true }));

async function run(
  ...args: readonly string[]
): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  let code = 0;
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await certsCommand({
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    cwd: folder,
    signal: new AbortController().signal,
    setExitCode: (each) => {
      code = each;
    },
  }).parseAsync([...args], { from: 'user' });
  return { out: String(stdout.read() ?? ''), err: String(stderr.read() ?? ''), code };
}

const read = (name: string, out = 'certs'): Promise<string> => readFile(join(folder, out, name), 'utf8');

describe('helmgate certs', () => {
  it('writes a CA and a pair that it signed, the keys for their owner alone', async () => {
    const { out, code } = await run();
    assert.equal(code, 0);
    assert.match(out, /ca\.key, ca\.crt, tls\.key, tls\.crt/);
    const pair = { certPem: await read('tls.crt'), keyPem: await read('tls.key') };
    assert.ok(checkPair(pair, ['localhost', '127.0.0.1'], new Date()).ok);
    const ca = new X509Certificate(await read('ca.crt'));
    assert.ok(new X509Certificate(pair.certPem).verify(ca.publicKey));
    for (const name of ['ca.key', 'tls.key']) {
      assert.equal((await stat(join(folder, 'certs', name))).mode & 0o777, 0o600);
    }
  });

  it('replaces nothing without --force, and prints the bundle alone on request', async () => {
    await run('--out', 'again');
    const before = await read('ca.key', 'again');
    const refused = await run('--out', 'again');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /--force/);
    assert.equal(await read('ca.key', 'again'), before);
    const { out, code } = await run(
      '--out',
      'again',
      '--force',
      '--ca-bundle',
      '--dns',
      'helmgate.system.svc',
    );
    assert.equal(code, 0);
    assert.notEqual(await read('ca.key', 'again'), before);
    assert.equal(Buffer.from(out, 'base64').toString(), await read('ca.crt', 'again'));
    assert.match(
      new X509Certificate(await read('tls.crt', 'again')).subjectAltName ?? '',
      /DNS:helmgate\.system\.svc/,
    );
  });
});
