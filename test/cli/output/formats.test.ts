import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatGithub } from '../../../src/cli/output/github.ts';
import { formatJunit } from '../../../src/cli/output/junit.ts';
import { maskSecrets } from '../../../src/cli/output/mask-secrets.ts';
import type { Problem, ProblemReport } from '../../../src/cli/output/problem.ts';
import { formatSarif } from '../../../src/cli/output/sarif.ts';
import { sourceFrame } from '../../../src/cli/output/source-frame.ts';
import { sarifProblems } from './sarif-problems.ts';
import { xmlProblem } from './xml-problem.ts';

const problem: Problem = {
  level: 'error',
  fails: true,
  rule: 'RangeTooWide',
  message: 'spec.chart.spec.version: it also matches 2.0.0, 50% <of> "all" & more',
  file: 'apps/my app.yaml',
  line: 3,
  column: 7,
  hint: 'would pass: >=1.0.0',
  origin: 'p/range (p.yaml:8:5)',
};

const report: ProblemReport = {
  title: 'helmgate check',
  version: '1.2.3',
  rules: [
    {
      id: 'RangeTooWide',
      summary: 'the range is too wide',
      help: 'Write **less**.',
    },
    { id: 'Unused', summary: 'unused', help: 'unused' },
  ],
  cases: [
    {
      file: 'apps/my app.yaml',
      name: 'HelmRelease team/a',
      line: 1,
      problems: [problem, { ...problem, level: 'note', fails: false, rule: 'Note', message: 'by the way' }],
    },
    { file: 'apps/my app.yaml', name: 'HelmRelease team/b', line: 20, problems: [] },
    {
      file: 'broken.yaml',
      name: 'broken.yaml',
      line: 1,
      unreadable: true,
      problems: [{ ...problem, file: 'broken.yaml' }],
    },
  ],
};

describe('SARIF', () => {
  it('is valid, describes the rules that are used, and names files as URIs', () => {
    const sarif = formatSarif(report);
    assert.deepEqual(sarifProblems(sarif), []);
    const [run] = JSON.parse(sarif).runs;
    assert.deepEqual(
      run.tool.driver.rules.map((rule: { id: string }) => rule.id),
      ['RangeTooWide', 'Note'],
    );
    assert.equal(run.tool.driver.rules[0].help.markdown, 'Write **less**.');
    assert.equal(run.results.length, 3);
    const { artifactLocation, region } = run.results[0].locations[0].physicalLocation;
    assert.deepEqual(artifactLocation, { uri: 'apps/my%20app.yaml', uriBaseId: '%SRCROOT%' });
    assert.deepEqual(region, { startLine: 3, startColumn: 7 });
    assert.match(
      run.results[0].message.text,
      /^HelmRelease team\/a: .*\nwould pass: >=1\.0\.0\nfrom p\/range/,
    );
    assert.deepEqual(run.invocations, [{ executionSuccessful: false }]);
  });

  it('keeps fingerprints when lines move, and tells equal findings apart', () => {
    const prints = (lines: number, ...problems: readonly Problem[]) =>
      JSON.parse(
        formatSarif({
          ...report,
          cases: [
            {
              file: 'a',
              name: 'x',
              line: 1,
              problems: problems.map((each) => ({ ...each, line: each.line + lines })),
            },
          ],
        }),
      ).runs[0].results.map((result: { partialFingerprints: object }) => result.partialFingerprints);
    assert.deepEqual(prints(0, problem, problem), prints(5, problem, problem));
    assert.notDeepEqual(prints(0, problem, problem)[0], prints(0, problem, problem)[1]);
    assert.notDeepEqual(prints(0, problem), prints(0, { ...problem, rule: 'Note' }));
  });

  it('names absolute files and the standard input', () => {
    const uri = (file: string) =>
      JSON.parse(
        formatSarif({ ...report, cases: [{ file, name: 'x', line: 1, problems: [{ ...problem, file }] }] }),
      ).runs[0].results[0].locations[0].physicalLocation.artifactLocation;
    assert.deepEqual(uri('/tmp/a b.yaml'), { uri: 'file:///tmp/a%20b.yaml' });
    assert.deepEqual(uri('-'), { uri: 'stdin', uriBaseId: '%SRCROOT%' });
    assert.deepEqual(uri('./a#b?.yaml'), { uri: 'a%23b%3F.yaml', uriBaseId: '%SRCROOT%' });
  });

  it('is seen to be invalid by the check used here when it is', () => {
    const broken = (edit: (log: ReturnType<typeof JSON.parse>) => void): readonly string[] => {
      const log = JSON.parse(formatSarif(report));
      edit(log);
      return sarifProblems(JSON.stringify(log));
    };
    assert.equal(broken(() => {}).length, 0);
    assert.ok(broken((log) => (log.version = '2.0.0')).length > 0);
    assert.ok(broken((log) => (log.runs[0].results[0].ruleIndex = 1)).length > 0);
    assert.ok(broken((log) => (log.runs[0].results[0].level = 'fatal')).length > 0);
    assert.ok(
      broken((log) => (log.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0)).length > 0,
    );
    assert.ok(broken((log) => (log.runs[0].results[0].extra = 1)).length > 0);
  });
});

