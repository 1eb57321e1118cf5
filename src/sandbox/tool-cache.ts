import { join } from 'node:path';
import type { PinnedTool } from './pinned-tools.ts';

/** Raised when the way of building changes and binaries of the same version have to be built again. */
const recipe = 1;

/**
 * The folder of built tools: `helmgate/tools` in the user's cache folder (XDG_CACHE_HOME, which the XDG base directory
 * specification wants absolute, else `~/.cache`).
 */
export function toolCacheFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const xdg = env['XDG_CACHE_HOME'];
  const cache = xdg?.startsWith('/') === true ? xdg : join(home, '.cache');
  return join(cache, 'helmgate', 'tools');
}

/** Where a built tool lies: a folder per tool, version and platform, so that it can be put first in PATH. */
export function cachedToolPath(cacheFolder: string, tool: PinnedTool, platform: string): string {
  const suffix = recipe === 1 ? '' : `-${recipe}`;
  return join(
    cacheFolder,
    `${tool.module === 'helm3' ? 'helm' : tool.name}-${tool.version}-${platform}${suffix}`,
    tool.binary,
  );
}
