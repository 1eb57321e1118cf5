import type { JsonObject } from '../../core/json/json.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { LintResult } from '../../core/policylint/lint.ts';
import type { LintLevel } from '../../core/policylint/lint-code.ts';
import { counted } from '../output/counted.ts';

/** What a terminal shows: each finding with its line, then the counts. */
export function printLintText(result: LintResult): string {
  const parts = result.findings.map(({ file, line, column, level, message, hint, code, frame }) => {
    const advice = hint === undefined ? '' : ` (${hint})`;
    return `${file}:${line}:${column}: ${level}: ${shortText(message + advice, 400)} [${code}]\n${frame}`;
  });
  return `${[...parts, summary(result)].join('\n\n')}\n`;
}

/** The same for programs. */
export function printLintJson(result: LintResult): string {
  const findings = result.findings.map((finding) => ({ ...(finding as unknown as JsonObject) }));
  const { policies, exceptions, rules } = result;
  return `${stringifyJson({ findings, policies, exceptions, rules })}\n`;
}

function summary({ findings, policies, exceptions, rules }: LintResult): string {
  const count = (level: LintLevel) => findings.filter((finding) => finding.level === level).length;
  const seen = `${counted(rules, 'rule')} of ${counted(policies, 'policy', 'policies')}, ${counted(exceptions, 'exception')}`;
  const levels = (['error', 'warning', 'note'] as const).map((level) => counted(count(level), level));
  return `${seen}: ${levels.join(', ')}`;
}
