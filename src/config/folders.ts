import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Helmgate keeps what can be made again (built tools, compiled code, fetched charts): XDG base directories. */
export function cacheFolder(env: Environment): string {
  return join(absolute(env['XDG_CACHE_HOME']) ?? join(env['HOME'] ?? homedir(), '.cache'), 'helmgate');
}

/** Where Helmgate keeps what must outlive a restart (running sandboxes, the last good policy set). */
export function stateFolder(env: Environment): string {
  return join(
    absolute(env['XDG_STATE_HOME']) ?? join(env['HOME'] ?? homedir(), '.local', 'state'),
    'helmgate',
  );
}

/** The specification says that relative paths in these variables are to be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined;
}
