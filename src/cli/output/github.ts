import { detailsOf, type ProblemLevel, type ProblemReport } from './problem.ts';

const COMMANDS: Readonly<Record<ProblemLevel, string>> = {
  error: 'error',
  warning: 'warning',
  note: 'notice',
};

/**
 * The report as workflow commands of GitHub Actions: each line becomes an annotation beside the line of the file. GitHub shows the
 * first ten errors, warnings and notices of a step each, so failures come first and a count stands at the end.
 */
export function formatGithub(report: ProblemReport): string {
  const problems = report.cases.flatMap(({ name, problems: own }) => own.map((each) => ({ name, ...each })));
  const order: readonly ProblemLevel[] = ['error', 'warning', 'note'];
  const lines = problems
    .toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
    .map(({ name, ...problem }) => {
      const { level, file, line, column, rule, message } = problem;
      const place = file === '-' ? [] : [`file=${property(file)}`, `line=${line}`, `col=${column}`];
      const details = [`${name}: ${message}`, ...detailsOf(problem)].join('\n');
      return `::${COMMANDS[level]} ${[...place, `title=${property(rule)}`].join(',')}::${data(details)}`;
    });
  const failed = report.cases.filter((each) => each.problems.some(({ fails }) => fails)).length;
  return `${[...lines, `${report.title}: ${report.cases.length} checked, ${failed} failed`].join('\n')}\n`;
}

/** As the runner unescapes what follows `::` (actions/toolkit, command.ts). */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
