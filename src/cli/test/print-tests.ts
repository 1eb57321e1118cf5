import type { JsonObject } from '../../core/json/json.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { formatLocatedError, type LocatedError } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import { verdictOf } from '../../core/policytest/compare.ts';
import { counted } from '../output/counted.ts';
import { policyErrorsOf } from './policy-errors.ts';
import type { RanCase, RanTest } from './run-tests.ts';

/** Characters of one line of a difference: findings are longer than a terminal's line, and the end of them matters. */
const MAX_LINE = 1000;

/** What a terminal shows: each case that does not hold with what differs, then a count; with `verbose` also the cases that hold. */
export function printTestsText(
  tests: readonly RanTest[],
  errors: readonly LocatedError[],
  verbose: boolean,
): string {
  const parts = [
    ...[...errors, ...policyErrorsOf(tests)].map(formatLocatedError),
    ...tests.flatMap((test) =>
      test.cases
        .filter(({ mismatches }) => verbose || mismatches.length > 0)
        .map((ran) => caseText(test, ran)),
    ),
    summary(tests, errors),
  ];
  return `${parts.join(verbose ? '\n' : '\n\n')}\n`;
}

/** The same for programs. */
export function printTestsJson(tests: readonly RanTest[], errors: readonly LocatedError[]): string {
  const list = tests.map((test): JsonObject => {
    const { document, name } = test.loaded.test;
    return {
      file: document.source.file,
      name,
      cases: test.cases.map((ran) => ({
        name: ran.entry.name,
        ...placeOf(test, ran, []),
        holds: ran.mismatches.length === 0,
        verdict: verdictOf(ran.decision),
        mismatches: ran.mismatches.map(({ what, tokens, expected, got }) => ({
          what,
          ...placeOf(test, ran, ['expect', ...tokens]),
          expected,
          got,
        })),
      })),
    };
  });
  const all = [...errors, ...policyErrorsOf(tests)].map((error) => ({ ...(error as unknown as JsonObject) }));
  return `${stringifyJson({ tests: list, errors: all, ...countsOf(tests) })}\n`;
}

function caseText(test: RanTest, ran: RanCase): string {
  const { document, name } = test.loaded.test;
  const at = placeOf(test, ran, ['name']);
  const word = ran.mismatches.length === 0 ? 'holds' : 'failed';
  const title = `${document.source.file}:${at.line}:${at.column}: ${word}: ${shortText(`${name}: ${ran.entry.name}`, 400)}`;
  const differences = ran.mismatches.flatMap(({ what, tokens, expected, got }) => [
    `  ${shortText(what)} (line ${placeOf(test, ran, ['expect', ...tokens]).line})`,
    ...expected.map((line) => `    - ${shortText(line, MAX_LINE)}`),
    ...got.map((line) => `    + ${shortText(line, MAX_LINE)}`),
  ]);
  return [title, ...differences].join('\n');
}

function placeOf(
  { loaded }: RanTest,
  { entry }: RanCase,
  tokens: readonly string[],
): { readonly line: number; readonly column: number } {
  const at = ['spec', 'cases', String(entry.index), ...tokens];
  const { line, column } = loaded.test.document.placeOf(at, tokens.length > 1 ? 'key' : 'value');
  return { line, column };
}

function countsOf(tests: readonly RanTest[]): { readonly hold: number; readonly fail: number } {
  const cases = tests.flatMap((test) => test.cases);
  const fail = cases.filter(({ mismatches }) => mismatches.length > 0).length;
  return { hold: cases.length - fail, fail };
}

function summary(tests: readonly RanTest[], errors: readonly LocatedError[]): string {
  const { hold, fail } = countsOf(tests);
  const counts = [
    `${counted(hold + fail, 'case')} in ${counted(tests.length, 'test')}`,
    counted(hold, 'holds', 'hold'),
    counted(fail, 'fails', 'fail'),
  ];
  const broken = errors.length + policyErrorsOf(tests).length;
  if (broken > 0) counts.push(counted(broken, 'error'));
  return counts.join(', ');
}
