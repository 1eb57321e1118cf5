import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { type CompileResult, compilePolicySet, type PolicyFile } from '../../core/policy/compile.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { fileError } from './file-error.ts';
import { gatherManifests } from './read-manifest-files.ts';

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
 * Compiles policy files and the files of policy folders into one set. Files are named with their folder in front, as the user wrote it. A
 * set without rules would pass everything, so it is an error too.
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
      const read = await readPath(path, source);
      files.push(...read.files.map((file) => ({ path: join(written, file.path), text: file.text })));
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

/** A file's path relative to itself is empty. */
async function readPath(path: string, source: PolicySource): ReturnType<PolicySource['readPolicyFiles']> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return await source.readPolicyFiles(path);
  const { files, errors } = await gatherManifests([path], { cwd: path, stdin: Readable.from([]) });
  const [error] = errors;
  if (error !== undefined) throw new Error(error.message);
  return { files: files.map(({ text }) => ({ path: '', text })) };
}

/** A failure that no file is to blame for, at the place of the folder's name. */
export function folderError(folders: readonly string[], message: string): LocatedError {
  return fileError(folders[0] ?? DEFAULT_POLICIES, message);
}
