import assert from 'node:assert/strict';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, beforeEach, describe, it } from 'node:test';
import type { CliContext } from '../../src/cli/context.ts';
import { diffLines } from '../../src/cli/fix/line-diff.ts';
import { unifiedDiff } from '../../src/cli/fix/unified-diff.ts';
import { WriteError, writeFiles } from '../../src/cli/fix/write-files.ts';
import { fixCommand } from '../../src/cli/fix.ts';

const POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - id: sources
    allowedSources: [{url: "https://flagger.app"}]
  - id: range
    chartVersion: {within: ">=1.28.0 <2.0.0", wider: Narrow}
  - id: defaults
    defaults: {HelmRelease: {spec.timeout: 5m}}
`;

const RELEASE = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: flagger, namespace: team}
spec:
  interval: 5m # often
  chart:
    spec:
      chart: flagger
      version: '*' # any
      sourceRef: {kind: HelmRepository, name: flagger}
`;
const FIXED = RELEASE.replace("'*'", "'>=1.28.0 <2.0.0'") + '  timeout: 5m\n';

let folder = '';
const folders: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helmgate-fix-'));
  folders.push(folder);
});
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

const path = (name: string): string => join(folder, name);
const put = (name: string, text: string | Buffer): Promise<void> => writeFile(path(name), text);
const text = (name: string): Promise<string> => readFile(path(name), 'utf8');

async function run(
  argv: readonly string[],
  options: { readonly stdin?: string | Buffer; readonly policy?: string } = {},
) {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  let code: number | undefined;
  const context: CliContext = {
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    cwd: folder,
    signal: new AbortController().signal,
    setExitCode(value) {
      code = value;
    },
  };
  const files = [{ path: 'p.yaml', text: options.policy ?? POLICY }];
  const command = fixCommand(context, { readPolicyFiles: async () => ({ files }) });
  await command.parseAsync(['-p', 'policies', ...argv], { from: 'user' });
  return { ...written, code };
}

