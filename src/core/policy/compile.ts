/**
 * From policy files to a policy set: read, check the shape, compile each rule, check the rules against one another. All errors are
 * told at once, each with its place; a set with an error is no set at all.
 */

import { digestOfJson } from '../json/digest.ts';
import type { Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { compileException, withExceptions } from './compile-exception.ts';
import { compilePolicy, type PolicyRules } from './compile-policy.ts';
import { findContradictions } from './contradictions.ts';
import type { PolicyPlace } from './decision.ts';
import { didYouMean } from './did-you-mean.ts';
import type { CompiledException } from './exception.ts';
import { EXCEPTION_SCHEMA } from './exception-schema.ts';
import { type LocatedError, locatedError } from './located-error.ts';
import type { PolicySet } from './policy-set.ts';
import { readPolicyFile } from './read-policy-file.ts';
import type { CompiledRule } from './rule.ts';
import type { RuleContext } from './rule-definition.ts';
import { placeInScalar } from './scalar-place.ts';
import { schemaErrors } from './schema-errors.ts';
import { findUnremembered } from './unremembered-defaults.ts';
import { MAX_YAML_TOKENS, type YamlDocument, type YamlSource } from './yaml-file.ts';

/** A file of a policy folder: its path relative to the folder, with `/` between the parts, and its text. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** Files of one set: a folder of 1,000 files of 20 rules each is far above what one team can overlook. */
export const MAX_POLICY_FILES = 1000;
/** Characters of all files together: 16 MiB, what a git checkout of policies stays under by two orders of magnitude. */
export const MAX_POLICY_SET_LENGTH: number = 16 * 1_048_576;
/** Rules of one set; at 10 microseconds each a request stays under its budget of milliseconds. */
export const MAX_RULES = 5000;
/** Exceptions of one set; those of a policy are looked through for each object that it is about, at a microsecond each. */
export const MAX_EXCEPTIONS = 2000;

/** Errors, and warnings, that one set reports: nobody reads more, and the frame of each costs as much as its file is long. */
const MAX_FINDINGS = 100;

export interface CompileOptions {
  /** The commit that the files were read at. */
  readonly commit?: string;
  /** RFC 3339; when given, exceptions that have ended by then are warned of. */
  readonly now?: string;
}

export type CompileResult =
  | { readonly ok: true; readonly set: PolicySet; readonly warnings: readonly LocatedError[] }
  | {
      readonly ok: false;
      readonly errors: readonly LocatedError[];
      readonly warnings: readonly LocatedError[];
    };

interface Findings {
  readonly errors: LocatedError[];
  readonly warnings: LocatedError[];
}

/**
 * Compiles the files of a policy folder. No files, or files without rules, give a set with `ruleCount` 0: what that means is
 * the caller's to decide.
 */
export function compilePolicySet(files: readonly PolicyFile[], options: CompileOptions = {}): CompileResult {
  const findings: Findings = { errors: [], warnings: [] };
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const tooMuch = sizeError(sorted);
  if (tooMuch !== undefined) return { ok: false, errors: [tooMuch], warnings: [] };
  const documents: YamlDocument[] = [];
  const budget = { tokens: MAX_YAML_TOKENS };
  for (const { path, text } of sorted) {
    if (findings.errors.length >= MAX_FINDINGS) break;
    const read = readPolicyFile({ file: path, text }, budget);
    if (read.ok) documents.push(...read.documents);
    else findings.errors.push(...read.errors);
  }
  const digest = digestOfJson(sorted.map(({ path, text }) => [path, text]));
  return compileRead(documents, digest, options, findings);
}

/** As {@link compilePolicySet}, for documents that were read already; `digest` names the set that they give. */
export function compileDocuments(
  documents: readonly YamlDocument[],
  digest: string,
  options: CompileOptions = {},
): CompileResult {
  return compileRead(documents, digest, options, { errors: [], warnings: [] });
}

function compileRead(
  documents: readonly YamlDocument[],
  digest: string,
  options: CompileOptions,
  findings: Findings,
): CompileResult {
  const { policies, exceptions: written } = sortDocuments(documents, findings);
  checkNames('policy', policies, findings);
  checkNames('exception', written, findings);
  const byPolicy = new Map<string, PolicyRules>();
  for (const document of policies) {
    const compiled = compilePolicy(document, contextOf(document, options.commit, findings));
    byPolicy.set(nameOf(document), compiled);
  }
  const exceptions = compileExceptions(written, byPolicy, options, findings);
  const rules = [...byPolicy.values()].flatMap((policy) => withExceptions(policy.rules, exceptions));
  const sources = new Map<string, YamlSource>(documents.map(({ source }) => [source.file, source]));
  const report = (place: PolicyPlace, message: string, to = findings.errors): void => {
    const source = sources.get(place.file) ?? { file: place.file, text: '' };
    to.push(locatedError(source, place, message));
  };
  for (const { place, message } of findContradictions(rules)) report(place, message);
  for (const { place, message } of findUnremembered(rules).slice(0, MAX_FINDINGS))
    report(place, message, findings.warnings);
  const tooMany = rules[MAX_RULES];
  if (tooMany !== undefined) report(tooMany.place, `a set may have at most ${MAX_RULES} rules`);
  const tooManyExceptions = exceptions[MAX_EXCEPTIONS];
  if (tooManyExceptions !== undefined)
    report(tooManyExceptions.place, `a set may have at most ${MAX_EXCEPTIONS} exceptions`);
  if (findings.errors.length > 0) return { ok: false, ...findings };
  const { commit } = options;
  const set: PolicySet = Object.freeze({
    digest,
    ...(commit === undefined ? {} : { commit }),
    ruleCount: rules.length,
    rulesByKind: indexByKind(rules),
    ...(exceptions.length === 0 ? {} : { exceptions }),
  });
  return { ok: true, set, warnings: findings.warnings };
}

function sizeError(files: readonly PolicyFile[]): LocatedError | undefined {
  const place = { line: 1, column: 1 };
  if (files.length > MAX_POLICY_FILES) {
    return locatedError(
      { file: '.', text: '' },
      place,
      `there are ${files.length} policy files; at most ${MAX_POLICY_FILES} are read`,
    );
  }
  const length = files.reduce((sum, { text }) => sum + text.length, 0);
  if (length <= MAX_POLICY_SET_LENGTH) return undefined;
  return locatedError(
    { file: '.', text: '' },
    place,
    `the policy files have ${length} characters; at most ${MAX_POLICY_SET_LENGTH} are read`,
  );
}

const API_VERSION = 'helmgate.dev/v1alpha1';

interface SortedDocuments {
  readonly policies: readonly YamlDocument[];
  readonly exceptions: readonly YamlDocument[];
}

/** The documents that fit their schema, by kind. */
function sortDocuments(documents: readonly YamlDocument[], findings: Findings): SortedDocuments {
  const policies: YamlDocument[] = [];
  const exceptions: YamlDocument[] = [];
  for (const document of documents) {
    if (findings.errors.length >= MAX_FINDINGS) break;
    const ours = valueAt(document.value, ['apiVersion']) === API_VERSION;
    const kind = valueAt(document.value, ['kind']);
    // Tests may lie beside the policies that they are about; `helmgate test` reads them.
    if (ours && kind === 'PolicyTest') continue;
    if (ours && typeof kind === 'string' && kind !== 'Policy' && kind !== 'Exception') {
      const place = document.placeOf(['kind']);
      const hint = didYouMean(kind, ['Policy', 'Exception', 'PolicyTest']);
      findings.errors.push(locatedError(document.source, place, 'kind must be Policy or Exception', hint));
      continue;
    }
    const exception = ours && kind === 'Exception';
    const errors = schemaErrors(document, exception ? EXCEPTION_SCHEMA : undefined);
    findings.errors.push(...errors);
    if (errors.length === 0) (exception ? exceptions : policies).push(document);
  }
  return { policies, exceptions };
}

function checkNames(
  what: 'policy' | 'exception',
  documents: readonly YamlDocument[],
  { errors }: Findings,
): void {
  const seen = new Map<string, YamlDocument>();
  for (const document of documents) {
    const name = nameOf(document);
    const first = seen.get(name);
    if (first === undefined) seen.set(name, document);
    else {
      const at = `${first.source.file}:${first.placeOf(['metadata', 'name']).line}`;
      const place = document.placeOf(['metadata', 'name']);
      errors.push(locatedError(document.source, place, `the ${what} name ${name} is taken by ${at}`));
    }
  }
}

function compileExceptions(
  documents: readonly YamlDocument[],
  policies: ReadonlyMap<string, PolicyRules>,
  { commit, now }: CompileOptions,
  findings: Findings,
): readonly CompiledException[] {
  // A policy with errors in it is not known here: what an exception says of it would be a follow-up error.
  const known = findings.errors.length === 0 ? policies : undefined;
  const nowMs = now === undefined ? undefined : Date.parse(now);
  return documents.flatMap((document) => {
    const context = contextOf(document, commit, findings);
    return compileException(document, known, context, nowMs) ?? [];
  });
}

function contextOf(
  document: YamlDocument,
  commit: string | undefined,
  { errors, warnings }: Findings,
): RuleContext {
  return {
    placeOf(tokens, at = 'value'): PolicyPlace {
      const place = { file: document.source.file, ...document.placeOf(tokens, at) };
      return commit === undefined ? place : { ...place, commit };
    },
    error(tokens, message, hint, offset) {
      if (errors.length >= MAX_FINDINGS) return;
      const start = document.placeOf(tokens);
      const written = offset === undefined ? undefined : valueAt(document.value, tokens);
      const place =
        typeof written === 'string' && offset !== undefined
          ? placeInScalar(document.source.text, start, written, offset)
          : undefined;
      errors.push(locatedError(document.source, place ?? start, message, hint));
    },
    warn(tokens, message) {
      if (warnings.length >= MAX_FINDINGS) return;
      warnings.push(locatedError(document.source, document.placeOf(tokens, 'key'), message));
    },
  };
}

function indexByKind(rules: readonly CompiledRule[]): ReadonlyMap<string, readonly CompiledRule[]> {
  const index = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    for (const kind of rule.body.kinds) {
      const { kinds } = rule.match;
      if (kinds === undefined ? rule.body.kindsOnRequest?.includes(kind) : !kinds.has(kind)) continue;
      const list = index.get(kind);
      if (list === undefined) index.set(kind, [rule]);
      else list.push(rule);
    }
  }
  return index;
}

/** The name that the schema says is there. */
function nameOf(document: YamlDocument): string {
  const name: Json | undefined = valueAt(document.value, ['metadata', 'name']);
  return typeof name === 'string' ? name : '';
}
