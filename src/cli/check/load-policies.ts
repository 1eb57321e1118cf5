import { resolve } from 'node:path';
import { type CompileResult, compilePolicySet, type PolicyFile } from '../../core/policy/compile.ts';
import { type LocatedError, locatedError } from '../../core/policy/located-error.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';

/** The folder that is taken when none is named. */
export const DEFAULT_POLICIES = 'policies';

/** What reads a policy folder; rejects with an Error whose message says why not. */
export interface PolicySource {
  readPolicyFiles(
    folder: string,
  ): Promise<{ readonly files: readonly PolicyFile[]; readonly commit?: string }>;
}

/** A set, or why there is none: `message` where no line of a file is to blame. */
export type LoadedPolicies =
  | { readonly ok: true; readonly set: PolicySet; readonly warnings: readonly LocatedError[] }
  | {
      readonly ok: false;
      readonly errors: readonly LocatedError[];
      readonly warnings: readonly LocatedError[];
      readonly message?: string;
    };

/**
 * Compiles the files of one or several policy folders into one set. Files are named relative to their folder, and with several
 * folders with the folder in front. A set without rules would pass everything, so it is an error too.
 */
export async function loadPolicies(
  folders: readonly string[],
  cwd: string,
  source: PolicySource,
): Promise<LoadedPolicies> {
  const files: PolicyFile[] = [];
  const commits = new Set<string | undefined>();
  const distinct = [...new Map(folders.map((folder) => [resolve(cwd, folder), folder]))];
  for (const [path, written] of distinct) {
    try {
      const read = await source.readPolicyFiles(path);
      const prefix = distinct.length === 1 ? '' : `${written.replace(/\/+$/, '')}/`;
      files.push(...read.files.map((file) => ({ path: prefix + file.path, text: file.text })));
      commits.add(read.commit);
    } catch (error) {
      const message = `${written}: ${error instanceof Error ? error.message : String(error)}`;
      return { ok: false, errors: [], warnings: [], message };
    }
  }
  const [commit] = commits;
  const compiled: CompileResult = compilePolicySet(
    files,
    commit === undefined || commits.size > 1 ? {} : { commit },
  );
  if (!compiled.ok || compiled.set.ruleCount > 0) return compiled;
  const message = `${distinct.map(([, written]) => written).join(', ')} holds no rules`;
  return { ok: false, errors: [], warnings: compiled.warnings, message };
}

/** A failure that no file is to blame for, at the place of the folder's name. */
export function folderError(folders: readonly string[], message: string): LocatedError {
  return locatedError({ file: folders[0] ?? DEFAULT_POLICIES, text: '' }, { line: 1, column: 1 }, message);
}
