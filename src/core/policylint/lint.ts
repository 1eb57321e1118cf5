import { digestOfJson } from '../json/digest.ts';
import { compileDocuments } from '../policy/compile.ts';
import { EXCEPTION_SCHEMA } from '../policy/exception-schema.ts';
import type { LocatedError } from '../policy/located-error.ts';
import { readPolicyFile } from '../policy/read-policy-file.ts';
import { schemaErrors } from '../policy/schema-errors.ts';
import type { YamlDocument, YamlSource } from '../policy/yaml-file.ts';
import { findExpiring, findPassedStages } from './find-by-date.ts';
import { findDuplicateEntries, findDuplicateRules } from './find-duplicates.ts';
import { findFieldConflicts } from './find-field-conflicts.ts';
import { findOddNumbers } from './find-odd-numbers.ts';
import { findOtherReadings } from './find-other-readings.ts';
import { findOverriddenDefaults } from './find-overridden.ts';
import { findUngathered } from './find-ungathered.ts';
import { findUnmadeChoices } from './find-unmade-choices.ts';
import { findUnjudgeable, findUnmatchable } from './find-unmatchable.ts';
import { findVersionConflicts } from './find-version-conflicts.ts';
import type { LintCode, LintLevel } from './lint-code.ts';
import type { LintFinding } from './lint-finding.ts';
import { isOfKind, lintedRules } from './linted-rule.ts';

export interface LintResult {
  /** In the order of files and lines. */
  readonly findings: readonly LintFinding[];
  readonly policies: number;
  readonly exceptions: number;
  readonly rules: number;
}

/**
 * Everything that is wrong or odd about the policy files of one set, as of `nowMs` (milliseconds since 1970). What does not load is an error
 * and still looked at for the rest.
 */
export function lintPolicies(sources: readonly YamlSource[], nowMs: number): LintResult {
  const errors: LocatedError[] = [];
  const documents: YamlDocument[] = [];
  for (const source of sources) {
    const read = readPolicyFile(source);
    if (read.ok) documents.push(...read.documents);
    else errors.push(...read.errors);
  }
  const compiled = compileDocuments(documents, digestOfJson(documents.map(({ value }) => value)));
  if (!compiled.ok) errors.push(...compiled.errors);
  const policies = documents.filter((document) => isOfKind(document, 'Policy'));
  const exceptions = documents.filter((document) => isOfKind(document, 'Exception'));
  const rules = policies.flatMap(lintedRules);
  const found = [
    ...errors.map((error) => coded(error, 'InvalidPolicy', 'error')),
    ...compiled.warnings.map((error) => coded(error, 'PolicyWarning', 'warning')),
    ...[...policies, ...exceptions].flatMap((document) => [
      ...findOddNumbers(document),
      ...findOtherReadings(document),
      ...findDuplicateEntries(document, ['spec']),
      ...(fitsSchema(document) ? findUnmatchable(document) : []),
    ]),
    ...policies.flatMap((document) => findPassedStages(document, nowMs)),
    ...exceptions.flatMap((document) => findExpiring(document, nowMs)),
    ...rules.flatMap((rule) => [
      ...findUnjudgeable(rule),
      ...findUngathered(rule),
      ...findUnmadeChoices(rule),
    ]),
    ...findDuplicateRules(rules),
    ...findOverriddenDefaults(rules),
    ...findVersionConflicts(rules),
    ...findFieldConflicts(rules),
  ];
  return {
    findings: withoutFollowUps(found).toSorted(byPlace),
    policies: policies.length,
    exceptions: exceptions.length,
    rules: rules.length,
  };
}

function fitsSchema(document: YamlDocument): boolean {
  const schema = isOfKind(document, 'Exception') ? EXCEPTION_SCHEMA : undefined;
  return schemaErrors(document, schema).length === 0;
}

function coded(error: LocatedError, code: LintCode, level: LintLevel): LintFinding {
  return { ...error, code, level };
}

/** Where a place has an error, what else is said of the same place follows from it. */
function withoutFollowUps(findings: readonly LintFinding[]): readonly LintFinding[] {
  const key = ({ file, line, column }: LintFinding) => `${file}:${line}:${column}`;
  const broken = new Set(findings.filter(({ level }) => level === 'error').map(key));
  return findings.filter((finding) => finding.level === 'error' || !broken.has(key(finding)));
}

function byPlace(left: LintFinding, right: LintFinding): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
