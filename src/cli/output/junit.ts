import { detailsOf, type Problem, type ProblemCase, type ProblemReport } from './problem.ts';

/**
 * The report as JUnit XML, which GitLab, Jenkins and most other CI systems show as test results: a suite for each file, a test case
 * for each object. What fails the run is a failure, a file that cannot be read an error; warnings and notes stand in `system-out`.
 *
 * Readers show the first failure of a case only, so all of a case's failures are in one.
 */
export function formatJunit(report: ProblemReport): string {
  const suites = Map.groupBy(report.cases, ({ file }) => file);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name=${quoted(report.title)} ${counts(report.cases)}>`,
  ];
  for (const [file, cases] of suites) {
    lines.push(`  <testsuite name=${quoted(file)} ${counts(cases)}>`);
    for (const each of cases) lines.push(...testCase(each));
    lines.push('  </testsuite>');
  }
  lines.push('</testsuites>');
  return `${lines.join('\n')}\n`;
}

function counts(cases: readonly ProblemCase[]): string {
  const errors = cases.filter(({ unreadable }) => unreadable === true).length;
  const failures = cases.filter(
    ({ unreadable, problems }) => unreadable !== true && problems.some(({ fails }) => fails),
  ).length;
  return `tests="${cases.length}" failures="${failures}" errors="${errors}"`;
}

function testCase({ file, name, line, unreadable, problems }: ProblemCase): readonly string[] {
  const open = `    <testcase name=${quoted(name)} classname=${quoted(file)} file=${quoted(file)} line="${line}"`;
  if (problems.length === 0) return [`${open}/>`];
  const failing = problems.filter(({ fails }) => fails);
  const others = problems.filter(({ fails }) => !fails);
  const [first] = failing;
  const element = unreadable === true ? 'error' : 'failure';
  const lines = [`${open}>`];
  if (first !== undefined) {
    const more = failing.length > 1 ? ` (and ${failing.length - 1} more)` : '';
    lines.push(
      `      <${element} type=${quoted(first.rule)} message=${quoted(first.message + more)}>${escaped(text(failing))}</${element}>`,
    );
  }
  if (others.length > 0) lines.push(`      <system-out>${escaped(text(others))}</system-out>`);
  lines.push('    </testcase>');
  return lines;
}

function text(problems: readonly Problem[]): string {
  return problems
    .map((problem) => {
      const { file, line, column, level, rule, message } = problem;
      const head = `${file}:${line}:${column}: ${level}: ${message} [${rule}]`;
      return [head, ...detailsOf(problem).map((detail) => `  ${detail}`)].join('\n');
    })
    .join('\n');
}

function quoted(value: string): string {
  return `"${escaped(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 has no way to write most control characters and lone surrogates at all (production 2, Char). */
function escaped(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
