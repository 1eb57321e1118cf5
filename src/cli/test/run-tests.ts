import type { LocatedError } from '../../core/policy/located-error.ts';
import type { PolicyCase } from '../../core/policytest/policy-test.ts';
import { type CaseResult, runCase } from '../../core/policytest/run-case.ts';
import type { LoadedTest } from './read-policy-tests.ts';

export interface RanCase extends CaseResult {
  readonly entry: PolicyCase;
}

export interface RanTest {
  readonly loaded: LoadedTest;
  /** Empty when the policies do not compile. */
  readonly cases: readonly RanCase[];
  /** What is wrong with the policies. */
  readonly policyErrors: readonly LocatedError[];
}

/** Runs the cases of a test whose names hold the filter. */
export function runTest(loaded: LoadedTest, filter: string): RanTest {
  const { compiled, test, objects } = loaded;
  if (!compiled.ok) return { loaded, cases: [], policyErrors: compiled.errors };
  const chosen = test.cases.filter(({ name }) => name.includes(filter));
  const cases = chosen.map((entry) => ({
    entry,
    ...runCase(entry, objects[entry.index] ?? { object: {} }, compiled.set),
  }));
  return { loaded, cases, policyErrors: [] };
}
