import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { buildTool } from './build-tool.ts';
import { spawnGuarded } from './guarded-process.ts';
import { getPinnedTool, type PinnedTool, sandboxTools, type ToolName } from './pinned-tools.ts';
import { printsVersion } from './printed-version.ts';
import { cachedToolPath, toolCacheFolder } from './tool-cache.ts';
import type { ToolProgress } from './tool-progress.ts';

export interface LocateToolsOptions<Name extends ToolName> {
  /** Read for KUBEBUILDER_ASSETS, PATH, XDG_CACHE_HOME and HOME; `go` gets all of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All that a sandbox needs without it. */
  readonly tools?: readonly Name[];
  /** Paths taken as they are. */
  readonly known?: Readonly<Partial<Record<ToolName, string>>>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ToolProgress) => void;
}

type SandboxTool = Exclude<ToolName, 'helm3'>;

/** The longest that a binary may take to print its version: some print it in 50 ms, a loaded machine takes seconds. */
const versionCheckMs = 10_000;

/**
 * The path of each tool at exactly its pinned version: from KUBEBUILDER_ASSETS, from the cache (built by an earlier run), from
 * PATH, and built into the cache where none of them has it. Binaries of KUBEBUILDER_ASSETS and PATH are asked for their
 * version; those of the cache were built by ourselves and are not.
 *
 * @throws {ToolUnavailableError} when one is missing and cannot be built.
 */
export async function locateTools<Name extends ToolName = SandboxTool>(
  options: LocateToolsOptions<Name>,
): Promise<Readonly<Record<Name, string>>> {
  const names = options.tools ?? (sandboxTools as readonly Name[]);
  const found = new Map<Name, string>();
  await Promise.all(
    names.map(async (name) => {
      const path = options.known?.[name] ?? (await findTool(getPinnedTool(name), options.env));
      if (path !== undefined) found.set(name, path);
    }),
  );
  const missing = names.filter((name) => !found.has(name));
  const cache = toolCacheFolder(options.env);
  for (const [position, name] of missing.entries()) {
    const tool = getPinnedTool(name);
    const target = cachedToolPath(cache, tool, platform());
    await buildTool({
      tool,
      target,
      env: options.env,
      index: position + 1,
      count: missing.length,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
    found.set(name, target);
  }
  return Object.fromEntries(found) as Record<Name, string>;
}

/** The tool at its pinned version without building it; undefined when there is none. */
export async function findTool(
  tool: PinnedTool,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets) {
    const path = join(assets, tool.binary);
    if (await isPinned(path, tool)) return path;
  }
  const cached = cachedToolPath(toolCacheFolder(env), tool, platform());
  if (await isExecutable(cached)) return cached;
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    // A relative entry would make what runs depend on the current folder.
    if (isAbsolute(folder) && (await isPinned(join(folder, tool.binary), tool)))
      return join(folder, tool.binary);
  }
  return undefined;
}

async function isPinned(path: string, tool: PinnedTool): Promise<boolean> {
  if (!(await isExecutable(path))) return false;
  const asked = spawnGuarded({
    name: tool.name,
    command: path,
    args: tool.versionArguments,
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
    cwd: '/',
  });
  const timer = setTimeout(() => asked.kill(), versionCheckMs);
  const end = await asked.ended;
  clearTimeout(timer);
  return end.code === 0 && printsVersion(asked.lastLines().join('\n'), tool.version);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function platform(): string {
  return `${process.platform}-${process.arch}`;
}
