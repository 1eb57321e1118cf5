import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testCommand } from '../../src/cli/test.ts';
import { capture } from './capture.ts';
import { xmlProblem } from './output/xml-problem.ts';

const POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - id: sources
    allowedSources: [{url: "https://flagger.app"}]
`;
const HEAD = 'apiVersion: helmgate.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: t}\nspec:\n';
const repository = (url: string) =>
  `{apiVersion: source.toolkit.fluxcd.io/v1, kind: HelmRepository, metadata: {name: r, namespace: team}, spec: {url: "${url}"}}`;

const FILES: Readonly<Record<string, string>> = {
  'policies/p.yaml': POLICY,
  'policies/tests/good.yaml': `${HEAD}  policies: [..]
  cases:
  - name: allows the listed URL
    object: ${repository('https://flagger.app')}
    expect: {verdict: Allow}
  - name: denies another one
    objectFile: ../.objects/evil.yaml
    expect: {verdict: Deny, findings: [{rule: sources}]}
`,
  'policies/.objects/evil.yaml': repository('https://evil.example'),
  'policies/.objects/two.yaml': 'a: 1\n---\nb: 1\n',
  'weak.yaml': `${HEAD}  policies: [policies/p.yaml]\n  cases:\n  - name: allows the listed URL\n    object: ${repository('https://flagger.app')}\n    expect: {verdict: Allow}\n`,
  'bad.yaml': `${HEAD}  policies: [policies]\n  cases:\n  - name: denies the listed URL\n    object: ${repository('https://flagger.app')}\n    expect:\n      verdict: Deny\n      findings: [{rule: sources, reason: SourceNotAllowed}]\n  - name: allows it\n    object: ${repository('https://flagger.app')}\n    expect: {verdict: Allow}\n`,
  'unread.yaml': `${HEAD}  policies: [nowhere, policies]\n  cases:\n  - {name: a, objectFile: no.yaml, expect: {verdict: Allow}}\n  - {name: b, objectFile: policies/.objects/two.yaml, expect: {verdict: Allow}}\n`,
  'misspelt.yaml': `${HEAD}  policies: [policies]\n  cases:\n  - {name: a, object: {}, expect: {verdikt: Allow}}\n`,
  'invalid.yaml': `${HEAD}  inline: [{apiVersion: helmgate.dev/v1alpha1, kind: Policy, metadata: {name: p}, spec: {rules: [{id: a, chartVersion: {within: 1.10}}]}}]\n  cases:\n  - {name: a, object: {}, expect: {verdict: Allow}}\n`,
  'other/template.yaml': '{{ if .Values.x }}\n',
  'other/manifest.yaml': 'apiVersion: v1\nkind: ConfigMap\n',
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helmgate-test-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
after(async () => {
  await rm(folder, { recursive: true });
});

const run = (argv: readonly string[], stdin = '') => capture(testCommand, argv, { cwd: folder, stdin });

describe('helmgate test', () => {
  it('ends 0 when all cases hold, with tests beside the policies that they are about', async () => {
    assert.deepEqual(await run(['policies']), {
      code: 0,
      stdout: '2 cases in 1 test, 2 hold, 0 fail\n',
      stderr: '',
    });
  });

  it('lists the cases that hold when asked to, and only those that the filter names', async () => {
    const { code, stdout } = await run(['-v', '-f', 'another', 'policies']);
    assert.equal(code, 0);
    assert.equal(
      stdout,
      'policies/tests/good.yaml:10:11: holds: t: denies another one\n1 case in 1 test, 1 holds, 0 fail\n',
    );
  });

  it('ends 1 and shows what was expected and what came, with the lines of the test', async () => {
    const { code, stdout } = await run(['bad.yaml']);
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `bad.yaml:7:11: failed: t: denies the listed URL
  verdict (line 10)
    - Deny
    + Allow
  findings (line 11)
    - {"reason":"SourceNotAllowed","rule":"sources"}

2 cases in 1 test, 1 holds, 1 fails
`,
    );
  });

  it('says the same in JSON', async () => {
    const { code, stdout } = await run(['-o', 'json', 'bad.yaml']);
    assert.equal(code, 1);
    const { tests, hold, fail } = JSON.parse(stdout) as {
      tests: { file: string; name: string; cases: Record<string, unknown>[] }[];
      hold: number;
      fail: number;
    };
    assert.deepEqual([tests.length, tests[0]?.file, tests[0]?.name, hold, fail], [1, 'bad.yaml', 't', 1, 1]);
    assert.deepEqual(tests[0]?.cases[0], {
      name: 'denies the listed URL',
      line: 7,
      column: 5,
      holds: false,
      verdict: 'Allow',
      mismatches: [
        { what: 'verdict', line: 10, column: 7, expected: ['Deny'], got: ['Allow'] },
        {
          what: 'findings',
          line: 11,
          column: 7,
          expected: ['{"reason":"SourceNotAllowed","rule":"sources"}'],
          got: [],
        },
      ],
    });
  });

  it('says the same as JUnit and to GitHub, at the lines of the expectations', async () => {
    const junit = await run(['-o', 'junit', 'bad.yaml', 'misspelt.yaml']);
    assert.equal(junit.code, 2);
    assert.match(junit.stdout, /<testsuites name="helmgate test" tests="3" failures="1" errors="1">/);
    assert.match(
      junit.stdout,
      /<testcase name="t: allows it" classname="bad\.yaml" file="bad\.yaml" line="12"\/>/,
    );
    const github = await run(['-o', 'github', 'bad.yaml']);
    assert.equal(
      github.stdout,
      `::error file=bad.yaml,line=10,col=7,title=CaseFailed::t: denies the listed URL: verdict: expected Deny, got Allow
