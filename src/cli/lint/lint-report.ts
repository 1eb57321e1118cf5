import packageJson from '../../../package.json' with { type: 'json' };
import { shortText } from '../../core/policy/short-text.ts';
import { LINT_CODES, type LintLevel } from '../../core/policylint/lint-code.ts';
import type { LintFinding } from '../../core/policylint/lint-finding.ts';
import type { ProblemReport } from '../output/problem.ts';

/** What lint found, in the form that the formats for programs are made from: a case for each file. */
export function lintReport(
  files: readonly string[],
  findings: readonly LintFinding[],
  failOn: 'warning' | 'error',
): ProblemReport {
  const byFile = Map.groupBy(findings, ({ file }) => file);
  const cases = [...new Set([...files, ...byFile.keys()])].map((file) => ({
    file,
    name: file,
    line: 1,
    ...(byFile.get(file)?.some(({ code }) => code === 'InvalidPolicy') === true ? { unreadable: true } : {}),
    problems: (byFile.get(file) ?? []).map(({ code, level, line, column, message, hint }) => ({
      level,
      fails: failsRun(level, failOn),
      rule: code,
      message: shortText(message, 400),
      file,
      line,
      column,
      ...(hint === undefined ? {} : { hint: shortText(hint, 400) }),
    })),
  }));
  const rules = Object.entries(LINT_CODES).map(([id, { summary, help }]) => ({ id, summary, help }));
  return { title: 'helmgate lint', version: packageJson.version, cases, rules };
}

/** Whether a finding of this level makes the run end with another code than 0. */
export function failsRun(level: LintLevel, failOn: 'warning' | 'error'): boolean {
  return level === 'error' || (level === 'warning' && failOn === 'warning');
}
