import { spawnGuarded } from './guarded-process.ts';
import { ToolUnavailableError } from './tool-unavailable-error.ts';

/** What the modules under `tools/` ask for in their `go` lines. */
export const minimumGo = '1.26';

const fix =
  `Install Go ${minimumGo} or later (https://go.dev/dl) and put it in PATH, or set KUBEBUILDER_ASSETS to a folder that holds the binaries ` +
  'at their pinned versions.';

/** The longest that `go version` may take: it can fetch a newer toolchain first when GOTOOLCHAIN lets it. */
const goVersionMs = 120_000;

/**
 * Checks that `go`, run in the module's folder (so that GOTOOLCHAIN and the `go` line have their say), is recent enough.
 *
 * @throws {ToolUnavailableError} GoMissing or GoTooOld.
 */
export async function checkGo(
  env: Readonly<Record<string, string | undefined>>,
  moduleFolder: string,
  wanted: string,
): Promise<void> {
  const go = spawnGuarded({ name: 'go', command: 'go', args: ['version'], env, cwd: moduleFolder });
  const timer = setTimeout(() => go.kill(), goVersionMs);
  const end = await go.ended;
  clearTimeout(timer);
  const said = go.lastLines().join('\n');
  if (end.startError !== undefined || end.code === 127 || end.code === 126) {
    throw new ToolUnavailableError(
      'GoMissing',
      `${wanted} is not in KUBEBUILDER_ASSETS, PATH or the cache and has to be built, but there is no \`go\` in PATH. ${fix}`,
    );
  }
  const version = findGoVersion(said);
  if (end.code !== 0 || version === undefined || !isRecentGo(version)) {
    throw new ToolUnavailableError(
      'GoTooOld',
      `${wanted} has to be built with Go ${minimumGo} or later, but \`go version\` says: ${said || 'nothing'}. ${fix}`,
    );
  }
}

/** `1.26.8` from `go version go1.26.8 linux/amd64`. */
export function findGoVersion(output: string): string | undefined {
  return /\bgo version (?:go|devel go)(\d+\.\d+(?:\.\d+)?)/.exec(output)?.[1];
}

/** Whether a Go version reaches {@link minimumGo}. */
export function isRecentGo(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = minimumGo.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