::error file=bad.yaml,line=11,col=7,title=CaseFailed::t: denies the listed URL: findings: expected {"reason":"SourceNotAllowed","rule":"sources"}, got nothing more
helmgate test: 2 checked, 1 failed
`,
    );
  });

  it('reads a test from the standard input, its paths from the working folder', async () => {
    const { code, stdout } = await run(['-'], FILES['weak.yaml']);
    assert.deepEqual([code, stdout], [0, '1 case in 1 test, 1 holds, 0 fail\n']);
  });

  it('ends 2 for files that a test names and that cannot be read, all of them at once', async () => {
    const { code, stdout } = await run(['unread.yaml']);
    assert.equal(code, 2);
    assert.match(stdout, /^unread\.yaml:5:14: no such file or folder\n/m);
    assert.match(stdout, /^unread\.yaml:7:27: .*no\.yaml: no such file or folder\n/m);
    assert.match(
      stdout,
      /^unread\.yaml:8:27: policies\/\.objects\/two\.yaml must hold exactly one object\n/m,
    );
    assert.match(stdout, /0 cases in 0 tests, 0 hold, 0 fail, 3 errors\n$/);
  });

  it('ends 2 for a field that nobody knows, and says which was meant', async () => {
    const { code, stdout } = await run(['misspelt.yaml', 'policies']);
    assert.equal(code, 2);
    assert.match(
      stdout,
      /^misspelt\.yaml:7:36: unknown field "verdikt" in .* \(did you mean "verdict"\?\)$/m,
    );
    assert.match(stdout, /2 cases in 1 test, 2 hold, 0 fail, 1 error\n$/);
  });

  it('ends 2 when there is nothing to run, passing over YAML of other kinds and templates', async () => {
    for (const argv of [['other'], ['policies/p.yaml']]) {
      const { code, stderr } = await run(argv);
      assert.equal(code, 2);
      assert.match(stderr, /^helmgate test: no case of a PolicyTest was found in /);
    }
    const filtered = await run(['-f', 'no such case', 'policies']);
    assert.deepEqual(
      [filtered.code, filtered.stderr],
      [2, 'helmgate test: none of the 2 cases in policies has "no such case" in its name\n'],
    );
    const { code, stderr } = await run(['nothing']);
    assert.deepEqual([code, stderr], [2, 'helmgate test: nothing: no such file or folder\n']);
  });

  it('ends 3 when the policies are invalid, naming the line of the test where they stand in it', async () => {
    const { code, stdout } = await run(['invalid.yaml']);
    assert.equal(code, 3);
    assert.match(stdout, /^invalid\.yaml:5:129: spec\.rules\.0\.chartVersion\.within must be a text/m);
  });
});

describe('helmgate test --mutants', () => {
  it('ends 0 when every mutant is noticed', async () => {
    const { code, stdout, stderr } = await run(['--mutants', 'policies']);
    assert.deepEqual([code, stdout], [0, '4 mutants, 2 killed, 0 survived, 2 that do not load\n']);
    assert.equal(stderr, 'mutants: 0 of 4 tried, 0 survived\n');
  });

  it('ends 1 and shows where a change goes unnoticed', async () => {
    const { code, stdout } = await run(['--mutants', 'weak.yaml']);
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `policies/p.yaml:6:5: survived: p/sources: the rule removed
   6 |   - id: sources
     |     ^

policies/p.yaml:6:5: survived: p/sources: enforcement: Deny -> Warn
   6 |   - id: sources
     |     ^

4 mutants, 0 killed, 2 survived, 2 that do not load
`,
    );
  });

  it('says the same in JSON', async () => {
    const { stdout } = await run(['--mutants', '-o', 'json', 'weak.yaml']);
    const { survivors, ...counts } = JSON.parse(stdout) as { survivors: unknown[] };
    assert.deepEqual(counts, { killed: 0, survived: 2, invalid: 2, notTried: 0 });
    assert.deepEqual(survivors[0], {
      file: 'policies/p.yaml',
      line: 6,
      column: 5,
      in: 'p/sources',
      path: ['spec', 'rules', '0'],
      change: 'the rule removed',
    });
  });

  it('says the same as JUnit and to GitHub', async () => {
    const junit = await run(['--mutants', '-o', 'junit', 'weak.yaml']);
    assert.equal(junit.code, 1);
    assert.equal(xmlProblem(junit.stdout), undefined);
    assert.match(
      junit.stdout,
      /<testsuites name="helmgate test --mutants" tests="3" failures="2" errors="0">/,
    );
    const github = await run(['--mutants', '-o', 'github', 'weak.yaml']);
    assert.match(
      github.stdout,
      /^::error file=policies\/p\.yaml,line=6,col=5,title=MutantSurvived::p\/sources: the rule removed: no test notices this change$/m,
    );
    const none = await run(['--mutants', '-o', 'github', 'policies']);
    assert.deepEqual([none.code, none.stdout], [0, 'helmgate test --mutants: 1 checked, 0 failed\n']);
  });

  it('tries no more than it is told to, and says how many are left', async () => {
    const { code, stdout } = await run(['--mutants', '--max-mutants', '1', 'policies']);
    assert.deepEqual(
      [code, stdout],
      [0, '1 mutant, 1 killed, 0 survived, 0 that do not load, 3 not tried (--max-mutants)\n'],
    );
    await assert.rejects(
      run(['--max-mutants', '0', 'policies']),
      /a whole number from 1 to 999999 is needed/,
    );
  });

  it('shows the cases instead while some do not hold', async () => {
    const { code, stdout } = await run(['--mutants', 'bad.yaml']);
    assert.equal(code, 1);
    assert.match(stdout, /failed: t: denies the listed URL/);
    assert.doesNotMatch(stdout, /mutants/);
  });
});
