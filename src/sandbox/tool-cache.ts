import { join } from 'node:path';
import { cacheFolder } from '../config/folders.ts';
import type { PinnedTool } from './pinned-tools.ts';

/** Raised when the way of building changes and binaries of the same version have to be built again. */
const recipe: string = '1';

/** The folder of built tools, in the user's cache folder. */
export function toolCacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(cacheFolder(env), 'tools');
}

/** Where a built tool lies: a folder per tool, version and platform, so that it can be put first in PATH. */
export function cachedToolPath(cacheFolder: string, tool: PinnedTool, platform: string): string {
  const suffix = recipe === '1' ? '' : `-${recipe}`;
  return join(
    cacheFolder,
    `${tool.module === 'helm3' ? 'helm' : tool.name}-${tool.version}-${platform}${suffix}`,
    tool.binary,
  );
}
