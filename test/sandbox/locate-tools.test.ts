import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { findGoVersion, isRecentGo } from '../../src/sandbox/go-toolchain.ts';
import { locateTools } from '../../src/sandbox/locate-tools.ts';
import { getPinnedTool, pinnedTools } from '../../src/sandbox/pinned-tools.ts';
import { cachedToolPath } from '../../src/sandbox/tool-cache.ts';
import { describeToolProgress } from '../../src/sandbox/tool-progress.ts';
import { ToolUnavailableError } from '../../src/sandbox/tool-unavailable-error.ts';

const made: string[] = [];
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'helmgate-test-'));
  made.push(root);
});
after(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** An executable shell script at a path below the test's folder. */
function program(path: string, script: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Only the test's own folders, and the shell: no Go and no Kubernetes of the machine. */
function environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: join(root, 'bin'), HOME: root, XDG_CACHE_HOME: join(root, 'cache'), ...extra };
}

async function failure(promise: Promise<unknown>): Promise<ToolUnavailableError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ToolUnavailableError, String(error));
  return error;
}

const go126 = 'if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit 0; fi';

test('takes a tool of PATH that prints the pinned version and passes over one that does not', async () => {
  program('old/kubectl', 'echo "Client Version: v1.30.0"');
  const pinned = program('new/kubectl', 'echo "Client Version: v1.36.3"');
  const env = environment({ PATH: `${root}/old:relative:${root}/new` });
  assert.deepEqual(await locateTools({ env, tools: ['kubectl'] }), { kubectl: pinned });
});

test('prefers KUBEBUILDER_ASSETS, and passes over a tool there that hangs or fails', async () => {
  const assets = program('assets/etcd', 'echo "etcd Version: 3.7.3"');
  program('bin/etcd', 'echo "etcd Version: 3.7.3"');
  program('assets/kwok', 'exit 1');
  const kwok = program('bin/kwok', 'echo "kwok version v0.8.0"');
  const env = environment({ KUBEBUILDER_ASSETS: join(root, 'assets') });
  assert.deepEqual(await locateTools({ env, tools: ['etcd', 'kwok'] }), { etcd: assets, kwok });
});

test('says that Go is missing, for which tool, and what to do', async () => {
  const error = await failure(locateTools({ env: environment(), tools: ['etcd'] }));
  assert.equal(error.code, 'GoMissing');
  assert.match(error.message, /^etcd v3\.7\.3 is not in KUBEBUILDER_ASSETS, PATH or the cache/);
  assert.match(error.message, /Install Go 1\.26 or later .*KUBEBUILDER_ASSETS/);
});

test('says that Go is too old, and what it said', async () => {
  program('bin/go', 'echo "go version go1.22.1 linux/amd64"');
  const error = await failure(locateTools({ env: environment(), tools: ['etcd'] }));
  assert.equal(error.code, 'GoTooOld');
  assert.match(error.message, /Go 1\.26 or later, but `go version` says: go version go1\.22\.1/);
});

test('a failed build shows the last lines, leaves no binary and no lock, and names the network when that failed', async () => {
  program('bin/go', `${go126}\necho "go: dial tcp: lookup modules.example: no such host" >&2; exit 1`);
  const error = await failure(locateTools({ env: environment(), tools: ['etcd'] }));
  assert.equal(error.code, 'BuildFailed');
  assert.match(error.message, /building etcd v3\.7\.3 failed:\n.*no such host\n.*GOPROXY/);
  const left = readdirSync(join(root, 'cache'), { recursive: true, withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => entry.isFile()).map((entry) => entry.name),
    [],
  );
});

/** Stands for `go build`: writes what follows `-o`, and a line for each run. */
const buildingGo = `${go126}
echo run >> "$HOME/runs"
while [ "$1" != -o ]; do shift; done
/bin/sleep 0.3
printf '#!/bin/sh\\necho built\\n' > "$2"; /bin/chmod 755 "$2"`;

