import packageJson from '../../../package.json' with { type: 'json' };
import type { Decision, Enforcement, Finding } from '../../core/policy/decision.ts';
import { HISTORY_WARNING } from '../../core/policy/lift.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { Problem, ProblemCase, ProblemLevel, ProblemReport } from '../output/problem.ts';
import { changedPaths } from './changed-paths.ts';
import type { CheckedManifest, CheckResult, ManifestNote } from './check-manifests.ts';
import type { Manifest } from './manifest.ts';
import { nameOf, placeOfPath } from './manifest-place.ts';
import { PROBLEM_RULES } from './problem-rules.ts';

/** From which enforcement on a finding fails the run. */
export type FailOn = 'Deny' | 'Warn';

const LEVELS: Readonly<Record<Enforcement, ProblemLevel>> = { Deny: 'error', Warn: 'warning', Audit: 'note' };

export function failsRun({ enforcement }: Finding, failOn: FailOn): boolean {
  return enforcement === 'Deny' || (failOn === 'Warn' && enforcement === 'Warn');
}

/** Warnings of a decision that neither its findings nor the notes on versions say already. */
export function furtherWarnings({ findings, warnings }: Decision): readonly string[] {
  const said = [HISTORY_WARNING, ...new Set(findings.map(({ message }) => message))];
  return warnings.filter((warning) => !said.some((message) => warning.includes(message)));
}

/** What `check` found, in the form that the formats for programs are made from. */
export function checkReport(result: CheckResult, failOn: FailOn): ProblemReport {
  const notes = Map.groupBy(result.notes, ({ manifest }) => manifest);
  const judged = new Set(result.checked.map(({ manifest }) => manifest));
  const unjudged = [...notes].filter(([manifest]) => !judged.has(manifest));
  return report([
    ...errorCases(result.errors, 'InvalidManifest'),
    ...result.checked.map((each) => caseOf(each, notes.get(each.manifest) ?? [], failOn)),
    ...unjudged.map(([manifest, own]) => ({ ...emptyCase(manifest), problems: own.map(noteProblem) })),
  ]);
}

/** Policies that could not be compiled, in the same form. */
export function policyReport(errors: readonly LocatedError[]): ProblemReport {
  return report(errorCases(errors, 'InvalidPolicy'));
}

function report(cases: readonly ProblemCase[]): ProblemReport {
  return { title: 'helmgate check', version: packageJson.version, cases, rules: PROBLEM_RULES };
}

function errorCases(
  errors: readonly LocatedError[],
  rule: 'InvalidManifest' | 'InvalidPolicy',
): readonly ProblemCase[] {
  return [...Map.groupBy(errors, ({ file }) => file)].map(([file, own]) => ({
    file,
    name: file,
    line: own[0]?.line ?? 1,
    unreadable: true,
    problems: own.map(({ line, column, message, hint }) => ({
      level: 'error',
      fails: true,
      rule,
      message: shortText(message),
      file,
      line,
      column,
      ...(hint === undefined ? {} : { hint: shortText(hint) }),
    })),
  }));
}

function caseOf(
  { manifest, decision }: CheckedManifest,
  notes: readonly ManifestNote[],
  failOn: FailOn,
): ProblemCase {
  const changes = changedPaths(decision);
  const problems: Problem[] = [
    ...decision.findings.map((finding) => findingProblem(finding, manifest, failOn)),
    ...notes.map(noteProblem),
    ...furtherWarnings(decision).map((message) => note(manifest, '', 'Note', message)),
  ];
  if (changes.length > 0) {
    const message = shortText(`it would be changed: ${changes.join(', ')}`);
    problems.push({ ...note(manifest, '', 'WouldBeChanged', message), hint: 'helmgate fix writes it' });
  }
  return { ...emptyCase(manifest), problems };
}

function emptyCase(manifest: Manifest): Omit<ProblemCase, 'problems'> {
  const { document, tokens } = manifest;
  return {
    file: document.source.file,
    name: shortText(nameOf(manifest)),
    line: document.placeOf(tokens).line,
  };
}

function findingProblem(finding: Finding, manifest: Manifest, failOn: FailOn): Problem {
  const { policy, rule, reason, enforcement, path, message, wouldPass, place } = finding;
  return {
    level: LEVELS[enforcement],
    fails: failsRun(finding, failOn),
    rule: reason,
    message: shortText(`${path}: ${message}`, 400),
    file: manifest.document.source.file,
    ...placeOfPath(path, manifest),
    ...(wouldPass === undefined ? {} : { hint: `would pass: ${shortText(wouldPass)}` }),
    origin: shortText(`${policy}/${rule} (${place.file}:${place.line}:${place.column})`),
  };
}

function noteProblem({ manifest, code, field, message, hint }: ManifestNote): Problem {
  const problem = note(manifest, field, code, shortText(`${field}: ${message}`));
  return hint === undefined ? problem : { ...problem, hint: shortText(hint) };
}

function note(manifest: Manifest, path: string, rule: string, message: string): Problem {
  const place = placeOfPath(path, manifest);
  return { level: 'note', fails: false, rule, message, file: manifest.document.source.file, ...place };
}
