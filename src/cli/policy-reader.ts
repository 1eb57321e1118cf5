import { join } from 'node:path';
import { ConfigError, type ServeConfig } from '../config/serve-config.ts';
import { readGitLocation } from '../io/policyfiles/git-location.ts';
import type { PolicyReader } from '../io/policyfiles/policy-reader.ts';
import { folderReader } from '../io/policyfiles/read-folder.ts';
import { DEFAULT_SEARCH_PATH } from '../io/policyfiles/read-policy-files.ts';
import { repositoryReader } from '../io/policyfiles/read-repository.ts';

/** The reader for where the configuration says that policies are. Throws a {@link ConfigError} for a repository's bad name. */
export function policyReader(
  { policies, stateDir }: Pick<ServeConfig, 'policies' | 'stateDir'>,
  searchPath: string = DEFAULT_SEARCH_PATH,
): PolicyReader {
  if (policies.kind === 'folder') return folderReader({ dir: policies.dir, searchPath });
  const { kind: _kind, url, ref, path, ...access } = policies;
  try {
    const location = readGitLocation(url, ref, path);
    return repositoryReader({ ...access, location, searchPath, folder: join(stateDir, 'policies.git') });
  } catch (error) {
    throw new ConfigError(`--policies: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
