import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PROBLEM_RULES } from '../../src/cli/check/problem-rules.ts';
import { WORDS } from '../../src/cli/explain/words.ts';
import { wrapText } from '../../src/cli/explain/wrap-text.ts';
import { explainCommand } from '../../src/cli/explain.ts';
import {
  BETA_FIELDS_RULE,
  FORMER_DEFAULTS_RULE,
  OBJECT_SCHEMA_RULE,
  OBJECT_SHAPE_RULE,
} from '../../src/core/policy/built-in.ts';
import { fieldPaths } from '../../src/core/policy/known-fields.ts';
import { REASON_ADVICE } from '../../src/core/policy/reason-advice.ts';
import { RULE_DEFINITIONS } from '../../src/core/policy/rules/catalogue.ts';
import { LINT_CODES } from '../../src/core/policylint/lint-code.ts';
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

  it('says what holds where no enforcement is written, also as JSON', async () => {
    for (const [field, enforcement] of [
      ['ineffective', 'Warn'],
      ['bounds', 'Deny'],
    ] as const) {
      const text = `\nEnforcement:\n  ${enforcement}, when neither the policy nor the rule says it\n`;
      assert.ok((await run(field)).stdout.includes(text), field);
      const data = JSON.parse((await run(field, '-o', 'json')).stdout) as Record<string, unknown>;
      assert.equal(data['enforcement'], enforcement);
    }
  });

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
      ['Pinned', 'chartVersion.pinned or VersionNotPinned'],
      ['chartVersion.withn', 'chartVersion.within'],
    ] as const;
    for (const [word, meant] of table) {
      const { code, stderr } = await run(word);
      assert.deepEqual(
        [code, stderr],
        [
          2,
          `helmgate explain: there is no rule, field or reason "${word}"; did you mean ${meant}?\n\`helmgate explain\` lists them all\n`,
        ],
      );
    }
    assert.equal(
      (await run('qqqqqq')).stderr,
      'helmgate explain: there is no rule, field or reason "qqqqqq"\n`helmgate explain` lists them all\n',
    );
    for (const word of ['', 'constructor', '__proto__', '/', '..'])
      assert.equal((await run(word)).code, 2, word);
  });

  it('knows each code, reason and condition that the program has a text for', async () => {
    for (const word of await printedWords()) {
      const { code, stdout } = await run(word);
      assert.equal(code, 0, word);
      assert.ok(stdout.startsWith(`${word}\n\nGiven by:\n  `), stdout);
    }
  });

  it('says nothing about words that the program does not have', async () => {
    const printed = await printedWords();
    const known = new Set(WORDS.map(({ word }) => word));
    assert.deepEqual(
      [...known].filter((word) => !printed.has(word)),
      [],
    );
  });

  it('explains a code of check and of lint with what to do about it', async () => {
    assert.match(
      (await run('WouldBeChanged')).stdout,
      /^WouldBeChanged\n\nGiven by:\n {2}check {2}the webhook would change the object/,
    );
    assert.match(
      (await run('MatchesNothing')).stdout,
      /Given by:\n {2}lint {2}no object can fit\n\nWhat to do:\n {2}\S/,
    );
    const held = JSON.parse((await run('Held', '-o', 'json')).stdout);
    assert.deepEqual([held.reason, held.from[0].rule], ['Held', 'conditions']);
  });

  for (const { field, options } of RULE_DEFINITIONS) {
    it(`explains each option of ${field} by its path`, async () => {
      for (const { path, text } of options.filter(({ path: at }) => at !== '')) {
        const { stdout, code } = await run(`${field}.${path}`);
        assert.equal(code, 0, path);
        assert.ok(stdout.startsWith(`${field}.${path}\n`), stdout);
        assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(text.replaceAll(/\s+/g, ' ')), stdout);
      }
    });
  }

  it('explains an option without its brackets, and a group of options by all that is in it', async () => {
    assert.match((await run('chartVersion.charts.name')).stdout, /^chartVersion\.charts\[\]\.name\n/);
    const { stdout } = await run('chartVersion.charts');
    assert.match(stdout, /^chartVersion\.charts\[\]\.name\n[^]*^chartVersion\.charts\[\]\.source\n/m);
    const [option] = JSON.parse((await run('chartVersion.within', '-o', 'json')).stdout).options;
    assert.deepEqual([option.rule, option.path], ['chartVersion', 'within']);
  });

  it('explains a rule of a policy by the name that denials have for it', async () => {
    const { stdout, code } = await run('p/r', '-p', '.');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^p\/r \(p\.yaml:12:9\)\n\nchartVersion:\n {2}\{"within":">=1"\}\n\nchartVersion: the versions that a chart may have\n/,
    );
    const found = JSON.parse((await run('p/r', '-p', 'p.yaml', '-o', 'json')).stdout);
    assert.deepEqual(
      [found.rule, found.file, found.line, found.field, found.written],
      ['p/r', 'p.yaml', 12, 'chartVersion', { within: '>=1' }],
    );
    const without = await run('p/r');
    assert.deepEqual(
      [without.code, without.stderr],
      [2, 'helmgate explain: name the policies that p/r is in with --policies\n'],
    );
    const unknown = await run('p/q', '-p', '.');
    assert.deepEqual(
      [unknown.code, unknown.stderr],
      [2, 'helmgate explain: . has no rule p/q; it has p/d, p/r\n'],
    );
    for (const rule of [OBJECT_SHAPE_RULE, BETA_FIELDS_RULE, FORMER_DEFAULTS_RULE, OBJECT_SCHEMA_RULE])
      assert.equal((await run(`helmgate/${rule}`)).code, 0, rule);
  });

  it('lists everything that it can explain, and explains what it lists', async () => {
    const { stdout, code } = await run();
    assert.equal(code, 0);
    assert.match(stdout, /^Rules:\n {2}allowedSources /);
    const listed = JSON.parse((await run('-o', 'json')).stdout);
    assert.deepEqual(Object.keys(listed), ['rules', 'reasons', 'fields']);
    assert.ok(listed.reasons.includes('RangeTooWide') && listed.reasons.includes('Held'));
    for (const word of [...listed.rules, ...listed.reasons, ...listed.fields.slice(0, 20)])
      assert.equal((await run(word)).code, 0, word);
    for (const word of [...listed.rules, ...listed.reasons]) assert.ok(stdout.includes(word), word);
  });

  it('ends 2 when the policies cannot be read', async () => {
    const { code, stderr } = await run('-p', 'nothing', 'spec.timeout');
    assert.deepEqual([code, stderr], [2, 'helmgate explain: nothing: no such file or folder\n']);
  });
});

