import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { isJsonObject, type Json } from '../../core/json/json.ts';
import type { PolicyFileText } from './read-policy-files.ts';
import { MAX_POLICY_FOLDER_BYTES } from './walk-folder.ts';

/** The files of the last set that was good, as they are kept across restarts. */
export interface LastGoodSet {
  readonly files: readonly PolicyFileText[];
  readonly commit?: string;
}

/** JSON escapes make a text at most six times as long (`\u0000`). */
const MAX_STORED_BYTES: number = 6 * MAX_POLICY_FOLDER_BYTES;

function storePath(stateDir: string): string {
  return join(stateDir, 'last-good-policies.json');
}

/** Stores the set, whole or not at all: written beside, synced, then renamed. */
export async function storeLastGood(stateDir: string, set: LastGoodSet): Promise<void> {
  const path = storePath(stateDir);
  const beside = `${path}.${process.pid}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(set));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The stored set; undefined when there is none or it cannot be read as one. */
export async function findLastGood(stateDir: string): Promise<LastGoodSet | undefined> {
  try {
    const path = storePath(stateDir);
    if ((await stat(path)).size > MAX_STORED_BYTES) return undefined;
    return asLastGood(JSON.parse(await readFile(path, 'utf8')) as Json);
  } catch {
    return undefined;
  }
}

function asLastGood(stored: Json): LastGoodSet | undefined {
  if (!isJsonObject(stored) || !Array.isArray(stored['files'])) return undefined;
  const files = stored['files'].flatMap((file: Json): PolicyFileText[] => {
    if (!isJsonObject(file)) return [];
    const { path, text } = file;
    return typeof path === 'string' && typeof text === 'string' ? [{ path, text }] : [];
  });
  if (files.length !== stored['files'].length || files.length === 0) return undefined;
  const { commit } = stored;
  return typeof commit === 'string' ? { files, commit } : { files };
}
