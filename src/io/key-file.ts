import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';

const KEY_BYTES = 32;

/** A file that holds no key; the message says which and what it must hold. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/**
 * The key of 32 bytes that a file holds as 64 hexadecimal digits; a file that does not exist is made, for its owner only, with a random
 * one. Processes that start at once get the same. Throws a {@link KeyFileError} for anything else in it, and what the file system says.
 */
export async function openKeyFile(path: string): Promise<Buffer> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return makeKeyFile(path);
  const digits = text.trim();
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new KeyFileError(
      `${path} must hold a key of 64 hexadecimal digits; \`openssl rand -hex 32\` prints one`,
    );
  }
  return Buffer.from(digits, 'hex');
}

/** The file appears with its whole text, so that nobody reads half a key. */
async function makeKeyFile(path: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await using file = await open(draft, 'wx', 0o600);
    await file.writeFile(`${key.toString('hex')}\n`);
    await link(draft, path);
    return key;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return openKeyFile(path);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
