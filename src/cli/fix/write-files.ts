import { randomUUID } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { counted } from '../output/counted.ts';

/** Why a file was not written; the message names it. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
}

/** What is to be written where, and what must stand there until then. */
export interface FileWrite {
  readonly path: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** A new text beside the file that it will replace. */
interface Staged {
  readonly temporary: string;
  readonly target: string;
}

/**
 * Replaces files, each at once: a reader sees the old text or the new one. All new texts are on disk before the first file is replaced,
 * so that a full disk or a folder without permission leaves every file as it was. Mode and, where that is permitted, owner stay; a
 * link that was named is followed. A file that changed since it was read is left alone.
 */
export async function writeFiles(writes: readonly FileWrite[]): Promise<void> {
  const staged: Staged[] = [];
  try {
    for (const write of writes) staged.push(await stage(write));
    for (const [index, each] of staged.entries()) await replace(each, index);
  } catch (cause) {
    for (const { temporary } of staged) await rm(temporary, { force: true });
    throw cause;
  }
}

async function replace({ temporary, target }: Staged, before: number): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (cause) {
    const others =
      before === 0 ? '' : `; ${counted(before, 'file')} before it ${before === 1 ? 'is' : 'are'} written`;
    throw new WriteError(`${target} cannot be written: ${reason(cause)}${others}`, { cause });
  }
}

async function stage({ path, before, after }: FileWrite): Promise<Staged> {
  let temporary: string | undefined;
  try {
    const target = await realpath(path);
    temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.tmp`);
    await using source = await open(target, 'r');
    if (!before.equals(await source.readFile()))
      throw new WriteError(`${path} has changed since it was read`);
    await using copy = await open(temporary, 'wx', 0o600);
    await copy.writeFile(after);
    await copyRights(source, copy);
    await copy.sync();
    return { temporary, target };
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    if (cause instanceof WriteError) throw cause;
    throw new WriteError(`${path} cannot be written: ${reason(cause)}`, { cause });
  }
}

async function copyRights(from: FileHandle, to: FileHandle): Promise<void> {
  const [wanted, own] = [await from.stat(), await to.stat()];
  if (wanted.uid !== own.uid || wanted.gid !== own.gid) {
    // Only root may give a file away; the text matters more than its owner.
    await to.chown(wanted.uid, wanted.gid).catch(() => {});
  }
  await to.chmod(wanted.mode & 0o7777);
}

function reason(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
