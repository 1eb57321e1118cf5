import { folderFingerprint } from './folder-fingerprint.ts';
import type { PolicyReader } from './policy-reader.ts';
import { readPolicyFiles } from './read-policy-files.ts';

const DEFAULT_INTERVAL_MS = 1_000;
/** An editor or a checkout writes its files within it; a file in mid-write is a shorter policy that may well parse. */
const DEFAULT_SETTLE_MS = 100;

export interface FolderReaderOptions {
  readonly dir: string;
  readonly intervalMs?: number;
  readonly settleMs?: number;
  /** Where git is looked for, as PATH has it. */
  readonly searchPath?: string;
}

/** Policies in a folder on this machine, a mounted ConfigMap or a git work tree among them. */
export function folderReader(options: FolderReaderOptions): PolicyReader {
  const { dir, searchPath, intervalMs = DEFAULT_INTERVAL_MS, settleMs = DEFAULT_SETTLE_MS } = options;
  let gitFolder: string | undefined;
  return {
    place: `the policy folder ${dir}`,
    folder: dir,
    settleMs,
    intervalMs,
    fingerprint: () => folderFingerprint(dir, gitFolder),
    async read() {
      const read = await readPolicyFiles(dir, searchPath === undefined ? {} : { searchPath });
      gitFolder = read.gitFolder;
      return read;
    },
  };
}
