import assert from 'node:assert/strict';
import { join } from 'node:path';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';
import { readGitLocation } from '../../../src/io/policyfiles/git-location.ts';
import type { PolicyReader } from '../../../src/io/policyfiles/policy-reader.ts';
import { folderReader } from '../../../src/io/policyfiles/read-folder.ts';
import { repositoryReader } from '../../../src/io/policyfiles/read-repository.ts';
import {
  type PolicyLoad,
  startPolicySource,
  type WatchedPolicySource,
} from '../../../src/io/policyfiles/start-policy-source.ts';
import { factsWith, helmRepository, subjectOf } from '../../core/policy/policy-fixture.ts';
import { git, newFolder, type TestFolder } from './policy-folder-fixture.ts';

/** A policy file of these rules. */
export const policyText = (name: string, rules: string): string =>
  `apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: ${name}}\nspec:\n  rules:\n${rules}`;
/** Lets KIND pass and refuses EVIL. */
export const GOOD: string = policyText(
  'good',
  '  - id: sources\n    allowedSources: [{url: "https://flagger.app"}]\n',
);
export const EVIL: Subject = subjectOf(helmRepository('https://evil.example'));
export const KIND: Subject = subjectOf(helmRepository('https://flagger.app'));
export const SEARCH_PATH: string = process.env['PATH'] ?? '';

export interface Watched extends AsyncDisposable {
  readonly source: WatchedPolicySource;
  readonly loads: readonly PolicyLoad[];
}

export async function watchWith(reader: PolicyReader): Promise<Watched> {
  const loads: PolicyLoad[] = [];
  const source = await startPolicySource({
    reader,
    compile: compilePolicySet,
    onLoad: (load) => loads.push(load),
  });
  return { source, loads, [Symbol.asyncDispose]: () => source.close() };
}

/** A folder with a good policy, followed. Nothing is looked at but when a test says so. */
export async function watchFolder(folder: TestFolder): Promise<Watched> {
  await folder.write('a.yaml', GOOD);
  return watchWith(folderReader({ dir: folder.path, intervalMs: 3_600_000, settleMs: 0 }));
}

export function inForce({ source }: Watched): PolicySet {
  const set = source.inForce()?.current;
  assert.ok(set !== undefined);
  return set;
}

/** The last good set is in force and decides, what is wrong is said in one error, and the set loads again once it is gone. */
export async function assertRefused(watched: Watched, error: RegExp, mend: () => unknown): Promise<void> {
  const { source, loads } = watched;
  const before = inForce(watched).digest;
  await source.reload();
  assert.match(source.loadErrors()[0] ?? 'no error', error);
  assert.ok(source.loadErrors().length <= 100);
  assert.equal(loads.at(-1)?.outcome, 'refused');
  assert.equal(inForce(watched).digest, before);
  assert.equal(evaluate(inForce(watched), EVIL, factsWith(), 'admission').allowed, false);
  assert.equal(evaluate(inForce(watched), KIND, factsWith(), 'admission').allowed, true);
  await mend();
  await source.reload();
  assert.deepEqual(source.loadErrors(), []);
  assert.equal(inForce(watched).digest, before);
}

/** A work tree on branch main, with a first commit of one good policy. */
export async function newWorkTree(): Promise<TestFolder> {
  const folder = await newFolder();
  git(folder.path, 'init', '-q', '-b', 'main');
  await commitPolicy(folder, GOOD);
  return folder;
}

export async function commitPolicy(tree: TestFolder, text: string): Promise<string> {
  await tree.write('a.yaml', text);
  git(tree.path, 'add', '-A');
  git(tree.path, 'commit', '-q', '--allow-empty', '-m', 'policies');
  return git(tree.path, 'rev-parse', 'HEAD');
}

export function watchRepository(tree: TestFolder, own: TestFolder): Promise<Watched> {
  const location = readGitLocation(`file://${tree.path}/.git`);
  const options = { location, folder: join(own.path, 'bare'), searchPath: SEARCH_PATH };
  return watchWith(repositoryReader({ ...options, intervalMs: 3_600_000 }));
}
