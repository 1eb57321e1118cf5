import packageJson from '../../../package.json' with { type: 'json' };
import { shortText } from '../../core/policy/short-text.ts';
import type { MutantOf } from '../../core/policytest/run-mutants.ts';
import type { ProblemCase, ProblemReport, ProblemRule } from '../output/problem.ts';
import { ownerOf } from './print-mutants.ts';
import type { TriedMutants } from './try-mutants.ts';

const RULES: readonly ProblemRule[] = [
  {
    id: 'MutantSurvived',
    summary: 'no test notices this change of a policy',
    help: 'Add a case on the other side of the value.',
  },
];

/** What the mutants gave, in the form that the formats for programs are made from: a case for each survivor, a passing one for all others. */
export function mutantsReport({ survivors, counts, notTried }: TriedMutants): ProblemReport {
  const left = notTried === 0 ? '' : `, ${notTried} not tried`;
  const others = `${counts.Killed} mutants killed, ${counts.Invalid} that do not load${left}`;
  const cases = [...survivors.map(survivorCase), { file: 'mutants', name: others, line: 1, problems: [] }];
  return { title: 'helmgate test --mutants', version: packageJson.version, cases, rules: RULES };
}

function survivorCase(entry: MutantOf): ProblemCase {
  const { document, mutant } = entry;
  const { line, column } = document.placeOf(mutant.tokens, mutant.at);
  const { file } = document.source;
  const message = 'no test notices this change';
  const problem = {
    level: 'error',
    fails: true,
    rule: 'MutantSurvived',
    message,
    file,
    line,
    column,
  } as const;
  return { file, name: shortText(`${ownerOf(entry)}: ${mutant.change}`, 400), line, problems: [problem] };
}
