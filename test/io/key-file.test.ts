import assert from 'node:assert/strict';
import { mkdtempDisposable, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { KeyFileError, openKeyFile } from '../../src/io/key-file.ts';

describe('a key file', () => {
  it('is made once, for its owner only, and the same for all that open it at once', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'helmgate-key-'));
    const path = join(folder.path, 'key');
    const keys = await Promise.all(Array.from({ length: 20 }, () => openKeyFile(path)));
    assert.equal(new Set(keys.map((key) => key.toString('hex'))).size, 1);
    assert.equal(keys[0]?.length, 32);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder.path), ['key']);
  });

  it('that is there is read, with or without a line end', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'helmgate-key-'));
    const path = join(folder.path, 'key');
    await writeFile(path, `${'ab'.repeat(32)}\n`);
    assert.deepEqual(await openKeyFile(path), Buffer.alloc(32, 0xab));
  });

  for (const text of ['', 'ab', `${'ab'.repeat(32)}c`, 'x'.repeat(64)]) {
    it(`that holds ${JSON.stringify(text.slice(0, 8))} (${text.length}) is refused, and left as it is`, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'helmgate-key-'));
      const path = join(folder.path, 'key');
      await writeFile(path, text);
      await assert.rejects(openKeyFile(path), KeyFileError);
      assert.equal((await stat(path)).size, text.length);
    });
  }
});
