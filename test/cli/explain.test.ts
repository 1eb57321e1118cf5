import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { wrapText } from '../../src/cli/explain/wrap-text.ts';
import { explainCommand } from '../../src/cli/explain.ts';
import { fieldPaths } from '../../src/core/policy/known-fields.ts';
import { REASON_ADVICE } from '../../src/core/policy/reason-advice.ts';
import { RULE_DEFINITIONS } from '../../src/core/policy/rules/catalogue.ts';
import { capture } from './capture.ts';

const POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - id: d
    defaults:
      HelmRelease:
        spec.install.remediation.retries: 3
        spec.upgrade: {remediation: {retries: 4}}
        /spec/timeout: 5m
  - id: r
    chartVersion: {within: ">=1"}
`;

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helmgate-explain-'));
  await writeFile(join(folder, 'p.yaml'), POLICY);
});
after(async () => {
  await rm(folder, { recursive: true });
});

const run = (...argv: readonly string[]) => capture(explainCommand, argv, { cwd: folder });

describe('helmgate explain', () => {
  for (const { field, summary, reasons, options } of RULE_DEFINITIONS) {
    it(`explains the rule ${field}: all parts of its reference, in lines of at most 100 columns`, async () => {
      const { stdout, code } = await run(field);
      assert.equal(code, 0);
      assert.ok(stdout.startsWith(`${field}: ${summary}\n`));
      for (const word of [...Object.keys(reasons), ...options.map(({ path }) => path)])
        assert.ok(stdout.includes(word), word);
      const [text = ''] = stdout.split('\nExample:\n');
      for (const line of text.split('\n')) assert.ok(line.length <= 100 || !line.trim().includes(' '), line);
    });
  }

  for (const reason of Object.keys(REASON_ADVICE)) {
    it(`explains the reason ${reason}`, async () => {
      const { stdout, code } = await run(reason);
      assert.equal(code, 0);
      assert.ok(stdout.startsWith(`${reason}\n`));
      assert.match(stdout, /\nWhat to do:\n {2}\S/);
    });
  }

  it('explains a field: its type, its default and who fills that in', async () => {
    assert.equal(
      (await run('spec.install.remediation.retries')).stdout,
      'HelmRelease spec.install.remediation.retries\n  type     whole number\n  default  0, by the controller\n',
    );
    assert.match(
      (await run('spec.chart.spec.version')).stdout,
      /default +"\*", by the API's schema, before any webhook\n/,
    );
    assert.match((await run('spec.waitStrategy.name')).stdout, /since +v2\n/);
    assert.match((await run('spec.chart.spec.version')).stdout, /read by +.*chartVersion/);
  });

  it('takes a field without spec, as a pointer, of one kind, and a group of fields', async () => {
    const same = (await run('spec.timeout')).stdout;
    assert.equal((await run('timeout')).stdout, same);
    assert.equal((await run('/spec/timeout')).stdout, same);
    assert.match(same, /^HelmRelease spec\.timeout\n[^]*^HelmRepository spec\.timeout\n/m);
    assert.doesNotMatch((await run('HelmRepository.spec.timeout')).stdout, /HelmRelease/);
    assert.match(
      (await run('upgrade.remediation')).stdout,
      /type +group\n +fields +spec\.upgrade\.remediation\.retries, /,
    );
  });

  it('knows every field that policies may set', async () => {
    for (const path of fieldPaths('HelmRelease')) assert.equal((await run(path)).code, 0, path);
  });

  it('shows where policies name a field: itself, a group around it, in any spelling', async () => {
    const { stdout } = await run('-p', 'p.yaml', 'spec.upgrade.remediation.retries');
    assert.match(
      stdout,
      /\nPolicies:\n {2}p\.yaml:10:9: p\/d \(defaults\): \{"remediation":\{"retries":4\}\}\n$/,
    );
    assert.match((await run('-p', '.', 'timeout')).stdout, /p\.yaml:11:9: p\/d \(defaults\): "5m"\n$/);
    assert.match((await run('-p', '.', 'install')).stdout, /p\.yaml:9:9: p\/d \(defaults\): 3\n$/);
    assert.match((await run('-p', '.', 'suspend')).stdout, /no rule of these policies names it\n$/);
  });

  it('prints all of it as JSON too', async () => {
    const rule = JSON.parse((await run('-o', 'json', 'chartVersion')).stdout) as {
      field: string;
      schema: object;
    };
    assert.deepEqual([rule.field, typeof rule.schema], ['chartVersion', 'object']);
    const reason = JSON.parse((await run('-o', 'json', 'NotMutated')).stdout) as { from: { rule: string }[] };
    assert.ok(reason.from.some((entry) => entry.rule === 'helmgate'));
    const field = JSON.parse((await run('-o', 'json', '-p', '.', 'spec.maxHistory')).stdout) as object;
    assert.deepEqual(field, {
      fields: [
        {
          kind: 'HelmRelease',
          path: 'spec.maxHistory',
          type: 'whole number',
          default: { value: 5, by: 'controller' },
          rules: [],
          fields: [],
        },
      ],
      uses: [],
    });
  });

  it('ends 2 for what it does not know, and says what was meant', async () => {
    const table = [
      ['chartversion', 'chartVersion'],
      ['RangeTooWid', 'RangeTooWide'],
      ['spec.instal.crds', 'spec.install.crds'],
    ] as const;
    for (const [word, meant] of table) {
      const { code, stderr } = await run(word);
      assert.deepEqual(
        [code, stderr],
        [2, `helmgate explain: there is no rule, field or reason "${word}"; did you mean "${meant}"?\n`],
      );
    }
    assert.equal(
      (await run('qqqqqq')).stderr,
      'helmgate explain: there is no rule, field or reason "qqqqqq"\n',
    );
    for (const word of ['', 'constructor', '__proto__', '/', '..'])
      assert.equal((await run(word)).code, 2, word);
  });

  it('ends 2 when the policies cannot be read', async () => {
    const { code, stderr } = await run('-p', 'nothing', 'spec.timeout');
    assert.deepEqual([code, stderr], [2, 'helmgate explain: nothing: no such file or folder\n']);
  });
});

describe('wrapping text', () => {
  it('breaks at 100 columns, keeps paragraphs, and leaves a long word whole', () => {
    const words = Array(40).fill('word').join(' ');
    assert.deepEqual(
      wrapText(words, '- ', '  ')
        .split('\n')
        .map((line) => line.length),
      [96, 96, 11],
    );
    assert.equal(wrapText('a\nb\n\n\nc'), 'a b\n\nc');
    assert.equal(wrapText(`x ${'y'.repeat(120)} z`), `x\n${'y'.repeat(120)}\nz`);
  });
});
