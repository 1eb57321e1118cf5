import packageJson from '../../../package.json' with { type: 'json' };
import type { LocatedError } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { Mismatch } from '../../core/policytest/compare.ts';
import type { Problem, ProblemCase, ProblemReport, ProblemRule } from '../output/problem.ts';
import { policyErrorsOf } from './policy-errors.ts';
import type { RanCase, RanTest } from './run-tests.ts';

const RULES: readonly ProblemRule[] = [
  {
    id: 'CaseFailed',
    summary: 'the decision is not as the case expects it',
    help: 'Correct the policy or the case.',
  },
  { id: 'InvalidTest', summary: 'the test cannot be read', help: 'Correct the place that is named.' },
  {
    id: 'InvalidPolicy',
    summary: 'the policies of a test do not load',
    help: 'Correct the place that is named.',
  },
];

/** What the tests gave, in the form that the formats for programs are made from: a case for each case. */
export function testReport(tests: readonly RanTest[], errors: readonly LocatedError[]): ProblemReport {
  const cases = [
    ...errors.map((error) => unreadable(error, 'InvalidTest')),
    ...policyErrorsOf(tests).map((error) => unreadable(error, 'InvalidPolicy')),
    ...tests.flatMap((test) => test.cases.map((ran) => caseOf(test, ran))),
  ];
  return { title: 'helmgate test', version: packageJson.version, cases, rules: RULES };
}

function unreadable({ file, line, column, message, hint }: LocatedError, rule: string): ProblemCase {
  const advice = hint === undefined ? {} : { hint: shortText(hint) };
  const problem = {
    level: 'error',
    fails: true,
    rule,
    message: shortText(message),
    file,
    line,
    column,
  } as const;
  return { file, name: file, line, unreadable: true, problems: [{ ...problem, ...advice }] };
}

function caseOf({ loaded }: RanTest, { entry, mismatches }: RanCase): ProblemCase {
  const { document, name } = loaded.test;
  const { file } = document.source;
  const at = ['spec', 'cases', String(entry.index)];
  const problems = mismatches.map((mismatch): Problem => {
    const { line, column } = document.placeOf([...at, 'expect', ...mismatch.tokens], 'key');
    return {
      level: 'error',
      fails: true,
      rule: 'CaseFailed',
      message: messageOf(mismatch),
      file,
      line,
      column,
    };
  });
  return { file, name: shortText(`${name}: ${entry.name}`), line: document.placeOf(at).line, problems };
}

function messageOf({ what, expected, got }: Mismatch): string {
  const list = (lines: readonly string[]) => (lines.length === 0 ? 'nothing more' : lines.join(' and '));
  return shortText(`${what}: expected ${list(expected)}, got ${list(got)}`, 1000);
}