test('builds what is missing into the cache, tells of it, and finds it there the next time', async () => {
  program('bin/go', buildingGo);
  const lines: string[] = [];
  const options = {
    env: environment(),
    tools: ['etcd', 'kwok'] as const,
    onProgress: (progress: Parameters<typeof describeToolProgress>[0]) =>
      lines.push(describeToolProgress(progress)),
  };
  const first = await locateTools(options);
  assert.equal(
    first.etcd,
    cachedToolPath(
      join(root, 'cache/helmgate/tools'),
      getPinnedTool('etcd'),
      `${process.platform}-${process.arch}`,
    ),
  );
  assert.equal(existsSync(first.kwok), true);
  assert.equal(lines[0], 'building etcd v3.7.3 (1 of 2), usual time 34 s on 2 cores');
  assert.match(lines[1] ?? '', /^built etcd v3\.7\.3 in \d+ s$/);
  assert.equal(lines[2], 'building kwok v0.8.0 (2 of 2), usual time 56 s on 2 cores');
  program('bin/go', 'exit 9');
  assert.deepEqual(await locateTools(options), first);
  assert.equal(lines.length, 4);
});

test('two at once build a tool one time; the other waits and says so', async () => {
  program('bin/go', buildingGo);
  const kinds: string[] = [];
  const locate = (): Promise<unknown> =>
    locateTools({ env: environment(), tools: ['etcd'], onProgress: (progress) => kinds.push(progress.kind) });
  const [one, two] = await Promise.all([locate(), locate()]);
  assert.deepEqual(one, two);
  assert.deepEqual(kinds.sort(), ['building', 'built', 'waiting']);
});

test('an abort ends a build and leaves nothing', async () => {
  program('bin/go', `${go126}\n/bin/sleep 60`);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 300);
  const began = performance.now();
  await assert.rejects(
    locateTools({ env: environment(), tools: ['etcd'], signal: controller.signal }),
    /enough/,
  );
  assert.ok(performance.now() - began < 60_000);
  assert.equal(
    readdirSync(join(root, 'cache/helmgate/tools')).some((name) => name.endsWith('.lock')),
    false,
  );
});

test('every pinned tool has a module with a go.mod and a go.sum that pin it', async () => {
  const { readFile } = await import('node:fs/promises');
  const { toolModulesFolder } = await import('../../src/sandbox/build-tool.ts');
  for (const tool of pinnedTools) {
    const goMod = await readFile(join(toolModulesFolder(), tool.module, 'go.mod'), 'utf8');
    assert.ok(goMod.includes(tool.goPackage), `${tool.module}/go.mod has no tool line for ${tool.goPackage}`);
    assert.ok(goMod.includes(` ${tool.version}`), `${tool.module}/go.mod does not pin ${tool.version}`);
    assert.ok(existsSync(join(toolModulesFolder(), tool.module, 'go.sum')));
  }
});

const goVersions: readonly (readonly [string, string | undefined, boolean])[] = [
  ['go version go1.26.8 linux/amd64', '1.26.8', true],
  ['go version go1.26 darwin/arm64', '1.26', true],
  ['go version go1.27rc1 linux/amd64', '1.27', true],
  ['go version go2.0 linux/amd64', '2.0', true],
  ['go version go1.9.7 linux/amd64', '1.9.7', false],
  ['go version go1.25.12 linux/amd64', '1.25.12', false],
  ['go: go.mod requires go >= 1.26.0 (running go 1.22.1; GOTOOLCHAIN=local)', undefined, false],
];
for (const [output, version, recent] of goVersions) {
  test(`reads "${output}" as ${version ?? 'no version'}, ${recent ? 'recent' : 'not recent'} enough`, () => {
    assert.equal(findGoVersion(output), version);
    assert.equal(version !== undefined && isRecentGo(version), recent);
  });
}
