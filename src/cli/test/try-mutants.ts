import { setImmediate } from 'node:timers/promises';
import { allMutants, fateOf, type MutantFate, type MutantOf } from '../../core/policytest/run-mutants.ts';
import type { CliContext } from '../context.ts';
import type { LoadedTest } from './read-policy-tests.ts';

/**
 * Mutants that one run tries: each compiles the policies and runs their cases, some 10 ms with a hundred cases, so that a run ends
 * within half a minute.
 */
export const MAX_MUTANTS = 2000;
/** Mutants between two looks at whether the run was stopped, and between two lines of progress. */
const BATCH = 100;

export interface TriedMutants {
  readonly survivors: readonly MutantOf[];
  readonly counts: Readonly<Record<MutantFate, number>>;
  /** Mutants beyond the limit. */
  readonly notTried: number;
}

/** Tries the mutants of all policies of the tests, or as many as the limit admits, evenly spread. */
export async function tryMutants(
  tests: readonly LoadedTest[],
  limit: number,
  { stderr, signal }: Pick<CliContext, 'stderr' | 'signal'>,
): Promise<TriedMutants> {
  const all = allMutants(tests);
  const chosen = spread(all, limit);
  const counts = { Killed: 0, Survived: 0, Invalid: 0 };
  const survivors: MutantOf[] = [];
  for (const [index, mutant] of chosen.entries()) {
    if (index % BATCH === 0) {
      await setImmediate();
      signal.throwIfAborted();
      stderr.write(`mutants: ${index} of ${chosen.length} tried, ${counts.Survived} survived\n`);
    }
    const fate = fateOf(mutant, tests);
    counts[fate] += 1;
    if (fate === 'Survived') survivors.push(mutant);
  }
  return { survivors, counts, notTried: all.length - chosen.length };
}

function spread<T>(items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) return items;
  return Array.from({ length: limit }, (_, index) => items[Math.floor((index * items.length) / limit)] as T);
}
