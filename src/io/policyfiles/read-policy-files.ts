import { blobId, type GitState, readGitState } from './git-state.ts';
import { PolicyFilesError } from './policy-files-error.ts';
import { readFound, walkFolder } from './walk-folder.ts';

/** A policy file: its path relative to the folder, with `/` between the parts, and its text. */
export interface PolicyFileText {
  readonly path: string;
  readonly text: string;
}

export interface PolicyFolder {
  /** Sorted by path. */
  readonly files: readonly PolicyFileText[];
  /** The commit whose tree holds exactly these files with exactly these bytes; absent when there is none. */
  readonly commit?: string;
  /** In a git work tree: policy files that differ from HEAD, are new, or are missing. Empty when `commit` is there. */
  readonly dirty: readonly string[];
  /** The repository's own folder, for watching HEAD. */
  readonly gitFolder?: string;
}

export interface ReadOptions {
  /** Where git is looked for, as PATH has it. */
  readonly searchPath?: string;
}

export const DEFAULT_SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * Reads the policy files of a folder, and names the commit they are of. The commit is named only when every policy file is, byte for byte, the
 * blob that HEAD's tree has at its path, and none of that tree's policy files is missing: a line number in a
 * decision then points into `git show COMMIT:PATH`. Filters and line-ending conversion count as a difference. Rejects with a
 * {@link PolicyFilesError}.
 */
export async function readPolicyFiles(folder: string, options: ReadOptions = {}): Promise<PolicyFolder> {
  const found = await walkFolder(folder);
  const read = await Promise.all(
    found.map(async (file) => ({ path: file.path, bytes: await readFound(file) })),
  );
  const files = read.map(({ path, bytes }) => ({ path, text: decodePolicyFile(path, bytes) }));
  const git = await readGitState(folder, options.searchPath ?? DEFAULT_SEARCH_PATH);
  if (git === undefined) return { files, dirty: [] };
  const dirty = differences(read, git);
  const { commit, gitFolder } = git;
  return dirty.length === 0 && files.length > 0
    ? { files, commit, dirty, gitFolder }
    : { files, dirty, gitFolder };
}

/** The text of a policy file. Throws a {@link PolicyFilesError} when its bytes are no UTF-8. */
export function decodePolicyFile(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PolicyFilesError(`${path} is not valid UTF-8`, { cause });
  }
}

function differences(
  read: readonly { readonly path: string; readonly bytes: Buffer }[],
  git: GitState,
): readonly string[] {
  const here = new Set(read.map(({ path }) => path));
  const changed = read
    .filter(({ path, bytes }) => git.blobs.get(path) !== blobId(bytes, git.commit))
    .map(({ path }) => path);
  const missing = [...git.blobs.keys()].filter((path) => isPolicyPath(path) && !here.has(path));
  return [...changed, ...missing].sort();
}

/** As walk-folder.ts chooses files. */
export function isPolicyPath(path: string): boolean {
  return /\.ya?ml$/.test(path) && !path.split('/').some((part) => part.startsWith('.'));
}
