import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { parsePath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import type { Phase } from '../policy/decision.ts';
import type { LocatedError } from '../policy/located-error.ts';
import { locatedError } from '../policy/located-error.ts';
import { schemaErrors } from '../policy/schema-errors.ts';
import type { Operation, UserInfo } from '../policy/subject.ts';
import type { YamlDocument } from '../policy/yaml-file.ts';
import { POLICY_TEST_SCHEMA } from './policy-test-schema.ts';

/** What a case expects; an absent member is not compared. */
export interface Expectation {
  readonly verdict?: 'Allow' | 'Deny' | 'Hold';
  readonly findings?: readonly JsonObject[];
  readonly warnings?: readonly string[];
  /** Dotted path or pointer to value. */
  readonly object?: JsonObject;
}

/** An object that stands in the test, or in a file beside it. */
export type WrittenObject = { readonly value: JsonObject } | { readonly file: string };

/** One case. Its place in the document is `spec.cases[index]`. */
export interface PolicyCase {
  readonly index: number;
  readonly name: string;
  readonly phase: Phase;
  readonly operation: Operation;
  /** RFC 3339. */
  readonly now: string;
  readonly dryRun: boolean;
  readonly user?: UserInfo;
  readonly object: WrittenObject;
  readonly oldObject?: WrittenObject;
  /** As written: the case's members over those of the document. */
  readonly facts: JsonObject;
  readonly expect: Expectation;
}

/** A PolicyTest document that fits its schema. */
export interface PolicyTest {
  readonly document: YamlDocument;
  readonly name: string;
  /** Files and folders relative to the test's file. */
  readonly policies: readonly string[];
  /** Policy documents that stand in the test itself, with their places in its file. */
  readonly inline: readonly YamlDocument[];
  readonly cases: readonly PolicyCase[];
}

export type PolicyTestResult =
  | { readonly ok: true; readonly test: PolicyTest }
  | { readonly ok: false; readonly errors: readonly LocatedError[] };

/** The moment of a case that names none. */
const DEFAULT_NOW = '2026-01-01T00:00:00Z';

/** Whether a document of a file is a policy test, of any version. */
export function isPolicyTest(document: YamlDocument): boolean {
  const apiVersion = valueAt(document.value, ['apiVersion']);
  const ours = typeof apiVersion === 'string' && apiVersion.startsWith('helmgate.dev/');
  return ours && valueAt(document.value, ['kind']) === 'PolicyTest';
}

/** Reads a PolicyTest document: all errors in its shape at once, each with its place. */
export function parsePolicyTest(document: YamlDocument): PolicyTestResult {
  const shape = schemaErrors(document, POLICY_TEST_SCHEMA);
  if (shape.length > 0) return { ok: false, errors: shape };
  const spec = valueAt(document.value, ['spec']) as JsonObject;
  const written = spec['cases'] as readonly JsonObject[];
  const errors = crossErrors(document, spec, written);
  if (errors.length > 0) return { ok: false, errors };
  const inline = (spec['inline'] ?? []) as readonly Json[];
  return {
    ok: true,
    test: {
      document,
      name: valueAt(document.value, ['metadata', 'name']) as string,
      policies: (spec['policies'] ?? []) as readonly string[],
      inline: inline.map((value, index) =>
        documentWithin(document, ['spec', 'inline', String(index)], value),
      ),
      cases: written.map((entry, index) => caseOf(entry, index, spec)),
    },
  };
}

/** What the schema cannot say: what must stand beside what, names that occur twice, paths that are none. */
function crossErrors(
  document: YamlDocument,
  spec: JsonObject,
  cases: readonly JsonObject[],
): readonly LocatedError[] {
  const errors: LocatedError[] = [];
  const add = (tokens: readonly string[], message: string, at: 'value' | 'key' = 'value') => {
    errors.push(locatedError(document.source, document.placeOf(tokens, at), message));
  };
  if (spec['policies'] === undefined && spec['inline'] === undefined)
    add(['spec'], 'spec needs policies, inline or both: there is nothing to test');
  const names = new Set<Json | undefined>();
  for (const [index, entry] of cases.entries()) {
    const at = ['spec', 'cases', String(index)];
    if (names.has(entry['name'])) add([...at, 'name'], 'another case of this test has the same name');
    names.add(entry['name']);
    if ((entry['object'] === undefined) === (entry['objectFile'] === undefined))
      add(at, 'a case has either object or objectFile');
    if (entry['oldObject'] !== undefined && entry['oldObjectFile'] !== undefined)
      add(at, 'a case has oldObject or oldObjectFile, not both');
    const paths = valueAt(entry, ['expect', 'object']);
    for (const path of isJsonObject(paths) ? Object.keys(paths) : []) {
      if (parsePath(path) === undefined)
        add([...at, 'expect', 'object', path], 'this is neither a dotted path nor a JSON pointer', 'key');
    }
  }
  return errors;
}

function caseOf(entry: JsonObject, index: number, spec: JsonObject): PolicyCase {
  const phase = (entry['phase'] ?? 'admission') as Phase;
  const oldObject = objectOf(entry, 'oldObject');
  const isUpdate = oldObject !== undefined || phase !== 'admission';
  const user = entry['user'] as (Omit<UserInfo, 'groups'> & Partial<UserInfo>) | undefined;
  return {
    index,
    name: entry['name'] as string,
    phase,
    operation: (entry['operation'] ?? (isUpdate ? 'UPDATE' : 'CREATE')) as Operation,
    now: (entry['now'] ?? spec['now'] ?? DEFAULT_NOW) as string,
    dryRun: entry['dryRun'] === true,
    object: objectOf(entry, 'object') ?? { value: {} },
    ...(oldObject === undefined ? {} : { oldObject }),
    ...(user === undefined ? {} : { user: { groups: [], ...user } }),
    facts: { ...(spec['facts'] as JsonObject | undefined), ...(entry['facts'] as JsonObject | undefined) },
    expect: entry['expect'] as Expectation,
  };
}

function objectOf(entry: JsonObject, field: 'object' | 'oldObject'): WrittenObject | undefined {
  const file = entry[`${field}File`];
  if (typeof file === 'string') return { file };
  const value = entry[field];
  return isJsonObject(value) ? { value } : undefined;
}

/** A value of a document as a document of its own, with its places in the file. */
function documentWithin(document: YamlDocument, prefix: readonly string[], value: Json): YamlDocument {
  return {
    source: document.source,
    value,
    placeOf: (tokens, at) => document.placeOf([...prefix, ...tokens], at),
    readAlsoAs: () => document.readAlsoAs(),
    writtenAt: (tokens) => document.writtenAt([...prefix, ...tokens]),
  };
}