describe('JUnit XML', () => {
  it('has a suite for each file, a case for each object, and counts', () => {
    const xml = formatJunit(report);
    assert.equal(xmlProblem(xml), undefined);
    assert.match(xml, /<testsuites name="helmgate check" tests="3" failures="1" errors="1">/);
    assert.match(xml, /<testsuite name="apps\/my app.yaml" tests="2" failures="1" errors="0">/);
    assert.match(
      xml,
      /<testcase name="HelmRelease team\/b" classname="apps\/my app.yaml" file="apps\/my app.yaml" line="20"\/>/,
    );
    assert.match(
      xml,
      /<failure type="RangeTooWide" message="spec\.chart[^"]* 50% &lt;of&gt; &quot;all&quot; &amp; more">/,
    );
    assert.match(xml, /<system-out>.*note: by the way \[Note\]/);
    assert.match(xml, /<error type="RangeTooWide"/);
  });

  it('is seen to be broken by the check used here when it is', () => {
    for (const xml of [
      '<a>',
      '<a></b>',
      '<a b="<"/>',
      '<a>&</a>',
      '<a b="1" b="2"/>',
      'x<a/>',
      '<a>\u0001</a>',
    ])
      assert.notEqual(xmlProblem(xml), undefined, xml);
  });
});

describe('GitHub annotations', () => {
  it('are workflow commands, failures first, with a count at the end', () => {
    const lines = formatGithub(report).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => line.slice(0, line.indexOf(' '))),
      ['::error', '::error', '::notice', 'helmgate'],
    );
    assert.equal(
      lines[0],
      '::error file=apps/my app.yaml,line=3,col=7,title=RangeTooWide::HelmRelease team/a: spec.chart.spec.version: ' +
        'it also matches 2.0.0, 50%25 <of> "all" & more%0Awould pass: >=1.0.0%0Afrom p/range (p.yaml:8:5)',
    );
    assert.equal(lines.at(-1), 'helmgate check: 3 checked, 2 failed');
  });

  it('escape what separates properties', () => {
    const line = formatGithub({
      ...report,
      cases: [{ file: 'a,b:c%.yaml', name: 'x', line: 1, problems: [{ ...problem, file: 'a,b:c%.yaml' }] }],
    });
    assert.ok(line.startsWith('::error file=a%2Cb%3Ac%25.yaml,line=3,'));
  });
});

describe('hostile texts', () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 20 });
  it('break no format', () => {
    fc.assert(
      fc.property(
        hostile,
        hostile,
        hostile,
        fc.constantFrom('error', 'warning', 'note'),
        (message, name, file, level) => {
          const given = file.replaceAll('\0', '_').replace(/^\/*/, '') || 'f';
          const each: Problem = { ...problem, message, hint: name, origin: message, file: given, level };
          const made = { ...report, cases: [{ file: given, name: name || 'x', line: 1, problems: [each] }] };
          assert.deepEqual(sarifProblems(formatSarif(made)), []);
          assert.equal(xmlProblem(formatJunit(made)), undefined);
          const lines = formatGithub(made).split('\n');
          assert.equal(lines.length, 3);
          assert.match(
            lines[0] ?? '',
            /^::(error|warning|notice) (file=[^,:\r]*,line=3,col=7,)?title=RangeTooWide::[^\r]*$/,
          );
        },
      ),
    );
  });
});

describe('masking secrets in a line', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['  password: hunter2', '  password: *******'],
    ['  password: hunter2, # why', '  password: **************'],
    ['{passCredentials: true, password: a, b: c}', '{passCredentials: true, password: ********'],
    ['tokens: [a, b]', 'tokens: ******'],
    ['password: |', 'password: |'],
    ['password: # none', 'password: # none'],
    ['{user: a, adminPassword: "h,2", b: c}', '{user: a, adminPassword: *****, b: c}'],
    ['"token":"abc","x":"y"', '"token":*****,"x":"y"'],
    ["token: 'it''s'", 'token: *******'],
    ['url: https://u:p@host/x', 'url: https://***@host/x'],
    ['passCredentials: true', 'passCredentials: true'],
    ['secretRef: {name: a}', 'secretRef: {name: a}'],
    ['header: Bearer abcdefgh', 'header: Bearer ********'],
    ['name: open', 'name: open'],
    ['password: &a hunter2', 'password: &a *******'],
  ];
  for (const [line, masked] of cases) {
    it(`shows ${JSON.stringify(line)} as ${JSON.stringify(masked)}`, () =>
      assert.equal(maskSecrets(line), masked));
  }

  it('keeps the length of every line, so that carets stay right', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (line) => {
        assert.equal(maskSecrets(`password: ${line}`).length, 10 + line.length);
      }),
    );
  });

  it('is done in frames', () => {
    const source = { file: 'f', text: 'a: 1\r\npassword: hunter2\r\n' };
    assert.equal(
      sourceFrame(source, { line: 2, column: 11 }),
      '   2 | password: *******\n     |           ^',
    );
    const open = { file: 'f', text: 'a: [b, s3cr3t]' };
    assert.equal(sourceFrame(open, { line: 1, column: 8 }, 'hide'), '   1 | a: [b, *******\n     |        ^');
    assert.equal(sourceFrame(source, { line: 1, column: 1 }), '   1 | a: 1\n     | ^');
    assert.equal(sourceFrame(source, { line: 9, column: 1 }), '   9 | \n     | ^');
  });
});
