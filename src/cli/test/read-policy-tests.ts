import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { digestOfJson } from '../../core/json/digest.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { type CompileResult, compileDocuments } from '../../core/policy/compile.ts';
import { type LocatedError, locatedError } from '../../core/policy/located-error.ts';
import { readYaml, type YamlDocument } from '../../core/policy/yaml-file.ts';
import {
  isPolicyTest,
  type PolicyTest,
  parsePolicyTest,
  type WrittenObject,
} from '../../core/policytest/policy-test.ts';
import type { CaseObjects } from '../../core/policytest/run-case.ts';
import { readPolicyFiles } from '../../io/policyfiles/read-policy-files.ts';
import { readManifestFiles } from '../check/read-manifest-files.ts';

/** A test with all that it names read. */
export interface LoadedTest {
  readonly test: PolicyTest;
  /** Documents of the policy files, then those that stand in the test. */
  readonly policies: readonly YamlDocument[];
  readonly compiled: CompileResult;
  /** By the case's index. */
  readonly objects: readonly CaseObjects[];
}

export interface LoadedTests {
  readonly tests: readonly LoadedTest[];
  /** What keeps tests from being read: broken YAML, unknown fields, files that are not there. */
  readonly errors: readonly LocatedError[];
}

/** Where files are read, and what was read before: tests of one run share their policies. */
interface Reading {
  readonly cwd: string;
  readonly stdin: Readable;
  readonly policies: Map<string, readonly YamlDocument[]>;
  readonly compiled: Map<string, CompileResult>;
  readonly errors: LocatedError[];
}

/**
 * Reads the PolicyTest documents in files and folders, the policies that they are about, and the objects in files of their own. Other
 * documents are passed over. Rejects with a ManifestFilesError when a path of the command line cannot be read.
 */
export async function readPolicyTests(
  paths: readonly string[],
  cwd: string,
  stdin: Readable,
  exclude?: readonly string[],
): Promise<LoadedTests> {
  const reading: Reading = { cwd, stdin, policies: new Map(), compiled: new Map(), errors: [] };
  const tests: LoadedTest[] = [];
  for (const source of await readManifestFiles(paths, cwd, stdin, exclude)) {
    // Folders hold other YAML as well, templates among it that no parser reads.
    if (!source.text.includes('PolicyTest')) continue;
    const read = readYaml(source, 'test');
    if (!read.ok) reading.errors.push(...read.errors);
    for (const document of read.ok ? read.documents.filter(isPolicyTest) : []) {
      const parsed = parsePolicyTest(document);
      if (!parsed.ok) reading.errors.push(...parsed.errors);
      const loaded = parsed.ok ? await loadTest(reading, parsed.test) : undefined;
      if (loaded !== undefined) tests.push(loaded);
    }
  }
  return { tests, errors: reading.errors };
}

/** Undefined after the reason was added to the errors. */
async function loadTest(reading: Reading, test: PolicyTest): Promise<LoadedTest | undefined> {
  const before = reading.errors.length;
  const folder = dirname(resolve(reading.cwd, test.document.source.file));
  const policies = new Map<string, readonly YamlDocument[]>();
  for (const [index, path] of test.policies.entries()) {
    await attempt(reading, test, ['spec', 'policies', String(index)], async () => {
      for (const entry of await readPolicies(reading, join(folder, path))) policies.set(...entry);
    });
  }
  const objects: CaseObjects[] = [];
  for (const { index, object, oldObject } of test.cases) {
    const at = ['spec', 'cases', String(index)];
    const read = (written: WrittenObject, field: string) =>
      attempt(reading, test, [...at, field], () => readObject(reading, folder, written));
    const own = await read(object, 'objectFile');
    const old = oldObject === undefined ? undefined : await read(oldObject, 'oldObjectFile');
    objects.push({ object: own ?? {}, ...(old === undefined ? {} : { oldObject: old }) });
  }
  if (reading.errors.length > before) return undefined;
  const documents = [...policies.values()].flat();
  const compiled = compileFor(reading, [...policies.keys()], documents, test.inline);
  return { test, policies: [...documents, ...test.inline], compiled, objects };
}

function compileFor(
  { compiled }: Reading,
  files: readonly string[],
  documents: readonly YamlDocument[],
  inline: readonly YamlDocument[],
): CompileResult {
  const key = JSON.stringify(files);
  const before = inline.length > 0 ? undefined : compiled.get(key);
  if (before !== undefined) return before;
  const all = [...documents, ...inline];
  const result = compileDocuments(all, digestOfJson(all.map(({ value }) => value)));
  if (inline.length === 0) compiled.set(key, result);
  return result;
}

/** The documents of a policy file, or of all files of a folder, by the file's path. */
async function readPolicies(
  reading: Reading,
  path: string,
): Promise<readonly (readonly [string, readonly YamlDocument[]])[]> {
  const isFolder = (await stat(path)).isDirectory();
  const files = isFolder
    ? (await readPolicyFiles(path)).files.map((file) => ({ file: join(path, file.path), text: file.text }))
    : (await readManifestFiles([path], reading.cwd, reading.stdin)).map(({ text }) => ({ file: path, text }));
  return files.map(({ file, text }) => [file, documentsOf(reading, file, text)] as const);
}

function documentsOf(reading: Reading, file: string, text: string): readonly YamlDocument[] {
  const before = reading.policies.get(file);
  if (before !== undefined) return before;
  const shown = relative(reading.cwd, file);
  const read = readYaml({ file: shown.startsWith('..') ? file : shown, text });
  if (!read.ok) reading.errors.push(...read.errors);
  const documents = read.ok ? read.documents : [];
  reading.policies.set(file, documents);
  return documents;
}

async function readObject(reading: Reading, folder: string, written: WrittenObject): Promise<JsonObject> {
  if ('value' in written) return written.value;
  const [source] = await readManifestFiles([join(folder, written.file)], reading.cwd, reading.stdin);
  const read = source === undefined ? undefined : readYaml(source, 'manifest');
  if (read?.ok === false) reading.errors.push(...read.errors);
  const documents = read?.ok ? read.documents : [];
  const [document] = documents;
  if (read?.ok && (documents.length !== 1 || !isJsonObject(document?.value)))
    throw new Error(`${written.file} must hold exactly one object`);
  return isJsonObject(document?.value) ? document.value : {};
}

/** What the step gave; undefined after its failure was added to the errors, at the place that names the file. */
async function attempt<T>(
  { errors }: Reading,
  { document }: PolicyTest,
  tokens: readonly string[],
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    const text =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'no such file or folder'
        : (error as Error).message;
    errors.push(locatedError(document.source, document.placeOf(tokens), text));
    return undefined;
  }
}