describe('helmgate fix', () => {
  it('writes what the webhook would set, says what and why, and has nothing to do afterwards', async () => {
    await put('app.yaml', RELEASE);
    const { code, stdout } = await run(['app.yaml']);
    assert.equal(code, 0);
    assert.equal(await text('app.yaml'), FIXED);
    assert.equal(
      stdout,
      `app.yaml:1:1: HelmRelease team/flagger was fixed:
  spec.chart.spec.version: ">=1.28.0 <2.0.0"  (narrow by p/range at policies/p.yaml:8:5)
  spec.timeout: "5m"  (default by p/defaults at policies/p.yaml:10:5)

1 judged, 1 fixed in 1 file, 0 denied
`,
    );
    const before = await stat(path('app.yaml'), { bigint: true });
    const again = await run(['app.yaml']);
    assert.deepEqual([again.code, again.stdout], [0, '1 judged, 0 fixed in 0 files, 0 denied\n']);
    assert.equal((await stat(path('app.yaml'), { bigint: true })).mtimeNs, before.mtimeNs);
    assert.deepEqual(await readdir(folder), ['app.yaml']);
  });

  it('says the same in JSON, without secrets', async () => {
    await put('app.yaml', RELEASE);
    await put('other.yaml', RELEASE.replace("'*'", '"3.x"').replace('name: flagger,', 'name: next,'));
    const policy = POLICY.replace('spec.timeout: 5m', 'spec.values: {adminPassword: hunter2, open: seen}');
    const { code, stdout } = await run(['-o', 'json', '--dry-run', '.'], { policy });
    assert.equal(code, 1);
    assert.doesNotMatch(stdout, /hunter2/);
    const { written, files, objects, denied, judged } = JSON.parse(stdout);
    assert.deepEqual([written, files, judged], [false, ['app.yaml', 'other.yaml'], 2]);
    assert.deepEqual(
      [objects[0].file, objects[0].line, objects[0].fields[0]],
      [
        'app.yaml',
        1,
        {
          path: 'spec.chart.spec.version',
          value: '>=1.28.0 <2.0.0',
          why: 'narrow by p/range at policies/p.yaml:8:5',
        },
      ],
    );
    assert.deepEqual(
      [denied.length, denied[0].file, denied[0].findings[0].reason],
      [1, 'other.yaml', 'RangeDisjoint'],
    );
    const invalid = await run(['-o', 'json', '.'], { policy: POLICY.replace('rules', 'rulez') });
    assert.deepEqual([invalid.code, JSON.parse(invalid.stdout).policyErrors[0].line], [3, 5]);
  });

  it('keeps byte order mark, Windows line ends and a missing last line break', async () => {
    await put('app.yaml', `\ufeff${RELEASE.replaceAll('\n', '\r\n').trimEnd()}`);
    assert.equal((await run(['app.yaml'])).code, 0);
    assert.equal(await text('app.yaml'), `\ufeff${FIXED.replaceAll('\n', '\r\n').trimEnd()}`);
  });

  it('fixes JSON as JSON', async () => {
    const object = {
      apiVersion: 'source.toolkit.fluxcd.io/v1beta2',
      kind: 'HelmRepository',
      metadata: { name: 'a' },
      spec: { url: 'https://FLAGGER.app' },
    };
    await put('app.json', JSON.stringify(object, undefined, 2));
    assert.equal((await run(['app.json'])).code, 0);
    const expected = {
      ...object,
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      spec: { url: 'https://flagger.app' },
    };
    assert.equal(await text('app.json'), JSON.stringify(expected, undefined, 2));
  });

  it('writes nothing under --dry-run, --diff and --check; --check ends 1 when there is something to write', async () => {
    await put('app.yaml', RELEASE);
    const dry = await run(['--dry-run', 'app.yaml']);
    assert.equal(dry.code, 0);
    assert.match(dry.stdout, /HelmRelease team\/flagger would be fixed:\n[^]*1 would be fixed in 1 file/);
    const check = await run(['--check', 'app.yaml']);
    assert.equal(check.code, 1);
    const diff = await run(['--diff', 'app.yaml']);
    assert.equal(diff.code, 0);
    assert.equal(
      diff.stdout,
      `--- a/app.yaml
+++ b/app.yaml
@@ -6,5 +6,6 @@
   chart:
     spec:
       chart: flagger
-      version: '*' # any
+      version: '>=1.28.0 <2.0.0' # any
       sourceRef: {kind: HelmRepository, name: flagger}
+  timeout: 5m
`,
    );
    assert.match(diff.stderr, /would be fixed/);
    assert.equal(await text('app.yaml'), RELEASE);
    await put('app.yaml', FIXED);
    assert.equal((await run(['--check', 'app.yaml'])).code, 0);
    assert.equal((await run(['--check', '--diff', 'app.yaml'])).stdout, '');
  });

  it('works on a stream: text in, text out, the report beside it', async () => {
    const { code, stdout, stderr } = await run(['-'], { stdin: `\ufeff${RELEASE}` });
    assert.deepEqual([code, stdout], [0, `\ufeff${FIXED}`]);
    assert.match(stderr, /^-:1:1: HelmRelease team\/flagger was fixed/);
    assert.equal((await run(['-'], { stdin: FIXED })).stdout, FIXED);
    const broken = await run(['-'], { stdin: 'a: [' });
    assert.deepEqual([broken.code, broken.stdout], [2, '']);
    assert.equal((await run(['-', 'x'])).code, 2);
  });

  it('ends 1 and shows what is still denied, with the line in the new text', async () => {
    await put(
      'app.yaml',
      `${RELEASE}---\n${RELEASE.replace("'*'", '"3.x"').replace('name: flagger,', 'name: next,')}`,
    );
    const { code, stdout } = await run(['app.yaml']);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^app\.yaml:21:16: denied: HelmRelease team\/next: spec\.chart\.spec\.version: .*\n {2}21 \|       version: "3\.x" # any\n/m,
    );
    assert.match(stdout, /2 judged, 2 fixed in 1 file, 1 denied\n$/);
  });

  it('lifts old versions with their fields, and says what changes its meaning', async () => {
    await put(
      'app.yaml',
      FIXED.replace('/v2', '/v2beta1').replace(
        'chart: flagger',
        'chart: flagger\n      valuesFile: prod.yaml # prod',
      ),
    );
    const { code, stdout } = await run(['app.yaml']);
    assert.equal(code, 0);
    assert.equal(
      await text('app.yaml'),
      FIXED.replace('chart: flagger', 'chart: flagger\n      valuesFiles:\n        - prod.yaml # prod'),
    );
    assert.match(
      stdout,
      / {2}apiVersion: "helm\.toolkit\.fluxcd\.io\/v2" {2}\(Flux no longer serves v2beta1\)\n {2}spec\.chart\.spec\.valuesFile {2}\(rewritten/,
    );
    assert.match(
      stdout,
      / {2}note: spec\.maxHistory: absent, it meant 10 revisions in v2beta1 and means 5 in v2 \(write maxHistory: 10/,
    );
  });

  it('leaves an object in its old version whose field has no equal, and says so', async () => {
    const chart = `apiVersion: source.toolkit.fluxcd.io/v1beta2
kind: HelmChart
metadata: {name: a}
spec: {chart: flagger, version: 1.30.0, interval: 1m, sourceRef: {kind: HelmRepository, name: flagger}, accessFrom: {namespaceSelectors: []}}
`;
    await put('chart.yaml', chart);
    const { code, stdout } = await run(['chart.yaml']);
    assert.equal(code, 1);
    assert.match(stdout, /BetaFieldUnsupported/);
    assert.equal(await text('chart.yaml'), chart);
  });

  it('spells URLs canonically where that passes, and leaves others', async () => {
    const repository = (url: string): string =>
      `apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: a}\nspec: {url: "${url}"}\n`;
    for (const [url, expected, code] of [
      ['https://Flagger.app:443//', 'https://flagger.app', 0],
      ['https://Evil.example', 'https://Evil.example', 1],
      ['https://me:hunter2@flagger.app', 'https://me:hunter2@flagger.app', 1],
    ] as const) {
      await put('repository.yaml', repository(url));
      const result = await run(['repository.yaml']);
      assert.equal(result.code, code, url);
      assert.equal(await text('repository.yaml'), repository(expected));
      assert.doesNotMatch(result.stdout + result.stderr, /hunter2/);
    }
  });

  it("takes Helmgate's own annotation out, and never writes it", async () => {
    const annotated = FIXED.replace(
      'namespace: team}',
      'namespace: team, annotations: {helmgate.dev/defaults: "{\\"/spec/timeout\\":\\"5m\\"}"}}',
    );
    await put('app.yaml', annotated);
    const { code, stdout } = await run(['app.yaml']);
    assert.equal(code, 0);
    assert.equal(await text('app.yaml'), FIXED);
    assert.match(
      stdout,
      /metadata\.annotations\["helmgate\.dev\/defaults"\] {2}\(it belongs into the cluster only\)/,
    );
  });

  describe('what it refuses', () => {
    const refused: readonly (readonly [title: string, text: string, message: RegExp])[] = [
      [
        'a change within an alias',
        `base: &c {spec: {chart: flagger, version: "*", sourceRef: {kind: HelmRepository, name: flagger}}}
${RELEASE.slice(0, RELEASE.indexOf('  chart:'))}  chart: *c
`,
        /^app\.yaml:7:10: cannot be edited: the alias \*c stands where a change is needed \(write the value out here\)\n {3}7 \| {3}chart: \*c\n/m,
      ],
      [
        'a change within an anchor that is used elsewhere',
        `${RELEASE.replace('  chart:\n', '  chart: &c\n')}copy: *c\n`,
        /^app\.yaml:7:5: cannot be edited: a change is needed within the anchor &c, which is used elsewhere too \(write the value out where it is used\)\n {3}7 \|     spec:\n/m,
      ],
      [
        'a merge key',
        RELEASE.replace('spec:\n', 'spec:\n  <<: {suspend: true}\n'),
        /^app\.yaml:5:3: merge keys are not accepted here/m,
      ],
      [
        'a document that SOPS has sealed',
        `${RELEASE}sops: {mac: "ENC[x]"}\n`,
        /^app\.yaml:1:1: cannot be edited: SOPS holds a checksum over the values of this document \(make the change with sops edit\)/m,
      ],
      ['broken YAML', 'a: [', /^app\.yaml:1:5: /m],
    ];
    for (const [title, manifest, message] of refused) {
      it(`${title}: the file and all others of the run stay, unless --keep-going`, async () => {
        await put('app.yaml', manifest);
        await put('other.yaml', RELEASE);
        const all = await run(['app.yaml', 'other.yaml']);
        assert.equal(all.code, 2);
        assert.match(all.stdout, message);
        assert.deepEqual([await text('app.yaml'), await text('other.yaml')], [manifest, RELEASE]);
        const going = await run(['--keep-going', 'app.yaml', 'other.yaml']);
        assert.equal(going.code, 2);
        assert.deepEqual([await text('app.yaml'), await text('other.yaml')], [manifest, FIXED]);
      });
    }

    it('does not mind anchors where nothing is to change', async () => {
      const manifest = `${RELEASE.replace('{name: flagger, namespace: team}', '{name: flagger, namespace: team, labels: &l {a: b}}')}copy: *l\n`;
      await put('app.yaml', manifest);
      assert.equal((await run(['app.yaml'])).code, 0);
      assert.match(await text('app.yaml'), /labels: &l \{a: b\}[^]* {2}timeout: 5m\ncopy: \*l\n$/);
    });

    it('ends 3 for invalid policies, and 2 for a path that is not there', async () => {
      await put('app.yaml', RELEASE);
      assert.equal((await run(['app.yaml'], { policy: POLICY.replace('rules', 'rulez') })).code, 3);
      assert.equal((await run(['nothing.yaml'])).code, 2);
      assert.equal(await text('app.yaml'), RELEASE);
    });
  });

  it('shows no secret in a diff, be it in a Secret or below a key that names one', async () => {
    await put(
      'app.yaml',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  plain: hunter1\n---\n${RELEASE}  values:\n    adminPassword: hunter2\n    token: |\n      hunter3\n`,
    );
    const { stdout, stderr } = await run(['--diff', 'app.yaml']);
    assert.match(stdout, /^\+ {2}timeout: 5m$/m);
    assert.match(stdout, /^ {5}adminPassword: \*{7}$/m);
    assert.doesNotMatch(stdout + stderr, /hunter/);
  });
});

describe('writing files', () => {
  it('keeps the mode, follows a link that was named, and leaves links in folders alone', async () => {
    await put('app.yaml', RELEASE);
    await chmod(path('app.yaml'), 0o640);
    await symlink('app.yaml', path('link.yaml'));
    await mkdir(path('sub'));
    await symlink('../app.yaml', path('sub/inner.yaml'));
    assert.match((await run(['sub'])).stdout, /^0 judged/);
    assert.equal((await run(['link.yaml'])).code, 0);
    assert.equal(await text('app.yaml'), FIXED);
    assert.equal((await stat(path('app.yaml'))).mode & 0o777, 0o640);
    assert.ok((await lstat(path('link.yaml'))).isSymbolicLink());
    assert.equal(await readlink(path('link.yaml')), 'app.yaml');
  });

  it('puts a new file in the place of the old one, so that readers see one of the two', async () => {
    await put('app.yaml', RELEASE);
    await link(path('app.yaml'), path('other-name.yaml'));
    await run(['app.yaml']);
    assert.equal(await text('app.yaml'), FIXED);
    assert.equal(await text('other-name.yaml'), RELEASE);
  });

  it('leaves a file alone that changed meanwhile, and then writes none of the others', async () => {
    await put('a', 'old a');
    await put('b', 'somebody else was here');
    const write = (name: string) => ({
      path: path(name),
      before: Buffer.from(`old ${name}`),
      after: Buffer.from('new'),
    });
    await assert.rejects(writeFiles([write('a'), write('b')]), (error) => {
      assert.ok(error instanceof WriteError);
      assert.equal(error.message, `${path('b')} has changed since it was read`);
      return true;
    });
    assert.deepEqual([await text('a'), await text('b')], ['old a', 'somebody else was here']);
    assert.deepEqual((await readdir(folder)).sort(), ['a', 'b']);
  });

  it('names a file that cannot be written', async () => {
    const gone = { path: path('gone'), before: Buffer.from(''), after: Buffer.from('x') };
    await assert.rejects(writeFiles([gone]), /gone cannot be written: ENOENT/);
  });
});

describe('diffs', () => {
  /** As `patch` would apply it. */
  const applied = (before: readonly string[], after: readonly string[]): readonly string[] => {
    const result: string[] = [];
    let at = 0;
    for (const { before: from, removed, after: to, added } of diffLines(before, after)) {
      result.push(...before.slice(at, from), ...after.slice(to, to + added));
      at = from + removed;
    }
    return [...result, ...before.slice(at)];
  };

  it('lead from the old lines to the new ones', () => {
    let state = 7;
    const next = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    for (let turn = 0; turn < 500; turn += 1) {
      const lines = Array.from({ length: next(12) }, () => ['a', 'b: 1', '', '}', 'c: 22'][next(5)] ?? '');
      const other = lines.flatMap((line) => [[], [line], [line, 'new'], [line, line]][next(4)] ?? []);
      assert.deepEqual(applied(lines, other), other);
    }
  });

  it('tell a last line without a line break', () => {
    assert.equal(
      unifiedDiff('f', 'a\nb', 'a\nb\nc\n'),
      '--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n',
    );
  });

  it('show neighbouring changes together and others apart', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);
    const changed = lines.with(3, 'x\n').with(8, 'y\n').with(25, 'z\n');
    const headers = unifiedDiff('f', lines.join(''), changed.join('')).match(/^@@.*$/gm);
    assert.deepEqual(headers, ['@@ -1,12 +1,12 @@', '@@ -23,7 +23,7 @@']);
  });
});
