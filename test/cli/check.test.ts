import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { PROBLEM_RULES } from '../../src/cli/check/problem-rules.ts';
import { checkCommand } from '../../src/cli/check.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { RULE_DEFINITIONS } from '../../src/core/policy/rules/catalogue.ts';
import { sarifProblems } from './output/sarif-problems.ts';
import { xmlProblem } from './output/xml-problem.ts';

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
  options: {
    readonly stdin?: string;
    readonly policy?: string;
    /** By folder, in place of the one set. */
    readonly folders?: Readonly<Record<string, string>>;
    /** Without `-p`. */
    readonly bare?: boolean;
    /** What `-p` names. */
    readonly named?: readonly string[];
    readonly terminal?: boolean;
  } = {},
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
  if (options.terminal === true) Object.assign(context.stderr, { isTTY: true });
  const asked: string[] = [];
  const dependencies = {
    readPolicyFiles: async (path: string) => {
      asked.push(relative(folder, path));
      const text = options.folders?.[relative(folder, path)] ?? options.policy ?? POLICY;
      return { files: text === '' ? [] : [{ path: 'p.yaml', text }], commit: 'c0ffee' };
    },
  };
  const paths =
    options.named ?? (options.bare === true ? [] : Object.keys(options.folders ?? { policies: '' }));
  const named = paths.flatMap((name) => ['-p', name]);
  await checkCommand(context, dependencies).parseAsync([...named, ...argv], { from: 'user' });
  return { ...written, code, asked };
}

