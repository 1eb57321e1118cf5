import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_POLICIES } from './load-policies.ts';

/**
 * The policy folder that is taken when none is named, as it is written; or why there is none. A folder of several sets, each in a folder of
 * its own, is no set: which of them are meant is for the user to say.
 */
export async function findUsualPolicies(
  cwd: string,
): Promise<{ readonly path: string } | { readonly why: string }> {
  const entries = await entriesOf(join(cwd, DEFAULT_POLICIES));
  if (entries === undefined) return { why: `there is no ./${DEFAULT_POLICIES}` };
  if (entries.some(({ name }) => isPolicyFile(name))) return { path: DEFAULT_POLICIES };
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${DEFAULT_POLICIES}/${name}`);
  const sets: string[] = [];
  for (const folder of folders.sort()) if (await holdsPolicies(join(cwd, folder))) sets.push(folder);
  if (sets.length === 0) return { path: DEFAULT_POLICIES };
  return { why: `./${DEFAULT_POLICIES} holds no policies itself; there are ${sets.join(', ')}` };
}

async function entriesOf(folder: string): Promise<readonly Dirent[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  return entries?.filter(({ name }) => !name.startsWith('.'));
}

function isPolicyFile(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

/** Whether one of a folder's own files looks like a policy; tests and manifests lie in folders of their own as well. */
async function holdsPolicies(folder: string): Promise<boolean> {
  for (const entry of (await entriesOf(folder)) ?? []) {
    if (!entry.isFile() || !isPolicyFile(entry.name)) continue;
    const text = await readFile(join(folder, entry.name), 'utf8').catch(() => '');
    if (/^kind: *["']?Policy\b/m.test(text)) return true;
  }
  return false;
}
