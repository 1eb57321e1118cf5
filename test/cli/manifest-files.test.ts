import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { checkCommand } from '../../src/cli/check.ts';
import { fixCommand } from '../../src/cli/fix.ts';
import { testCommand } from '../../src/cli/test.ts';
import { capture } from './capture.ts';
import { sarifProblems } from './output/sarif-problems.ts';
import { xmlProblem } from './output/xml-problem.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/helmgate.js');
const POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - id: sources
    allowedSources: [{url: "https://flagger.app"}]
  - id: range
    chartVersion: {within: ">=1.28.0 <2.0.0", wider: Narrow}
  - id: forced
    overrides: {HelmRelease: {spec.timeout: 5m}}
`;
const release = (version: string, more = '') => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: flagger, namespace: team}
spec:
  interval: 5m
  timeout: 5m
  chart:
    spec:
      chart: flagger
      version: "${version}"
      sourceRef: {kind: HelmRepository, name: flagger}
${more}`;
const GOOD = release('1.30.0');
const FORMATS = ['text', 'json', 'sarif', 'junit', 'github'] as const;

let folder = '';
const folders: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helmgate-files-'));
  folders.push(folder);
  // Readable for the user that the program is started as below.
  await chmod(folder, 0o755);
  await put('pol/p.yaml', POLICY);
});
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

async function put(name: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}

const check = (...argv: readonly string[]) => capture(checkCommand, ['-p', 'pol', ...argv], { cwd: folder });
const fix = (...argv: readonly string[]) => capture(fixCommand, ['-p', 'pol', ...argv], { cwd: folder });
const fifo = (name: string): void => {
  execFileSync('mkfifo', [join(folder, name)]);
};

/** Fails unless the text is what the format promises. */
function assertWhole(format: (typeof FORMATS)[number], text: string): void {
  if (format === 'json') JSON.parse(text);
  else if (format === 'sarif') assert.deepEqual(sarifProblems(text), []);
  else if (format === 'junit') assert.equal(xmlProblem(text), undefined);
  else assert.notEqual(text, '');
}

describe('a file that cannot be read', () => {
  const unreadable: readonly (readonly [string, () => Promise<void> | void, RegExp])[] = [
    [
      'that is no UTF-8',
      () => put('m/bad.yaml', Buffer.from('a: b\nc: \xff\n', 'latin1')),
      /^m\/bad\.yaml:2:1: this is no valid UTF-8$/m,
    ],
    [
      'that is too large',
      () => put('m/bad.yaml', '').then(() => truncate(join(folder, 'm/bad.yaml'), 64 * 1_048_576 + 1)),
      /^m\/bad\.yaml:1:1: longer than 67108864 bytes$/m,
    ],
    ['that is a named pipe in a folder', () => fifo('m/bad.yaml'), /^m\/bad\.yaml:1:1: no regular file$/m],
  ];
  for (const [what, make, message] of unreadable) {
    it(`${what} is an error of its own in every format, and the others are judged`, async () => {
      await put('m/good.yaml', GOOD);
      await make();
      for (const format of FORMATS) {
        const { code, stdout } = await check('-o', format, 'm');
        assert.equal(code, 2, format);
        assertWhole(format, stdout);
        assert.match(stdout, /bad\.yaml/, format);
        assert.match(stdout, /flagger/, format);
      }
      assert.match((await check('m')).stdout, message);
      assert.match((await check('m')).stdout, /1 unreadable$/m);
    });
  }

  it('ends the run when all of them together are too long, before they are read', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await put(`m/${name}.yaml`, '');
      await truncate(join(folder, `m/${name}.yaml`), 60 * 1_048_576);
    }
    const { code, stderr } = await check('m');
    assert.equal(code, 2);
    assert.equal(stderr, 'helmgate check: the files are longer than 268435456 bytes together\n');
  });

  it('is not taken for one that is not there', async () => {
    await put('good.yaml', GOOD);
    await symlink('loop.yaml', join(folder, 'loop.yaml'));
    const { code, stdout } = await check('good.yaml', 'loop.yaml', 'nothing.yaml');
    assert.equal(code, 2);
    assert.match(stdout, /^loop\.yaml:1:1: cannot be read: ELOOP$/m);
    assert.match(stdout, /^nothing\.yaml:1:1: no such file or folder$/m);
    assert.match(stdout, /1 checked/);
  });

  it('keeps fix from writing the others, unless --keep-going', async () => {
    await put('m/bad.yaml', Buffer.from([0xff]));
    await put('m/wide.yaml', release('*'));
    const stopped = await fix('m');
    assert.equal(stopped.code, 2);
    assert.match(stopped.stdout, /^m\/bad\.yaml:1:1: this is no valid UTF-8$/m);
    assert.equal(await readFile(join(folder, 'm/wide.yaml'), 'utf8'), release('*'));
    assert.equal((await fix('--keep-going', 'm')).code, 2);
    assert.equal(await readFile(join(folder, 'm/wide.yaml'), 'utf8'), release('>=1.28.0 <2.0.0'));
  });

  it('counts once, however many errors it has', async () => {
    await put('m/a.yaml', 'a: [\n---\nb: [\n');
    const { stdout } = await check('m');
    assert.match(stdout, /, 1 unreadable\n$/);
  });
});

