import { createHash } from 'node:crypto';

import { runGit } from './run-git.ts';

/** What git says about a folder. */
export interface GitState {
  /** Object id of HEAD. */
  readonly commit: string;
  /** The repository's own folder (`.git`, or that of a linked work tree). */
  readonly gitFolder: string;
  /** Object ids of the files below the folder in that commit, by path relative to the folder. */
  readonly blobs: ReadonlyMap<string, string>;
}

const GIT_TIMEOUT_MS = 5_000;

/**
 * The commit that a folder's work tree is at, and what it holds below the folder. Undefined when the folder lies in no git work tree, has no
 * commit yet, or git is not there or fails: the commit is a courtesy to readers, never a condition.
 */
export async function readGitState(folder: string, searchPath: string): Promise<GitState | undefined> {
  try {
    const head = await git(folder, searchPath, ['rev-parse', '--absolute-git-dir', 'HEAD^{commit}']);
    const [gitFolder, commit] = head.trimEnd().split('\n');
    if (gitFolder === undefined || commit === undefined || !OBJECT_ID.test(commit)) return undefined;
    const listing = await git(folder, searchPath, ['ls-tree', '-r', '-z', commit]);
    return { commit, gitFolder, blobs: readListing(listing) };
  } catch {
    return undefined;
  }
}

/** The id that git gives to a blob of these bytes, by the hash of the repository's other ids. */
export function blobId(bytes: Buffer, like: string): string {
  const algorithm = like.length === SHA256_ID_LENGTH ? 'sha256' : 'sha1';
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const SHA256_ID_LENGTH = 64;

/** `MODE blob ID<TAB>PATH`, each ended by NUL, paths relative to the folder git was called in. */
function readListing(listing: string): ReadonlyMap<string, string> {
  const blobs = new Map<string, string>();
  for (const entry of listing.split('\0')) {
    const [, id, path] = /^100[0-7]{3} blob ([0-9a-f]+)\t(.+)$/s.exec(entry) ?? [];
    if (id !== undefined && path !== undefined) blobs.set(path, id);
  }
  return blobs;
}

async function git(folder: string, searchPath: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runGit({ folder, searchPath, args, timeoutMs: GIT_TIMEOUT_MS });
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.toString('utf8');
}
