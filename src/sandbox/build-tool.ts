import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { acquireBuildLock } from './build-lock.ts';
import { checkGo } from './go-toolchain.ts';
import { spawnGuarded } from './guarded-process.ts';
import type { PinnedTool } from './pinned-tools.ts';
import { progressSubject, type ToolProgress } from './tool-progress.ts';
import { ToolUnavailableError } from './tool-unavailable-error.ts';

export interface BuildToolOptions {
  readonly tool: PinnedTool;
  /** Where the binary shall lie. */
  readonly target: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly index: number;
  readonly count: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ToolProgress) => void;
}

/** How often a build that goes on says so. */
const stillBuildingMs = 15_000;

/** The folder of the pinned tool modules: beside this file in a checkout, in `src` of the package when installed. */
export function toolModulesFolder(): string {
  const beside = fileURLToPath(new URL('./tools', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../src/sandbox/tools', import.meta.url));
}

/**
 * Builds one pinned tool with `go build` under a lock, to a temporary name that is renamed when the build has succeeded: what
 * lies at `target` is always whole.
 *
 * @throws {ToolUnavailableError} with what to do.
 */
export async function buildTool(options: BuildToolOptions): Promise<void> {
  const { tool, target } = options;
  const moduleFolder = join(toolModulesFolder(), tool.module);
  await checkGo(options.env, moduleFolder, `${tool.name} ${tool.version}`);
  const lockPath = `${dirname(target)}.lock`;
  let lock: Awaited<ReturnType<typeof acquireBuildLock>>;
  try {
    lock = await acquireBuildLock({
      path: lockPath,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onWait: () => options.onProgress?.({ kind: 'waiting', ...progressSubject(tool), lock: lockPath }),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new ToolUnavailableError(
      'CacheUnusable',
      `cannot write to the cache for ${tool.name}: ${said}. Make ${dirname(lockPath)} writable or set XDG_CACHE_HOME to another folder.`,
      { cause: error },
    );
  }
  try {
    if (!existsSync(target)) await runGoBuild(options, moduleFolder);
  } finally {
    await lock.release();
  }
}

async function runGoBuild(options: BuildToolOptions, moduleFolder: string): Promise<void> {
  const { tool, target, index, count, onProgress } = options;
  const subject = progressSubject(tool);
  const began = performance.now();
  const elapsedSeconds = (): number => Math.round((performance.now() - began) / 1000);
  const temporary = join(dirname(target), `.${tool.binary}.${randomBytes(6).toString('hex')}`);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const usualSeconds = tool.usualBuildSeconds;
  onProgress?.({ kind: 'building', ...subject, index, count, usualSeconds });
  const go = spawnGuarded({
    name: `go build ${tool.name}`,
    command: 'go',
    args: goBuildArguments(tool, temporary),
    // A workspace above this folder would replace the pinned module; a C compiler may be missing.
    env: { ...options.env, CGO_ENABLED: '0', GOWORK: 'off' },
    cwd: moduleFolder,
  });
  const timer = setInterval(
    () =>
      onProgress?.({
        kind: 'stillBuilding',
        ...subject,
        index,
        count,
        usualSeconds,
        elapsedSeconds: elapsedSeconds(),
      }),
    stillBuildingMs,
  );
  const abort = (): void => go.kill();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    const end = await go.ended;
    options.signal?.throwIfAborted();
    if (end.code !== 0)
      throw new ToolUnavailableError('BuildFailed', describeBuildFailure(tool, go.lastLines()));
    await rename(temporary, target);
    onProgress?.({ kind: 'built', ...subject, elapsedSeconds: elapsedSeconds() });
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', abort);
    await rm(temporary, { force: true });
  }
}

/** `-mod=readonly` and `-buildvcs=false` win over a GOFLAGS of the user; `-trimpath` makes the binary the same everywhere. */
export function goBuildArguments(tool: PinnedTool, output: string): readonly string[] {
  const linker = ['-s', '-w', ...tool.linkerSettings].join(' ');
  return [
    'build',
    '-mod=readonly',
    '-buildvcs=false',
    '-trimpath',
    `-ldflags=${linker}`,
    '-o',
    output,
    tool.goPackage,
  ];
}

/** Enough for a compiler's complaint or a proxy's answer. */
const shownLines = 12;

export function describeBuildFailure(tool: PinnedTool, lines: readonly string[]): string {
  const said = lines.slice(-shownLines).join('\n');
  const network = /dial tcp|no such host|proxyconnect|i\/o timeout|connection refused|TLS handshake/.test(
    said,
  );
  const fix = network
    ? 'Go could not fetch modules: check the network, or set GOPROXY to a reachable module proxy, and run again.'
    : `Run \`go build ${tool.goPackage}\` in src/sandbox/tools/${tool.module} to see the whole output.`;
  return `building ${tool.name} ${tool.version} failed:\n${said || '(no output)'}\n${fix}`;
}