/** Codes by their tables, and reasons as the loop's code writes them into conditions. */
async function printedWords(): Promise<ReadonlySet<string>> {
  const folders = ['src/core/release', 'src/runtime/controller'];
  const texts = await Promise.all(
    folders.map(async (path) => {
      const names = (await readdir(path)).filter((name) => name.endsWith('.ts'));
      return (await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')))).join('\n');
    }),
  );
  const chartErrors = await readFile('src/io/contract.ts', 'utf8');
  const source = texts.join('\n');
  const unions = [
    /type BlockReason =([^;]*);/.exec(source)?.[1],
    /type ReleaseConditionType =([^;]*);/.exec(source)?.[1],
    /type ReleaseState =([^]*?);\n\n/.exec(source)?.[1],
    /interface ChartErrorShape \{\s*readonly reason:([^;]*);/.exec(chartErrors)?.[1],
  ].map((text) => text ?? assert.fail('a union has another name'));
  const written = source.matchAll(/(?:reason: |type: |notReady\(|stalled\(|failed\()'([A-Z]\w+)'/g);
  const alternatives = source.matchAll(/reason: ('[A-Z]\w+'(?: \| '[A-Z]\w+')+)/g);
  const verbs = ['Install', 'Upgrade', 'Rollback', 'Uninstall'];
  return new Set([
    ...Object.keys(REASON_ADVICE),
    ...Object.keys(LINT_CODES),
    ...PROBLEM_RULES.map(({ id }) => id),
    ...[...written].map(([, word = '']) => word),
    ...[...alternatives, ...unions.map((text) => ['', text])].flatMap(([, text = '']) =>
      [...text.matchAll(/'([A-Z]\w+)'/g)].map(([, word = '']) => word),
    ),
    ...verbs.flatMap((verb) => [`${verb}Succeeded`, `${verb}Failed`]),
    ...['CaseFailed', 'InvalidTest'],
    ...['Allow', 'Deny', 'Hold', 'Error', 'Warn', 'Audit'],
    ...['NotFound', 'Forbidden', 'Unavailable', 'Unsupported', 'AuditTailRepaired'],
  ]);
}

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
