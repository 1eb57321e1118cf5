import packageJson from '../../../package.json' with { type: 'json' };
import type { JsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { policyPlaceText } from '../../core/policy/built-in.ts';
import type { Decision, Enforcement, Finding } from '../../core/policy/decision.ts';
import { type Repair, repairText } from '../../core/policy/find-repair.ts';
import { HISTORY_WARNING } from '../../core/policy/lift.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { Problem, ProblemCase, ProblemLevel, ProblemReport } from '../output/problem.ts';
import { changedPaths } from './changed-paths.ts';
import type { CheckedManifest, CheckResult, ManifestNote } from './check-manifests.ts';
import type { PassedOver } from './find-manifest-files.ts';
import type { Manifest } from './manifest.ts';
import { nameOf, placeOfFinding, placeOfPath } from './manifest-place.ts';
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

/** Where charts are referred to. */
const REFERENCES = ['spec.chart.spec.sourceRef', 'spec.chartRef', 'spec.sourceRef'];

/** Path of the field that a warning is about: it begins with it, or says that the source is not there; empty for others. */
export function pathOfWarning(warning: string, object: JsonObject): string {
  const [, path] = /^((?:spec|metadata)\.[^\s:]+)/.exec(warning) ?? [];
  if (path !== undefined) return path;
  if (
    !/^(?:the source|[A-Z][A-Za-z]*(?:Repository|Chart|Artifact) \S+|Bucket \S+) does not exist yet/.test(
      warning,
    )
  )
    return '';
  return REFERENCES.find((field) => valueAt(object, field.split('.')) !== undefined) ?? '';
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
    ...result.passedOver.map(passedOverCase),
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

function passedOverCase({ path, why }: PassedOver): ProblemCase {
  const message = shortText(`passed over: ${why}`);
  const problem = {
    level: 'note',
    fails: false,
    rule: 'PassedOver',
    message,
    file: path,
    line: 1,
    column: 1,
  } as const;
  return { file: path, name: path, line: 1, problems: [problem] };
}

function caseOf(
  { manifest, decision, repair }: CheckedManifest,
  notes: readonly ManifestNote[],
  failOn: FailOn,
): ProblemCase {
  const changes = changedPaths(decision);
  const problems: Problem[] = [
    ...withRepair(
      decision.findings.map((finding) => findingProblem(finding, manifest, failOn)),
      repair,
    ),
    ...notes.map(noteProblem),
    ...furtherWarnings(decision).map((message) =>
      note(manifest, pathOfWarning(message, manifest.object), 'Note', message),
    ),
  ];
  if (changes.length > 0) {
    const message = shortText(`it would be changed: ${changes.join(', ')}`);
    problems.push({ ...note(manifest, '', 'WouldBeChanged', message), hint: 'helmgate fix writes it' });
  }
  return { ...emptyCase(manifest), problems };
}

/** The first finding tells what to change so that the object passes: findings are shown one by one. */
function withRepair(problems: readonly Problem[], repair: Repair | undefined): readonly Problem[] {
  const [first, ...others] = problems;
  if (first === undefined || repair === undefined) return problems;
  return [{ ...first, passesWith: shortText(repairText(repair.edits), 400) }, ...others];
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
    ...placeOfFinding(finding, manifest),
    ...(wouldPass === undefined ? {} : { hint: `would pass: ${shortText(wouldPass)}` }),
    origin: shortText(`${policy}/${rule} (${policyPlaceText(place)})`),
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