describe('helmgate check', () => {
  it('ends 0 when nothing is denied, finding the sources among the manifests of a folder', async () => {
    const { code, stdout } = await run(['manifests']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /manifests\/sub\/release\.yaml:1:1: HelmRelease team\/flagger would be changed:\n {2}spec\.timeout: "5m" {2}\(default by p\/defaults at policies\/p\.yaml:10:5\)/,
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
      /^ {2}would pass: >=1\.28\.0 <2\.0\.0\n {2}RangeTooWide from p\/range \(policies\/p\.yaml:8:5\)$/m,
    );
    assert.match(stdout, /2 checked, 2 denied/);
  });

  it('reads the standard input, and says when a source is not among the manifests', async () => {
    const { code, stdout } = await run(['-'], { stdin: release('1.30.0') });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^-:10:18: note: HelmRelease team\/flagger: HelmRepository team\/flagger does not exist yet/m,
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
    ['a file that is not there', ['nothing.yaml'], /^nothing\.yaml:1:1: no such file or folder$/m],
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

  it('says what would pass for a denied object, proved by judging', async () => {
    const { stdout } = await run(['-'], {
      stdin: `${repository('https://flagger.app')}---\n${release('>=1.0.0')}`,
    });
    assert.match(
      stdout,
      /^-:6:1: HelmRelease team\/flagger passes with: spec\.chart\.spec\.version: ">=1\.28\.0 <2\.0\.0"$/m,
    );
  });

  it('says so in every format', async () => {
    const stdin = `${repository('https://flagger.app')}---\n${release('>=1.0.0')}`;
    const edit = 'passes with: spec.chart.spec.version: ">=1.28.0 <2.0.0"';
    for (const [format, expected] of [
      ['sarif', JSON.stringify(edit).slice(1, -1)],
      ['junit', edit.replaceAll('"', '&quot;').replace('>', '&gt;').replace('<', '&lt;')],
      ['github', edit],
    ] as const) {
      const { stdout } = await run(['-o', format, '-'], { stdin });
      assert.equal(stdout.split(expected).length, 2, stdout);
    }
  });

  it('points with its remarks to the field that they are about', async () => {
    const policy = POLICY.replace('<2.0.0"', '<2.0.0", wider: Narrow');
    const { stdout } = await run(['-'], { stdin: release('>=1.0.0'), policy });
    assert.match(
      stdout,
      /^-:9:16: note: HelmRelease team\/flagger: spec\.chart\.spec\.version was narrowed/m,
    );
    const { stdout: github } = await run(['-o', 'github', '-'], { stdin: release('>=1.0.0'), policy });
    assert.match(github, /^::notice title=Note::.*was narrowed/m);
    const { stdout: sarif } = await run(['-o', 'sarif', '-'], { stdin: release('>=1.0.0'), policy });
    const notes = JSON.parse(sarif).runs[0].results.filter(
      ({ ruleId }: { ruleId: string }) => ruleId === 'Note',
    );
    assert.deepEqual(
      notes.map(
        ({
          locations: [{ physicalLocation }],
        }: {
          locations: [{ physicalLocation: { region: { startLine: number } } }];
        }) => physicalLocation.region.startLine,
      ),
      [9, 10],
    );
  });

  describe('what it says about versions and kinds', () => {
    const cases: readonly (readonly [title: string, text: string, expected: RegExp])[] = [
      [
        'v2beta1, and what an absent maxHistory means from then on',
        release('1.30.0').replace('/v2', '/v2beta1'),
        /^-:1:13: note: HelmRelease team\/flagger: apiVersion: helm\.toolkit\.fluxcd\.io\/v2beta1 is not served by Flux 2\.7 and later\n.*\n.*\n {2}use helm\.toolkit\.fluxcd\.io\/v2 \(helmgate fix writes it\)\n\n-:4:1: note: .*spec\.maxHistory: absent, it meant 10 revisions in v2beta1 and means 5 in v2$(?![^]*10 revisions)/m,
      ],
      [
        'v2beta2',
        release('1.30.0').replace('/v2', '/v2beta2'),
        /v2beta2 is not served by Flux 2\.8 and later/,
      ],
      [
        'source v1beta1',
        repository('https://flagger.app').replace('/v1', '/v1beta1'),
        /source\.toolkit\.fluxcd\.io\/v1beta1 is not served by Flux 2\.7/,
      ],
      [
        'a Bucket of v1beta2, which it does not rewrite',
        'apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: Bucket\nmetadata: {name: a}\nspec: {endpoint: a.example, bucketName: b}\n',
        /Bucket default\/a: apiVersion: .*v1beta2 is not served by Flux 2\.8[^]*see its release notes/,
      ],
      [
        'a kind that is a slip',
        release('1.30.0').replace('HelmRelease', 'HelmRelaese'),
        /^-:2:7: note: HelmRelaese team\/flagger: kind: .* has no kind HelmRelaese: the object is not judged\n.*\n.*\n {2}did you mean "HelmRelease"\?/m,
      ],
      [
        'a group that is a slip',
        release('1.30.0').replace('toolkit', 'tolkit'),
        /^-:1:13: note: .*did you mean "helm\.toolkit\.fluxcd\.io"\?/ms,
      ],
      [
        'a version that there never was',
        release('1.30.0').replace('/v2', '/v3'),
        /has no version v3\n.*\n.*\n {2}use helm\.toolkit\.fluxcd\.io\/v2/,
      ],
    ];
    for (const [title, stdin, expected] of cases) {
      it(title, async () => {
        const { stdout, code } = await run(['-'], { stdin });
        assert.match(stdout, expected);
        assert.equal(code, 0, stdout);
      });
    }

    it('nothing about objects that are none of ours', async () => {
      const { stdout } = await run(['-'], {
        stdin: 'apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: a}\n',
      });
      assert.equal(stdout, '0 checked, 0 denied, 0 would be changed, 1 of other kinds\n');
    });
  });

  it('ends 1 for warnings too when that is asked for', async () => {
    const policy = POLICY.replace('- id: range\n', '- id: range\n    enforcement: Warn\n');
    const text = `${repository('https://flagger.app')}---\n${release('*')}`;
    assert.equal((await run(['-'], { stdin: text, policy })).code, 0);
    assert.equal((await run(['--fail-on', 'Warn', '-'], { stdin: text, policy })).code, 1);
    assert.equal((await run(['--fail-on', 'Warn', 'manifests'])).code, 0);
  });

  it('judges as at the time that is given', async () => {
    const exception = `---
apiVersion: helmgate.dev/v1alpha1
kind: Exception
metadata: {name: e}
spec: {policy: p, rules: [range], match: {names: [flagger]}, owner: me, reason: migration, expires: 2027-01-31}
`;
    const judged = (now: string) =>
      run(['-', '--now', now], {
        stdin: `${repository('https://flagger.app')}---\n${release('*')}`,
        policy: POLICY + exception,
      });
    assert.equal((await judged('2027-01-30T12:00:00+01:00')).code, 0);
    assert.equal((await judged('2027-02-02T00:00:00Z')).code, 1);
  });

  it('refuses a time that is none, and an output that is none', async () => {
    for (const argv of [
      ['--now', 'tomorrow'],
      ['--now', '2027-13-01T00:00:00Z'],
      ['--now', '2027-01-01'],
      ['--now', '2027-02-30T00:00:00Z'],
      ['--now', '2027-01-01T24:00:00Z'],
      ['-o', 'xml'],
    ]) {
      const command = checkCommand({ ...console, env: {} } as never)
        .exitOverride()
        .configureOutput({ writeErr: () => {} });
      await assert.rejects(command.parseAsync(['x', ...argv], { from: 'user' }), /argument '.*' is invalid/);
    }
  });

  it('takes several policy folders for one set, and names them in front of their files', async () => {
    const second = POLICY.replace('name: p', 'name: q').replace(
      'https://flagger.app',
      'https://other.example',
    );
    const { stdout, code, asked } = await run(['manifests'], {
      folders: { 'pol/a': POLICY, 'pol/b': second },
    });
    assert.equal(code, 1);
    assert.deepEqual(asked, ['pol/a', 'pol/b']);
    assert.match(stdout, /SourceNotAllowed from q\/sources \(pol\/b\/p\.yaml:6:5\)/);
    const twice = await run(['manifests'], { folders: { a: POLICY, b: POLICY } });
    assert.equal(twice.code, 3);
    assert.match(twice.stderr, /b\/p\.yaml:3:18: the policy name p is taken by a\/p\.yaml:3/);
  });

  it('takes ./policies when no folder is named, and says so when there is none', async () => {
    const none = await run(['manifests'], { bare: true });
    assert.equal(none.code, 2);
    assert.equal(
      none.stderr,
      'helmgate check: no policies: name their folder with -p (there is no ./policies)\n',
    );
    await mkdir(join(folder, 'policies'));
    try {
      const found = await run(['manifests'], { bare: true });
      assert.equal(found.code, 0);
      assert.deepEqual(found.asked, ['policies']);
    } finally {
      await rm(join(folder, 'policies'), { recursive: true });
    }
  });

  it('takes a policy file as well as a folder', async () => {
    await writeFile(join(folder, 'one.yaml'), POLICY);
    const { code, stdout } = await run(['denied.yaml'], { named: ['./one.yaml'] });
    assert.equal(code, 1, stdout);
    assert.match(stdout, /RangeTooWide from p\/range \(one\.yaml:8:5\)/);
  });

  it('does not take ./policies for one set when it is a folder of sets, and names these', async () => {
    await mkdir(join(folder, 'policies/baseline'), { recursive: true });
    await mkdir(join(folder, 'policies/examples'), { recursive: true });
    await writeFile(join(folder, 'policies/baseline/p.yaml'), POLICY);
    await writeFile(join(folder, 'policies/examples/release.yaml'), release('1.30.0'));
    try {
      const { code, stderr, asked } = await run(['manifests'], { bare: true });
      assert.equal(code, 2);
      assert.equal(
        stderr,
        'helmgate check: no policies: name their folder with -p (./policies holds no policies itself; there are policies/baseline)\n',
      );
      assert.deepEqual(asked, []);
      await writeFile(join(folder, 'policies/p.yaml'), POLICY);
      assert.equal((await run(['manifests'], { bare: true })).code, 0);
    } finally {
      await rm(join(folder, 'policies'), { recursive: true });
    }
  });

  it('skips in folders what claims to be no object, and counts it', async () => {
    await mkdir(join(folder, 'mixed'));
    await writeFile(join(folder, 'mixed/values.yaml'), 'replicas: 1\n');
    await writeFile(join(folder, 'mixed/kustomization.yml'), 'resources: [a.yaml]\n');
    await writeFile(join(folder, 'mixed/release.yaml'), release('1.30.0'));
    const { code, stdout } = await run(['mixed']);
    assert.equal(code, 0);
    assert.match(stdout, /1 checked, .*, 2 documents that are no objects\n$/);
    assert.equal((await run(['mixed', 'mixed/values.yaml'])).code, 2);
    await writeFile(join(folder, 'mixed/half.yaml'), 'apiVersion: helm.toolkit.fluxcd.io/v2\n');
    assert.equal((await run(['mixed'])).code, 2);
  });

  it('follows a link that is named, and none in a folder; reads a file that is named twice once', async () => {
    await mkdir(join(folder, 'links'));
    await writeFile(join(folder, 'links/release.yaml'), release('1.30.0'));
    await symlink('../denied.yaml', join(folder, 'links/denied.yaml'));
    await symlink('links', join(folder, 'to-links'));
    await symlink('denied.yaml', join(folder, 'to-denied.yaml'));
    assert.match((await run(['to-links', 'links/release.yaml', 'links'])).stdout, /2 checked, 0 denied/);
    assert.match((await run(['to-denied.yaml'])).stdout, /2 checked, 2 denied/);
  });

  it('shows no secret of a line that it points to', async () => {
    const stdin = `${repository('https://me:hunter2@flagger.app')}---\n${release('*').replace('spec:\n', 'spec:\n  values: {password: hunter2}\n')}`;
    for (const format of ['text', 'json', 'sarif', 'junit', 'github']) {
      const { stdout, code } = await run(['-o', format, '-'], { stdin });
      assert.equal(code, 1);
      assert.doesNotMatch(stdout, /hunter2/, format);
    }
    for (const format of ['text', 'json', 'sarif']) {
      const broken = await run(['-o', format, '-'], { stdin: 'password: hunter2: x\n' });
      assert.equal(broken.code, 2);
      assert.doesNotMatch(broken.stdout + broken.stderr, /hunter2/, format);
    }
    const secret = '{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: hunter2}}';
    const renderers = `  postRenderers: [{kustomize: {patchesStrategicMerge: [${secret}]}}]\n`;
    const policy = POLICY.replace('spec.timeout: 5m', 'spec.values: {adminPassword: hunter2, open: seen}');
    for (const format of ['text', 'json', 'sarif']) {
      const { stdout } = await run(['-o', format, '-'], { stdin: release('1.30.0') + renderers, policy });
      assert.match(stdout, format === 'sarif' ? /postRenderers/ : /seen/);
      assert.doesNotMatch(stdout, /hunter2/, format);
    }
  });

  it('prints SARIF that is valid, with the places of the findings and help', async () => {
    const { stdout, code } = await run(['-o', 'sarif', 'denied.yaml', 'broken.yaml']);
    assert.equal(code, 2);
    assert.deepEqual(sarifProblems(stdout), []);
    const [{ results, tool }] = JSON.parse(stdout).runs;
    const tooWide = results.find((result: { ruleId: string }) => result.ruleId === 'RangeTooWide');
    assert.deepEqual(tooWide.locations[0].physicalLocation.region, { startLine: 14, startColumn: 16 });
    assert.equal(tooWide.level, 'error');
    const rule = tool.driver.rules[tooWide.ruleIndex];
    assert.match(rule.help.markdown, /chartVersion/);
    assert.ok(results.some((result: { ruleId: string }) => result.ruleId === 'InvalidManifest'));
    assert.ok(results.some((result: { ruleId: string }) => result.ruleId === 'WouldBeChanged'));
  });

  it('describes every code that it can report', () => {
    const described = new Set(PROBLEM_RULES.map(({ id }) => id));
    for (const { reasons } of RULE_DEFINITIONS)
      for (const reason of Object.keys(reasons)) assert.ok(described.has(reason), reason);
    assert.equal(described.size, PROBLEM_RULES.length);
    for (const { id, summary, help } of PROBLEM_RULES) assert.ok(summary !== '' && help !== '', id);
  });

  it('prints JUnit XML that is well-formed, and fails a case for warnings only when asked', async () => {
    const { stdout } = await run(['-o', 'junit', 'denied.yaml', 'manifests', 'broken.yaml']);
    assert.equal(xmlProblem(stdout), undefined);
    assert.match(stdout, /<testsuites name="helmgate check" tests="5" failures="2" errors="1">/);
    const policy = POLICY.replace('- id: range\n', '- id: range\n    enforcement: Warn\n');
    const stdin = `${repository('https://flagger.app')}---\n${release('*')}`;
    const failures = async (...argv: readonly string[]) =>
      / failures="(\d)"/.exec((await run(['-o', 'junit', ...argv, '-'], { stdin, policy })).stdout)?.[1];
    assert.deepEqual([await failures(), await failures('--fail-on', 'Warn')], ['0', '1']);
  });

  it('tells programs about invalid policies too, in their own formats', async () => {
    const policy = POLICY.replace('rules', 'rulez');
    const sarif = await run(['-o', 'sarif', 'manifests'], { policy });
    assert.equal(sarif.code, 3);
    assert.deepEqual(sarifProblems(sarif.stdout), []);
    assert.equal(JSON.parse(sarif.stdout).runs[0].results[0].ruleId, 'InvalidPolicy');
    assert.equal(xmlProblem((await run(['-o', 'junit', 'manifests'], { policy })).stdout), undefined);
    assert.match(
      (await run(['-o', 'github', 'manifests'], { policy })).stdout,
      /^::error file=policies\/p\.yaml,line=5,col=3,title=InvalidPolicy::/,
    );
    assert.match((await run(['-o', 'github', 'manifests'], { policy: '' })).stdout, /holds no rules/);
    const json = JSON.parse((await run(['-o', 'json', 'manifests'], { policy })).stdout);
    assert.deepEqual(
      [json.objects, json.policyErrors[0].file, json.policyErrors[0].line],
      [[], 'policies/p.yaml', 5],
    );
    const none = JSON.parse((await run(['-o', 'json', 'manifests'], { policy: '' })).stdout);
    assert.match(none.policyErrors[0].message, /holds no rules/);
  });

  it('shows how far it is on a terminal, for many objects only, and wipes it away', async () => {
    const stdin = `${repository('https://flagger.app')}---\n`.repeat(300);
    const shown = await run(['-'], { stdin, terminal: true });
    assert.match(shown.stderr, /\rjudging|\u001b\[Kjudging 50 of 300/);
    assert.ok(shown.stderr.endsWith('\r\u001b[K'));
    assert.equal((await run(['-'], { stdin })).stderr, '');
    assert.equal((await run(['manifests'], { terminal: true })).stderr, '');
  });
});
