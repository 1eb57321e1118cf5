import type { LocatedError } from '../../core/policy/located-error.ts';
import type { RanTest } from './run-tests.ts';

/** What does not compile, once for all tests that use it. */
export function policyErrorsOf(tests: readonly RanTest[]): readonly LocatedError[] {
  return [...new Set(tests.flatMap((test) => test.policyErrors))];
}
