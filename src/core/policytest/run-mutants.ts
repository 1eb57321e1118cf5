import type { JsonObject } from '../json/json.ts';
import { type CompileResult, compileDocuments } from '../policy/compile.ts';
import type { YamlDocument } from '../policy/yaml-file.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import type { PolicyTest } from './policy-test.ts';
import { type CaseObjects, runCase } from './run-case.ts';

/** A test with its policies, as far as mutants need it. */
export interface MutableTest {
  readonly test: PolicyTest;
  /** The same document of a file is the same object in all tests that use it. */
  readonly policies: readonly YamlDocument[];
  readonly objects: readonly CaseObjects[];
}

/** `Killed` by a test; `Survived` all of them; `Invalid`: the changed policies do not load, so that nobody could run them. */
export type MutantFate = 'Killed' | 'Survived' | 'Invalid';

export interface MutantOf {
  readonly document: YamlDocument;
  readonly mutant: Mutant;
}

/** All mutants of all policies that the tests use, whole rules of each policy first. */
export function allMutants(tests: readonly MutableTest[]): readonly MutantOf[] {
  const documents = new Set(tests.flatMap(({ policies }) => policies));
  return [...documents].flatMap((document) => mutantsOf(document).map((mutant) => ({ document, mutant })));
}

/** What the tests that use the policy say about a mutant of it; all their cases hold without it. */
export function fateOf({ document, mutant }: MutantOf, tests: readonly MutableTest[]): MutantFate {
  let ran = false;
  for (const { test, policies, objects } of tests) {
    if (!policies.includes(document)) continue;
    const compiled = compileWith(policies, document, mutant);
    if (!compiled.ok) continue;
    ran = true;
    const noticed = test.cases.some((entry) => {
      const own = objects[entry.index] ?? { object: {} satisfies JsonObject };
      return runCase(entry, own, compiled.set).mismatches.length > 0;
    });
    if (noticed) return 'Killed';
  }
  return ran ? 'Survived' : 'Invalid';
}

function compileWith(
  policies: readonly YamlDocument[],
  document: YamlDocument,
  { value }: Mutant,
): CompileResult {
  const changed = policies.flatMap((own) => {
    if (own !== document) return [own];
    return value === undefined ? [] : [{ ...own, value }];
  });
  return compileDocuments(changed, 'sha256:mutant');
}