describe('what the process ends with', () => {
  interface Ended {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }
  /** As a user whom permissions stop. */
  const run = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    new Promise<Ended>((resolve) => {
      const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
      const options = {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
        ...user,
      };
      execFile(process.execPath, [PROGRAM, ...argv], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });

  it('is 2 for a folder within that may not be looked at, which is named, and the rest is judged', async () => {
    await put('u/a.yaml', GOOD);
    await put('u/sub/b.yaml', GOOD);
    await put('u/c.yaml', GOOD);
    await chmod(join(folder, 'u/sub'), 0);
    await chmod(join(folder, 'u/c.yaml'), 0);
    const { code, stdout, stderr } = await run(['check', '-p', 'pol', 'u']);
    await chmod(join(folder, 'u/sub'), 0o755);
    assert.equal(code, 2, stderr);
    assert.match(stdout, /^u\/sub:1:1: permission denied$/m);
    assert.match(stdout, /^u\/c\.yaml:1:1: permission denied$/m);
    assert.match(stdout, /1 checked, .*, 2 unreadable\n$/);
    assert.equal(stderr, '');
  });

  it('is 2 when a file cannot be put in the place of another one, which stays', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('needs a file of another user');
    await put('sticky/a.yaml', release('*'));
    await chmod(join(folder, 'sticky/a.yaml'), 0o666);
    await chmod(join(folder, 'sticky'), 0o1777);
    const { code, stderr } = await run(['fix', '-p', 'pol', 'sticky']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^helmgate fix: \S+sticky\/a\.yaml cannot be written: EPERM\n$/);
    assert.deepEqual(await readdir(join(folder, 'sticky')), ['a.yaml']);
    await put('own/a.yaml', release('*'));
    await chmod(join(folder, 'own'), 0o777);
    const second = await run(['fix', '-p', 'pol', 'own', 'sticky']);
    assert.equal(second.code, 2);
    assert.match(second.stderr, /sticky\/a\.yaml cannot be written: EPERM; 1 file before it is written\n$/);
  });

  it('is 2 when the output cannot be written', async () => {
    await put('good.yaml', GOOD);
    const script = `"${process.execPath}" "${PROGRAM}" check -p pol good.yaml > /dev/full`;
    const ended = await new Promise<Ended>((resolve) => {
      execFile('sh', ['-c', script], { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
    assert.deepEqual(ended, {
      code: 2,
      stdout: '',
      stderr: 'helmgate: the output cannot be written: ENOSPC: no space left on device, write\n',
    });
  });

  it('is 2, never 1, when a command that judges fails in a way that nobody foresaw, with one line', async () => {
    const { code, stderr } = await run(['replay', '-p', 'pol', '--cluster', '--kubeconfig', 'nowhere']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^helmgate.*nowhere.*\n$/);
  });
});

describe('pipes', () => {
  const shell = async (script: string, stdin: 'ignore' | 'pipe' = 'ignore') => {
    const child = spawn('bash', ['-c', script], {
      cwd: folder,
      stdio: [stdin, 'pipe', 'pipe'],
      env: { ...process.env, NODE: process.execPath, PROGRAM },
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = await once(child, 'close');
    return { code: code as number | null, output };
  };

  it('given by the shell are read, whether their writer is slow, done already, or the standard input', async () => {
    await put('good.yaml', GOOD);
    for (const command of [
      '<(cat good.yaml)',
      '<(sleep 0.5; cat good.yaml)',
      '/dev/stdin < good.yaml',
      '/dev/stdin < <(cat good.yaml)',
    ]) {
      const { code, output } = await shell(`"$NODE" "$PROGRAM" check -p pol ${command}`);
      assert.equal(code, 0, output);
      assert.match(output, /1 checked/, command);
    }
  });

  it('that are files are refused at once when named', async () => {
    fifo('pipe');
    const { code, stdout } = await check('pipe');
    assert.equal(code, 2);
    assert.match(stdout, /^pipe:1:1: no regular file \(give what comes out of a pipe as -\)$/m);
  });

  it('without a word in them are left at the first signal', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'check', '-p', 'pol', '-'], {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    setTimeout(() => child.kill('SIGTERM'), 1500);
    const [code] = await once(child, 'close');
    assert.equal(code, 143, stderr);
  });
});

describe('what a folder gives', () => {
  it('leaves out dot folders and node_modules', async () => {
    await put('m/.git/x.yaml', 'a: [');
    await put('m/node_modules/x/x.yaml', 'a: [');
    await put('m/sub/.cache/x.yaml', 'a: [');
    await put('m/a.yaml', GOOD);
    const { code, stdout } = await check('m');
    assert.equal(code, 0);
    assert.equal(stdout.split('\n').at(-2), '1 checked, 0 denied, 0 would be changed');
  });

  for (const [glob, left] of [
    ['skip', 1],
    ['m/skip', 1],
    ['./m/skip/', 1],
    ['**/deep', 1],
    ['b*.yaml', 1],
    ['m/**/b*.yaml', 1],
    ['m', 0],
    ['other', 2],
  ] as const) {
    it(`--exclude ${glob} leaves ${left}`, async () => {
      await put('m/a.yaml', GOOD);
      await put('m/skip/deep/bad.yaml', release('3.x').replace('name: flagger', 'name: other'));
      for (const path of [['m'], ['m/a.yaml', 'm/skip/deep/bad.yaml']]) {
        const { stdout } = await check('--exclude', glob, ...path);
        assert.match(stdout, new RegExp(`^${left} checked`, 'm'), stdout);
      }
    });
  }

  it('is what fix and test work on too', async () => {
    await put('m/wide.yaml', release('*'));
    await put('m/skip/bad.yaml', 'a: [');
    assert.equal((await fix('--exclude', 'skip', 'm')).code, 0);
    await put('t/skip/bad.yaml', 'kind: PolicyTest: [');
    const { code, stderr } = await capture(testCommand, ['--exclude', 'skip', 't'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /no case of a PolicyTest was found/);
  });

  it('passes over the templates of a chart, with a note in every format', async () => {
    await put('m/chart/Chart.yaml', 'apiVersion: v2\nname: app\nversion: 1.0.0\n');
    await put('m/chart/values.yaml', 'a: 1\n');
    await put('m/chart/templates/x.yaml', '{{ if .Values.a }}\na: {{ .Values.a }}\n{{ end }}\n');
    await put('m/templates/release.yaml', GOOD);
    for (const format of FORMATS) {
      const { code, stdout } = await check('-o', format, 'm');
      assert.equal(code, 0, stdout);
      assertWhole(format, stdout);
      assert.match(stdout, /m\/chart\/templates/, format);
    }
    const { stdout } = await check('m');
    assert.match(stdout, /^m\/chart\/templates: note: passed over: templates of a chart/m);
    assert.match(stdout, /1 checked, .*, 1 document that is no object\n$/);
  });

  it('passes over what a kustomization names as patch, replacement or configuration, and says so', async () => {
    await put(
      'm/base/kustomization.yaml',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [release.yaml]\n',
    );
    await put('m/base/release.yaml', GOOD);
    const patch =
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: flagger}\nspec: {chart: {spec: {version: "*"}}}\n';
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.yaml`);
    for (const name of names) await put(`m/prod/sub/${name}`, patch);
    await put(
      'm/prod/kustomization.yaml',
      `resources: [../base]
patches: [{path: sub/a.yaml}, {patch: "- op: remove"}]
patchesStrategicMerge: [sub/b.yaml, "apiVersion: v1"]
patchesJson6902: [{path: ./sub/c.yaml}]
replacements: [{path: sub/d.yaml}]
configurations: [sub/e.yaml]
`,
    );
    const { code, stdout } = await check('m');
    assert.equal(code, 0, stdout);
    for (const name of names)
      assert.match(
        stdout,
        new RegExp(`^m/prod/sub/${name}: note: passed over: named by m/prod/kustomization\\.yaml`, 'm'),
      );
    assert.match(stdout, /1 checked/);
    const before = await readFile(join(folder, 'm/prod/sub/a.yaml'), 'utf8');
    assert.equal((await fix('m')).code, 0);
    assert.equal(await readFile(join(folder, 'm/prod/sub/a.yaml'), 'utf8'), before);
  });

  it('passes over a patch that is named itself when the kustomization beside it names it', async () => {
    await put('m/kustomization.yml', 'patches: [{path: a.yaml}]\n');
    await put('m/a.yaml', release('3.x'));
    const { code, stdout } = await check('m/a.yaml');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^m\/a\.yaml: note: passed over: named by m\/kustomization\.yml/m);
  });

  it("takes Flux's own Kustomization for no list of patches", async () => {
    await put(
      'm/kustomization.yaml',
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {}\npatches: [{path: a.yaml}]\n',
    );
    await put('m/a.yaml', release('3.x'));
    assert.equal((await check('m')).code, 1);
  });
});

describe("what Flux's substitution fills in", () => {
  const substituted = release('${version}', '  releaseName: "x-${cluster:=a}"\n');

  it('is noted with the name of the variable and not denied, in every format', async () => {
    await put('a.yaml', substituted);
    for (const format of FORMATS) {
      const { code, stdout } = await check('-o', format, 'a.yaml');
      assert.equal(code, 0, stdout);
      assertWhole(format, stdout);
      assert.match(stdout, /\$\{version\}/, format);
      assert.doesNotMatch(stdout, /VersionInvalid/, format);
    }
    assert.match(
      (await check('a.yaml')).stdout,
      /^a\.yaml:10:16: note: HelmRelease team\/flagger: spec\.chart\.spec\.version: Flux fills in \$\{version\} later: what depends on it is not judged$/m,
    );
  });

  it('keeps nothing else from being denied', async () => {
    await put(
      'a.yaml',
      substituted.replace('/v2', '/v2').replace('interval: 5m', 'interval: 5m\n  suspend: true'),
    );
    await put(
      'pol/q.yaml',
      POLICY.replace('name: p', 'name: q').replace(
        /rules:[^]*/,
        'rules:\n  - id: awake\n    forbid: {HelmRelease: {spec.suspend: {equals: true}}}\n',
      ),
    );
    const { code, stdout } = await check('a.yaml');
    assert.equal(code, 1);
    assert.match(stdout, /denied: .*spec\.suspend/);
  });

  it('is never touched by fix, not even by an override', async () => {
    const text = substituted.replace('timeout: 5m', 'timeout: ${timeout}');
    await put('a.yaml', text);
    const { code, stdout } = await fix('a.yaml');
    assert.equal(code, 0, stdout);
    assert.equal(await readFile(join(folder, 'a.yaml'), 'utf8'), text);
    assert.match(stdout, /Flux fills in \$\{timeout\} later/);
  });

  it('leaves open which source a release has, and what the URL of a source is', async () => {
    await put(
      'a.yaml',
      release('1.30.0')
        .replace('name: flagger}\n$', '')
        .replace(/sourceRef: .*/, 'sourceRef: {kind: HelmRepository, name: "${repo}"}'),
    );
    assert.equal((await check('a.yaml')).code, 0);
    await put(
      'b.yaml',
      `${GOOD}---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: flagger, namespace: team}\nspec: {url: "https://\${host}"}\n`,
    );
    const { code, stdout } = await check('b.yaml');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /Flux fills in \$\{host\} later/);
  });

  it('is what it says where it is escaped, or switched off for the object', async () => {
    await put('a.yaml', release('$${version}'));
    assert.equal((await check('a.yaml')).code, 1);
    await put(
      'b.yaml',
      release('${version}').replace(
        'namespace: team}',
        'namespace: team, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}',
      ),
    );
    assert.equal((await check('b.yaml')).code, 1);
  });
});
