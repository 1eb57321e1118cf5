import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lintCommand } from '../../src/cli/lint.ts';
import { LINT_CODES } from '../../src/core/policylint/lint-code.ts';
import { capture } from './capture.ts';

const HEAD = 'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\n';
const RULES = '  rules: [{id: s, allowedSources: [{url: "https://flagger.app"}]}]\n';
const FILES: Readonly<Record<string, string>> = {
  'good/p.yaml': `${HEAD}metadata: {name: p}\nspec:\n${RULES}`,
  'odd/p.yaml': `${HEAD}metadata: {name: p}\nspec:\n  match: {names: [a], exclude: {names: ["*"]}}\n${RULES}`,
  'broken/p.yaml': `${HEAD}metadata: {name: p}\nspec:\n  rules: [{id: s, alowedSources: []}]\n`,
  'empty/p.yaml': `${HEAD}metadata: {name: p}\nspec:\n  rules: [{id: s, chartVersion: {within: ">2 <1"}}]\n`,
  'none/t.yaml': 'apiVersion: helmgate.dev/v1alpha1\nkind: PolicyTest\n',
  'staged/p.yaml': `${HEAD}metadata: {name: p}\nspec:\n  enforcement: {action: Deny, from: 2026-01-01}\n${RULES}`,
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helmgate-lint-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
after(async () => {
  await rm(folder, { recursive: true });
});

const NOW = Date.parse('2026-06-01T00:00:00Z');
const run = (argv: readonly string[]) =>
  capture((context) => lintCommand(context, () => NOW), argv, { cwd: folder });

describe('helmgate lint', () => {
  it('ends 0 when there is nothing to say, and for notes', async () => {
    assert.deepEqual(await run(['good']), {
      code: 0,
      stdout: '1 rule of 1 policy, 0 exceptions: 0 errors, 0 warnings, 0 notes\n',
      stderr: '',
    });
    const staged = await run(['staged']);
    assert.equal(staged.code, 0);
    assert.match(
      staged.stdout,
      /^staged\/p\.yaml:5:37: note: Deny holds since 2026-01-01T00:00:00Z \(leave out from and before\) \[StageOver\]\n/,
    );
  });

  it('ends 1 for a warning, with its line, and 0 when only errors count', async () => {
    const { code, stdout } = await run(['odd']);
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `odd/p.yaml:5:33: warning: this matches nothing: every name that fits is excluded again [MatchesNothing]
   5 |   match: {names: [a], exclude: {names: ["*"]}}
     |                                 ^

1 rule of 1 policy, 0 exceptions: 0 errors, 1 warning, 0 notes
`,
    );
    assert.equal((await run(['--fail-on', 'error', 'odd'])).code, 0);
  });

  it('ends 3 when the set does not load', async () => {
    const { code, stdout } = await run(['broken']);
    assert.equal(code, 3);
    assert.match(
      stdout,
      /^broken\/p\.yaml:5:19: error: unknown field "alowedSources" in spec\.rules\.0 \(did you mean "allowedSources"\?\) \[InvalidPolicy\]$/m,
    );
  });

  it('takes all paths together as one set, and each file once', async () => {
    const clash = await run(['good', 'odd/p.yaml']);
    assert.equal(clash.code, 3);
    assert.match(clash.stdout, /odd\/p\.yaml:3:18: error: the policy name p is taken by good\/p\.yaml:3/);
    assert.equal((await run(['good', 'good/p.yaml', './good/../good'])).code, 0);
  });

  it('ends 2 for a path that is not there, and when no policy is found', async () => {
    const missing = await run(['nothing']);
    assert.deepEqual([missing.code, missing.stderr], [2, 'helmgate lint: nothing: no such file or folder\n']);
    const none = await run(['none']);
    assert.deepEqual([none.code, none.stderr], [2, 'helmgate lint: no policy was found in none\n']);
  });

  it('prints JSON', async () => {
    const { findings, ...counts } = JSON.parse((await run(['-o', 'json', 'odd'])).stdout) as {
      findings: Record<string, unknown>[];
    };
    assert.deepEqual(counts, { policies: 1, exceptions: 0, rules: 1 });
    const { frame, ...finding } = findings[0] ?? {};
    assert.equal(typeof frame, 'string');
    assert.deepEqual(finding, {
      file: 'odd/p.yaml',
      line: 5,
      column: 33,
      message: 'this matches nothing: every name that fits is excluded again',
      code: 'MatchesNothing',
      level: 'warning',
    });
  });

  it('prints JUnit: a case for each file, a failure where the run fails, an error where the set does not load', async () => {
    const { stdout, code } = await run(['-o', 'junit', 'odd']);
    assert.equal(code, 1);
    assert.match(stdout, /<testsuites name="helmgate lint" tests="1" failures="1" errors="0">/);
    assert.match(stdout, /<failure type="MatchesNothing" message="this matches nothing: /);
    const broken = await run(['-o', 'junit', 'broken', 'good']);
    assert.match(broken.stdout, /tests="2" failures="0" errors="1">/);
    assert.match(broken.stdout, /<error type="InvalidPolicy" /);
  });

  it('says in SARIF that it was not successful when the set does not load, and that it was for other errors', async () => {
    const successful = async (folder: string) =>
      JSON.parse((await run(['-o', 'sarif', folder])).stdout).runs[0].invocations[0].executionSuccessful;
    assert.deepEqual(
      [await successful('broken'), await successful('empty'), await successful('odd')],
      [false, true, true],
    );
    assert.equal((await run(['empty'])).code, 3);
  });

  it('prints SARIF with the code described, and annotations for GitHub', async () => {
    const { runs } = JSON.parse((await run(['-o', 'sarif', 'odd'])).stdout) as {
      runs: {
        tool: { driver: { rules: { id: string; help: { text: string } }[] } };
        results: { ruleId: string; level: string }[];
      }[];
    };
    assert.deepEqual(
      runs[0]?.results.map(({ ruleId, level }) => [ruleId, level]),
      [['MatchesNothing', 'warning']],
    );
    assert.equal(runs[0]?.tool.driver.rules[0]?.help.text, LINT_CODES.MatchesNothing.help);
    assert.equal(
      (await run(['-o', 'github', 'odd'])).stdout,
      '::warning file=odd/p.yaml,line=5,col=33,title=MatchesNothing::odd/p.yaml: this matches nothing: every name that fits is excluded again\nhelmgate lint: 1 checked, 1 failed\n',
    );
  });
});
