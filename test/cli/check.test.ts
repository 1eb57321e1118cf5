import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { checkCommand } from '../../src/cli/check.ts';
import type { CliContext } from '../../src/cli/context.ts';

const POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - id: sources
    allowedSources: [{url: "https://flagger.app"}]
  - id: range
    chartVersion: {within: ">=1.28.0 <2.0.0"}
  - id: defaults
    defaults: {HelmRelease: {spec.timeout: 5m}}
`;

const repository = (url: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: flagger, namespace: team}
spec: {url: "${url}"}
`;

const release = (version: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: flagger, namespace: team}
spec:
  interval: 5m
  chart:
    spec:
      chart: flagger
      version: "${version}"
      sourceRef: {kind: HelmRepository, name: flagger}
`;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helmgate-check-'));
  await mkdir(join(folder, 'manifests/sub'), { recursive: true });
  await writeFile(join(folder, 'manifests/repository.yaml'), repository('https://flagger.app'));
  await writeFile(join(folder, 'manifests/sub/release.yaml'), release('1.30.0'));
  await writeFile(join(folder, 'manifests/sub/notes.txt'), 'not a manifest');
  await writeFile(join(folder, 'denied.yaml'), `${repository('https://evil.example')}---\n${release('*')}`);
  await writeFile(join(folder, 'broken.yaml'), 'a: [');
  await writeFile(join(folder, 'other.yaml'), 'hello: world\n');
});
after(async () => {
  await rm(folder, { recursive: true });
});

async function run(
  argv: readonly string[],
  options: { readonly stdin?: string; readonly policy?: string } = {},
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
  const files = options.policy === '' ? [] : [{ path: 'p.yaml', text: options.policy ?? POLICY }];
  const dependencies = { readPolicyFiles: async () => ({ files, commit: 'c0ffee' }) };
  await checkCommand(context, dependencies).parseAsync(['-p', 'policies', ...argv], { from: 'user' });
  return { ...written, code };
}

describe('helmgate check', () => {
  it('ends 0 when nothing is denied, finding the sources among the manifests of a folder', async () => {
    const { code, stdout } = await run(['manifests']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /manifests\/sub\/release\.yaml:1:1: HelmRelease team\/flagger would be changed:\n {2}spec\.timeout: "5m" {2}\(default by p\/defaults at p\.yaml:10:5\)/,
    );
    assert.match(stdout, /2 checked, 0 denied, 1 would be changed\n$/);
    assert.doesNotMatch(stdout, /does not exist yet/);
  });

  it('ends 1 and shows each finding with the line it is about', async () => {
    const { code, stdout } = await run(['denied.yaml']);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^denied\.yaml:4:13: denied: HelmRepository team\/flagger: spec\.url: .*not an allowed source\n {3}4 \| spec: \{url: "https:\/\/evil\.example"\}\n {5}\| {13}\^$/m,
    );
    assert.match(
      stdout,
      /^denied\.yaml:14:16: denied: HelmRelease team\/flagger: spec\.chart\.spec\.version: it also matches/m,
    );
    assert.match(
      stdout,
      /^ {2}would pass: >=1\.28\.0 <2\.0\.0\n {2}RangeTooWide from p\/range \(p\.yaml:8:5\)$/m,
    );
    assert.match(stdout, /2 checked, 2 denied/);
  });

  it('reads the standard input, and says when a source is not among the manifests', async () => {
    const { code, stdout } = await run(['-'], { stdin: release('1.30.0') });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /-:1: note: HelmRelease team\/flagger: HelmRepository team\/flagger does not exist yet/,
    );
  });

  it('judges the items of a List, and manifests with anchors', async () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: source.toolkit.fluxcd.io/v1\n  kind: HelmRepository\n  metadata: &m {name: a, namespace: b}\n  spec: {url: "https://evil.example"}\n- {apiVersion: v1, kind: ConfigMap, metadata: *m}\n`;
    const { code, stdout } = await run(['-'], { stdin: list });
    assert.equal(code, 1);
    assert.match(stdout, /^-:7:15: denied: HelmRepository b\/a/m);
    assert.match(stdout, /1 checked, 1 denied, 0 would be changed, 1 of other kinds/);
  });

  it('prints JSON with places, patch and findings', async () => {
    const { stdout } = await run(['-o', 'json', 'denied.yaml']);
    const { objects } = JSON.parse(stdout) as { objects: Record<string, unknown>[] };
    assert.equal(objects.length, 2);
    const [, second] = objects;
    assert.deepEqual([second?.['file'], second?.['line'], second?.['allowed']], ['denied.yaml', 6, false]);
    const findings = second?.['findings'] as { reason: string; at: object; place: { commit: string } }[];
    assert.deepEqual(findings.map(({ reason }) => reason).sort(), ['RangeTooWide', 'SourceNotAllowed']);
    assert.deepEqual(findings.find(({ reason }) => reason === 'RangeTooWide')?.at, { line: 14, column: 16 });
    assert.equal(findings[0]?.place.commit, 'c0ffee');
    assert.ok((second?.['patch'] as { path: string }[]).some(({ path }) => path === '/spec/timeout'));
  });

  const unreadable = [
    ['a file that is not there', ['nothing.yaml'], /nothing\.yaml: no such file or folder/],
    ['broken YAML', ['broken.yaml'], /broken\.yaml:1:5: /],
    [
      'a document that is no object of Kubernetes',
      ['other.yaml'],
      /other\.yaml:1:1: this is no Kubernetes object/,
    ],
  ] as const;
  for (const [name, argv, expected] of unreadable) {
    it(`ends 2 for ${name}`, async () => {
      const { code, stdout, stderr } = await run(argv);
      assert.equal(code, 2);
      assert.match(stdout + stderr, expected);
    });
  }

  it('refuses aliases that expand without end', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from(
      { length: 8 },
      (_, n) =>
        `${String.fromCharCode(98 + n)}: &${String.fromCharCode(98 + n)} [${Array(9)
          .fill(`*${String.fromCharCode(97 + n)}`)
          .join(',')}]\n`,
    ).join('')}`;
    const { code, stdout } = await run(['-'], { stdin: bomb });
    assert.equal(code, 2);
    assert.match(stdout, /aliases expand to more than/);
    assert.equal((await run(['-'], { stdin: 'a: &a [*a]\n' })).code, 2);
  });

  it('ends 3 for policies that are invalid, or that hold no rules, and judges nothing', async () => {
    const invalid = await run(['manifests'], { policy: POLICY.replace('rules', 'rulez') });
    assert.equal(invalid.code, 3);
    assert.match(invalid.stderr, /p\.yaml:5:3: unknown field "rulez" in spec \(did you mean "rules"\?\)/);
    assert.equal(invalid.stdout, '');
    const empty = await run(['manifests'], { policy: '' });
    assert.equal(empty.code, 3);
    assert.match(empty.stderr, /policies holds no rules/);
  });
});
