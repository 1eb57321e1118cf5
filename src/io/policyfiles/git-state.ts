import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';

/** What git says about a folder. */
export interface GitState {
  /** Object id of HEAD. */
  readonly commit: string;
  /** The repository's own folder (`.git`, or that of a linked work tree). */
  readonly gitFolder: string;
  /** Object ids of the files below the folder in that commit, by path relative to the folder. */
  readonly blobs: ReadonlyMap<string, string>;
}

/** What every git call starts with: nothing that a repository's own configuration names is ever run. */
const FIXED_ARGUMENTS: readonly string[] = [
  '--no-pager',
  '--no-optional-locks',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'protocol.allow=never',
  // Mounted and checked-out folders often belong to another user. The two commands used here read objects and run nothing.
  '-c',
  'safe.directory=*',
];

/** No configuration of the machine or the user, no lazy fetches, no prompts. */
const FIXED_ENVIRONMENT: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'none',
  HOME: '/nonexistent',
  LC_ALL: 'C',
};

const GIT_TIMEOUT_MS = 5_000;
/** 10,000 entries (walk-folder.ts) of a path of 800 bytes. */
const GIT_MAX_OUTPUT_BYTES: number = 8 * 1024 * 1024;

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

function git(folder: string, searchPath: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      [...FIXED_ARGUMENTS, ...args],
      {
        cwd: folder,
        env: { ...FIXED_ENVIRONMENT, PATH: searchPath },
        timeout: GIT_TIMEOUT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: GIT_MAX_OUTPUT_BYTES,
        encoding: 'utf8',
      },
      (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      },
    );
  });
}
