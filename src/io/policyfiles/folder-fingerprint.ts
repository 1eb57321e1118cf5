import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { walkFolder } from './walk-folder.ts';

/** What git rewrites when HEAD moves: HEAD itself on a checkout, its log on any move, the index on each commit. */
const GIT_FILES = ['HEAD', 'logs/HEAD', 'index'] as const;

/**
 * A text that changes when a policy folder may have: names and stamps of its files, and of what git rewrites when HEAD moves. It
 * reads no file and starts no process. A folder that cannot be walked has its error as the fingerprint.
 */
export async function folderFingerprint(folder: string, gitFolder: string | undefined): Promise<string> {
  const files = await walkFolder(folder).then(
    (found) => found.map(({ path, stamp }) => `${path}\0${stamp}`),
    (error: unknown) => [error instanceof Error ? error.message : 'unreadable'],
  );
  const git =
    gitFolder === undefined ? [] : await Promise.all(GIT_FILES.map((name) => stampOf(join(gitFolder, name))));
  return [...files, ...git].join('\n');
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}`;
  } catch {
    return '-';
  }
}
