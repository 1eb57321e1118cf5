import { GitRepository, type GitRepositoryOptions } from './git-repository.ts';
import { PolicyFilesError } from './policy-files-error.ts';
import type { PolicyReader } from './policy-reader.ts';
import {
  decodePolicyFile,
  isPolicyPath,
  type PolicyFileText,
  type PolicyFolder,
} from './read-policy-files.ts';
import {
  MAX_FOLDER_DEPTH,
  MAX_FOLDER_ENTRIES,
  MAX_POLICY_FILE_BYTES,
  MAX_POLICY_FILES,
  MAX_POLICY_FOLDER_BYTES,
} from './walk-folder.ts';

/** A ref is asked for as often; a hosted repository counts requests by the hour. */
const DEFAULT_INTERVAL_MS = 60_000;

export interface RepositoryReaderOptions extends GitRepositoryOptions {
  readonly intervalMs?: number;
}

/**
 * Policies in a git repository: the files of one commit, read out of its objects. The limits are those of a folder. Links
 * and submodules are refused where a policy file would be.
 */
export function repositoryReader(options: RepositoryReaderOptions): PolicyReader {
  const repository = new GitRepository(options);
  const { url, ref, path } = options.location;
  return {
    place: `${ref} of the policy repository ${url}`,
    settleMs: 0,
    intervalMs: options.intervalMs ?? DEFAULT_INTERVAL_MS,
    fingerprint: () => repository.remoteCommit(),
    async read(): Promise<PolicyFolder> {
      const commit = await repository.fetchCommit();
      const found = await listPolicies(repository, commit, path);
      return { files: await readBlobs(repository, found), commit, dirty: [] };
    },
    async accept({ commit }) {
      if (commit !== undefined) await repository.accept(commit);
    },
  };
}

interface FoundBlob {
  readonly path: string;
  readonly id: string;
  readonly sizeBytes: number;
}

async function listPolicies(
  repository: GitRepository,
  commit: string,
  folder: string,
): Promise<readonly FoundBlob[]> {
  const at = folder === '' ? commit : `${commit}:${folder}`;
  const listing = (await repository.read(['ls-tree', '-r', '-z', '-l', '--full-tree', at])).toString('utf8');
  const entries = listing.split('\0').filter((entry) => entry !== '');
  if (entries.length > MAX_FOLDER_ENTRIES) {
    throw new PolicyFilesError(`the policy repository has more than ${MAX_FOLDER_ENTRIES} entries`);
  }
  const found = entries.flatMap(policyOf).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  if (found.length > MAX_POLICY_FILES)
    throw new PolicyFilesError(`there are more than ${MAX_POLICY_FILES} policy files`);
  const bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes > MAX_POLICY_FOLDER_BYTES) {
    throw new PolicyFilesError(`the policy files have more than ${MAX_POLICY_FOLDER_BYTES} bytes together`);
  }
  return found;
}

/** `MODE TYPE ID SIZE<TAB>PATH`, with spaces in front of the size. */
function policyOf(entry: string): readonly FoundBlob[] {
  const [, mode, id, size, path] = /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t(.+)$/s.exec(entry) ?? [];
  if (mode === undefined || id === undefined || path === undefined || !isPolicyPath(path)) return [];
  const sizeBytes = Number(size);
  if (!mode.startsWith('100')) throw new PolicyFilesError(`${path} is no regular file`);
  if (path.split('/').length > MAX_FOLDER_DEPTH) {
    throw new PolicyFilesError(`${path} lies deeper than ${MAX_FOLDER_DEPTH} folders`);
  }
  if (sizeBytes > MAX_POLICY_FILE_BYTES) {
    throw new PolicyFilesError(`${path} has ${sizeBytes} bytes; at most ${MAX_POLICY_FILE_BYTES} are read`);
  }
  return [{ path, id, sizeBytes }];
}

/** `cat-file --batch` answers `ID TYPE SIZE`, a newline, the bytes, a newline, for each line asked. */
async function readBlobs(
  repository: GitRepository,
  blobs: readonly FoundBlob[],
): Promise<readonly PolicyFileText[]> {
  const output = await repository.read(['cat-file', '--batch'], blobs.map(({ id }) => `${id}\n`).join(''));
  let offset = 0;
  return blobs.map(({ path, id, sizeBytes }) => {
    const head = `${id} blob ${sizeBytes}\n`;
    const start = offset + head.length;
    offset = start + sizeBytes + 1;
    if (output.toString('latin1', start - head.length, start) !== head || output.length < offset) {
      throw new PolicyFilesError(`${path} cannot be read from the policy repository`);
    }
    return { path, text: decodePolicyFile(path, output.subarray(start, offset - 1)) };
  });
}
