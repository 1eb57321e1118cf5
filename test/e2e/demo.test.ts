import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { processesOf } from './processes.ts';
import { root } from './stage.ts';

/** A whole demo takes a minute on two cores; three more are for a machine that does a lot besides. */
const DEMO_TIMEOUT_MS = 240_000;

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

describe('npm run demo', () => {
  let scratch: string;
  let temporary: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'hgd-'));
    temporary = join(scratch, 't');
    await mkdir(temporary);
  });
  after(async () => {
    await rm(scratch, { recursive: true, force: true });
  });

  /** Runs it as a user does, through npm, and expects that nothing of it is left when it has ended. */
  async function demo(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const ended = await new Promise<Ended>((resolve) => {
      const options = {
        cwd: root,
        // npm itself caches its compiled code in the temporary folder where nothing else is said.
        env: {
          ...process.env,
          TMPDIR: temporary,
          NODE_COMPILE_CACHE: join(scratch, 'compiled'),
          ...env,
        },
        timeout: DEMO_TIMEOUT_MS,
        maxBuffer: 16 * 1024 * 1024,
      };
      execFile('npm', ['run', 'demo', '--', ...args], options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ exitCode, output: stdout + stderr });
      });
    });
    assert.deepEqual(processesOf(temporary), []);
    assert.deepEqual(await readdir(temporary), []);
    return ended;
  }

  it('plays the whole story, ends 0 and closes with a table of ten steps', async (t) => {
    const began = performance.now();
    const { exitCode, output } = await demo([]);
    t.diagnostic(`took ${Math.round((performance.now() - began) / 1000)} s`);
    assert.equal(exitCode, 0, output);
    assert.equal(output.match(/^ {0,2}\d+\. .+ \d+ ok +\d+\.\d s$/gm)?.length, 10, output);
    const [, checks] = /^ +everything held +(\d+) ok +\d+\.\d s$/m.exec(output) ?? [];
    assert.equal(Number(checks), output.match(/^ {3}ok /gm)?.length);
    for (const shown of [
      // Step 1
      /\$ helmgate create source helm flagger .*--interval 5s --export\n/,
      /\$ helmgate create helmrelease flagger .*--chart-version '\*' --interval 5s .*--export\n/,
      /\$ kubectl apply -f source\.yaml -f release\.yaml\n/,
      // Step 2
      / ok the range \* was narrowed to >=1\.28\.0 <2\.0\.0\n/,
      / +flagger\s+demo\s+1\s.*deployed\s+flagger-1\.30\.0/,
      / ok 2\.0\.0 is in no revision of helm history and was never fetched\n/,
      // Step 3, as kubectl shows it
      /Error from server \(Forbidden\): .*"elsewhere\.yaml".*denied the request: .*policy\.yaml:\d+@[0-9a-f]{12}/,
      /Error from server \(Forbidden\): .*"future\.yaml".*denied the request: .*policy\.yaml:\d+@[0-9a-f]{12}/,
      // Step 5
      /Stalled=True RetriesExceeded Failed to upgrade after 3 attempt\(s\)/,
      /history: v\d+ failed flagger 1\.32\.0 \(upgrade\)/,
      // Step 6
      / ok helmrepository\/mirror: resourceVersion stayed the same from the second repeat on\n/,
      // Step 7
      /rows, the chain is whole/,
      / ok git show [0-9a-f]{12}:policy\.yaml, line \d+, holds rule remediation\n/,
    ]) {
      assert.match(output, shown);
    }
    assert.doesNotMatch(output, /[\x1b\r]/, 'without a terminal there are plain lines only');
  });

  const faults: readonly (readonly [fault: string, says: readonly RegExp[]])[] = [
    [
      'no-loop',
      [
        /^helmgate: waited \d+ s in vain until the loop takes up flagger/m,
        /was `helmgate serve` started with --no-loop\?/,
      ],
    ],
    [
      'no-webhook',
      [
        /^helmgate: expected: the range \* was narrowed to >=1\.28\.0 <2\.0\.0; seen: "\*"$/m,
        /there is no mutatingwebhookconfiguration helmgate/,
      ],
    ],
    [
      'no-policies',
      [
        /policies refused: the policy folder \S+ holds no \*\.yaml files/,
        /^helmgate: helmgate serve has no valid policies/m,
      ],
    ],
    [
      'broken-at-start',
      [
        /policies refused: policy\.yaml:\d+:\d+: unknown field "ruels" in spec \(did you mean "rules"\?\)/,
        /^helmgate: helmgate serve has no valid policies/m,
      ],
    ],
  ];
  for (const [fault, says] of faults) {
    it(`ends 1 with ${fault}, names the cause and leaves nothing`, async () => {
      const { exitCode, output } = await demo(['--fault', fault]);
      assert.equal(exitCode, 1, output);
      for (const pattern of says) assert.match(output, pattern);
    });
  }

  for (const [fault, says] of [
    ['policies-emptied', /policies refused: the policy folder \S+ holds no \*\.yaml files/],
    ['broken-policy', /policies refused: policy\.yaml:\d+:\d+: unknown field "ruels"/],
  ] as const) {
    it(`says what is wrong with ${fault} while it runs, goes on with the last good set and ends 0`, async () => {
      const { exitCode, output } = await demo(['--fault', fault, '--until', '4']);
      assert.equal(exitCode, 0, output);
      assert.match(output, says);
      assert.match(output, / ok the last good set judged all this; the mended policies are in force again\n/);
      assert.match(output, /held as far as step 4; the rest was left out/);
    });
  }

  describe('with a tool missing from the cache', () => {
    let cache: string;
    before(async () => {
      cache = join(scratch, 'cache');
      const tools = join(cache, 'helmgate', 'tools');
      await mkdir(tools, { recursive: true });
      const warm = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'helmgate', 'tools');
      for (const name of await readdir(warm)) {
        if (!/^helm-v4|\.lock$/.test(name)) await symlink(join(warm, name), join(tools, name));
      }
    });

    /** A PATH with npm, node and git, and with a `go` of the test's own or none; nothing else of the machine's. */
    async function path(go?: string): Promise<string> {
      const folder = await mkdtemp(join(scratch, 'bin-'));
      for (const name of ['npm', 'node', 'git', 'sh', 'env']) {
        const found = await which(name);
        await symlink(found, join(folder, name));
      }
      if (go !== undefined) {
        await writeFile(join(folder, 'go'), `#!/bin/sh\n${go}\n`);
        await chmod(join(folder, 'go'), 0o755);
      }
      return folder;
    }

    it('ends 1 without Go and says which tool is missing, why it is wanted and what to do', async () => {
      const { exitCode, output } = await demo([], { XDG_CACHE_HOME: cache, PATH: await path() });
      assert.equal(exitCode, 1, output);
      assert.match(
        output,
        /^helmgate: helm v4\.\S+ is not in .*has to be built, but there is no `go` in PATH/m,
      );
      assert.match(output, /Install Go 1\.26 or later/);
    });

    it('ends 1 when helm cannot be built, shows what the build said and what to do, and leaves no half-built tool', async () => {
      const go = [
        'if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit 0; fi',
        'echo "go: helm.sh/helm/v4@v4.3.1: dial tcp: lookup proxy.golang.org: no such host" >&2; exit 1',
      ].join('\n');
      const { exitCode, output } = await demo([], { XDG_CACHE_HOME: cache, PATH: await path(go) });
      assert.equal(exitCode, 1, output);
      assert.match(output, /^ {3}building helm v4\.\S+ \(1 of 1\)/m);
      assert.match(output, /^helmgate: building helm v4\.\S+ failed:$/m);
      assert.match(output, /no such host/);
      assert.match(output, /check the network, or set GOPROXY/);
      const left = (await readdir(join(cache, 'helmgate', 'tools'), { recursive: true })).filter((name) =>
        /(?:^|\/)\.?helm\.|\.lock$|\/helm$/.test(name),
      );
      assert.deepEqual(left, []);
    });
  });
});

function which(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', 'command -v "$1"', 'which', name], (error, stdout) => {
      if (error === null) resolve(stdout.trim());
      else reject(error);
    });
  });
}
