/**
 * An edit of a source is an edit of every release that takes its chart from it: each of them is judged with the source as it will
 * be, by the rules that match the release. What the edit newly causes is found in the edit; what stood against a release before stays
 * the release's own.
 */

import { HELM_GROUP } from '../api/resources.ts';
import { applyPatch } from '../json/apply.ts';
import { canonicalJson } from '../json/canonical.ts';
import { isEqualJson } from '../json/equal.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { parsePointer, valueAt } from '../json/pointer.ts';
import { stringifyJson } from '../json/stringify.ts';
import { BUILT_IN_PLACE, BUILT_IN_POLICY } from '../policy/built-in.ts';
import type { Decision, Finding } from '../policy/decision.ts';
import { STRICTNESS } from '../policy/enforcement.ts';
import { type Evaluation, evaluateInParts } from '../policy/evaluate.ts';
import {
  type DependentFact,
  type Fact,
  type Facts,
  NOT_GATHERED,
  type SourceEditFact,
  type SourceFact,
  sourceKey,
} from '../policy/facts.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { shortText } from '../policy/short-text.ts';
import { chartFact, sourceBehindChart, sourceFactOf } from '../policy/source-fact.ts';
import { findSource } from '../policy/source-of.ts';
import type { Subject } from '../policy/subject.ts';
import { MAX_EVALUATION_STEPS } from '../policy/work-meter.ts';
import { movedReleases } from './moved-releases.ts';
import { concernsReleases } from './required-facts.ts';
import { requiredSources } from './required-sources.ts';

/** Releases that one edit is judged for: at 1 ms each, with 200 rules, a fifth of the time that the API server waits. */
export const MAX_DEPENDENTS = 1000;
/** Findings of one edit: with some 400 bytes each they stay well below the 64 KiB of an audit row. */
const MAX_FINDINGS = 50;
/** Work for all of them together: as much as one object may take. */
const MAX_DEPENDENT_STEPS = MAX_EVALUATION_STEPS;
const RULE = 'dependents';

/** The decision on a source with what its edit means for the releases that use it. Decisions on other objects stay as they are. */
export function withDependents(decision: Decision, set: PolicySet, subject: Subject, facts: Facts): Decision {
  if (!concernsReleases(set, subject)) return decision;
  const { dependents = NOT_GATHERED } = facts;
  if (!dependents.known) {
    const message = `the HelmReleases that use it could not be looked up (${dependents.why}), so the edit cannot be judged for them`;
    return add(decision, [builtIn(message)], []);
  }
  if (dependents.value.length > MAX_DEPENDENTS) {
    const message = `more than ${MAX_DEPENDENTS} HelmReleases use it, too many to judge in one request: let some of them use a source of another name`;
    return add(decision, [builtIn(message)], []);
  }
  const edit: SourceEdit = {
    set,
    subject,
    facts,
    before: factBefore(subject, facts),
    after: factAfter(subject, facts),
    left: MAX_DEPENDENT_STEPS,
  };
  const findings: Finding[] = [];
  for (const [judged, dependent] of dependents.value.entries()) {
    findings.push(...judgeDependent(dependent, edit));
    if (edit.left > 0) continue;
    // What a judgement that was cut short found is neither before nor after.
    const message = `judging the HelmReleases that use it takes more work than one request may cost, after ${judged} of ${dependents.value.length}: let some of them use a source of another name`;
    return add(decision, [builtIn(message)], []);
  }
  return add(decision, atMost(findings), moved(dependents.value, edit));
}

interface SourceEdit {
  readonly set: PolicySet;
  readonly subject: Subject;
  readonly facts: Facts;
  readonly before: Fact<SourceFact>;
  readonly after: Fact<SourceFact>;
  /** Steps that judging its releases may still take. */
  left: number;
}

function factAfter(subject: Subject, facts: Facts): Fact<SourceFact> {
  return factFrom(subject, subject.object, facts);
}

function factBefore(subject: Subject, facts: Facts): Fact<SourceFact> {
  const { oldObject } = subject;
  return oldObject === undefined ? { known: false, why: 'NotFound' } : factFrom(subject, oldObject, facts);
}

function factFrom(subject: Subject, object: JsonObject, facts: Facts): Fact<SourceFact> {
  const fact = sourceFactOf(subject, valueAt(object, ['spec']));
  if (subject.kind !== 'HelmChart') return { known: true, value: fact };
  const behind = sourceBehindChart(fact);
  return chartFact(fact, behind === undefined ? undefined : findSource(facts, behind));
}

/** What the edit newly finds in one release; judged as it was only where there is something to compare with. */
function judgeDependent(dependent: DependentFact, edit: SourceEdit): readonly Finding[] {
  const after = toldOf(evaluateDependent(dependent, edit.after, edit, sourceEditOf(edit)), dependent);
  if (after.length === 0) return [];
  const before = toldOf(evaluateDependent(dependent, edit.before, edit), dependent);
  const known = new Set(before.map(identityOf));
  const path = editedPath(edit.subject);
  return after
    .filter((told) => !known.has(identityOf(told)))
    .map(({ finding: { found: _of, ...finding } }) => ({
      ...finding,
      path,
      message: shortText(`HelmRelease ${nameOf(dependent)}: ${finding.message}`),
    }));
}

function evaluateDependent(
  { object, version, namespaceLabels, otherNamespaceLabels }: DependentFact,
  source: Fact<SourceFact>,
  edit: SourceEdit,
  sourceEdit?: SourceEditFact,
): Evaluation {
  const { set, subject, facts } = edit;
  const { user, dryRun } = subject;
  // As the loop judges: nobody edits the release itself, so there is nothing to compare it with.
  const release: Subject = {
    operation: 'UPDATE',
    group: HELM_GROUP,
    version,
    kind: 'HelmRelease',
    namespace: textAt(object, 'namespace'),
    name: textAt(object, 'name'),
    object,
    dryRun,
    ...(user === undefined ? {} : { user }),
  };
  const sources = requiredSources(set, release).map(
    (need) =>
      [sourceKey(need.kind, need.namespace, need.name), seenBy(need, source, subject, facts)] as const,
  );
  const unknown = { known: false, why: 'Unavailable' } as const;
  const known: Facts = {
    now: facts.now,
    namespaceLabels,
    otherNamespaceLabels,
    sources: new Map(sources),
    chart: unknown,
    values: unknown,
    ...(sourceEdit === undefined ? {} : { sourceEdit }),
  };
  const evaluation = evaluateInParts(set, release, known, 'admission', edit.left);
  edit.left -= evaluation.steps;
  return evaluation;
}

/** The edited source, or a HelmChart between it and the release, as a release sees it. */
function seenBy(
  need: Parameters<typeof findSource>[1],
  edited: Fact<SourceFact>,
  subject: Subject,
  facts: Facts,
): Fact<SourceFact> {
  const { kind, namespace, name } = subject;
  const key = sourceKey(kind, namespace, name);
  if (sourceKey(need.kind, need.namespace, need.name) === key) return edited;
  const between = findSource(facts, need);
  if (!between.known || between.value.kind !== 'HelmChart') return between;
  const behind = sourceBehindChart(between.value);
  const leadsHere = behind !== undefined && sourceKey(behind.kind, behind.namespace, behind.name) === key;
  return leadsHere ? chartFact(between.value, edited) : between;
}

/** Of the source by its own spec: what is behind it may be unknown, and its own chart is not. */
function sourceEditOf({ subject }: SourceEdit): SourceEditFact | undefined {
  const { object, oldObject } = subject;
  if (oldObject === undefined) return undefined;
  const [before, after] = [oldObject, object].map((one) => sourceFactOf(subject, valueAt(one, ['spec'])));
  return before === undefined || after === undefined ? undefined : { before, after };
}

/** A finding, and what it was found by, uncut. */
interface Told {
  readonly finding: Finding;
  readonly basis: Json;
}

function toldOf({ decision, bases }: Evaluation, dependent: DependentFact): readonly Told[] {
  const found = decision.findings.map((finding) => ({ finding, basis: bases.get(finding) ?? null }));
  return [...found, ...wantedChanges(decision, dependent)];
}

/** Changes that the rules want in the release now: an edit of its source cannot make them. */
function wantedChanges({ mutations, patch }: Decision, { object }: DependentFact): readonly Told[] {
  if (mutations.length === 0) return [];
  const wanted: Json = applyPatch(object, patch);
  return mutations.map(({ policy, rule, pointer, place = BUILT_IN_PLACE }) => {
    const tokens = parsePointer(pointer) ?? [];
    const value = valueAt(wanted, tokens);
    const change = value === undefined ? 'be removed' : `become ${shortText(stringifyJson(value), 60)}`;
    const message = `${formatPath(tokens)} would have to ${change}, which an edit of its source cannot do: change the release first`;
    const finding: Finding = {
      policy,
      rule,
      reason: 'NotMutated',
      enforcement: 'Deny',
      path: formatPath(tokens),
      message,
      place,
    };
    return { finding, basis: value ?? null };
  });
}

/** Two findings are one when they say the same of the same field by the same values, of which their texts may show a part only. */
function identityOf({ finding, basis }: Told): string {
  const { policy, rule, reason, path, message, found = null } = finding;
  return canonicalJson([policy, rule, reason, path, message, found, basis]);
}

/** The field of the source that the edit changes, for findings. */
function editedPath({ object, oldObject }: Subject): string {
  const fields = ['url', 'endpoint', 'bucketName', 'sourceRef', 'chart', 'version', 'ref', 'include'];
  const changed = fields.find((field) => {
    const [now, then] = [valueAt(object, ['spec', field]), valueAt(oldObject, ['spec', field])];
    return !isEqualJson(now ?? null, then ?? null);
  });
  return changed === undefined ? 'spec' : `spec.${changed}`;
}

function atMost(findings: readonly Finding[]): readonly Finding[] {
  const sorted = strictestFirst(findings);
  const [first, ...rest] = sorted.slice(MAX_FINDINGS);
  if (first === undefined) return sorted;
  const message = `${rest.length + 1} more findings in the HelmReleases that use it`;
  const { wouldPass: _of, ...summary } = first;
  return [...sorted.slice(0, MAX_FINDINGS), { ...summary, message }];
}

/** A warning when the URL becomes another one: the releases move there with their next reconciliation. */
function moved(dependents: readonly DependentFact[], { before, after }: SourceEdit): readonly string[] {
  if (!before.known || !after.known || before.value.url === after.value.url) return [];
  return dependents.length === 0 ? [] : [movedReleases(dependents.map(nameOf))];
}

function add(decision: Decision, findings: readonly Finding[], warnings: readonly string[]): Decision {
  if (findings.length === 0 && warnings.length === 0) return decision;
  const denied = findings.some(({ enforcement }) => enforcement === 'Deny');
  const warned = findings
    .filter(({ enforcement }) => enforcement === 'Warn')
    .map(({ policy, rule, path, message }) => shortText(`${policy}/${rule}: ${path}: ${message}`));
  const rules = new Map(findings.map(({ policy, rule }) => [`${policy}/${rule}`, { policy, rule }]));
  const results = [...rules.values()].map((rule) => ({ ...rule, result: 'finding' as const }));
  return {
    ...decision,
    allowed: decision.allowed && !denied,
    findings: strictestFirst([...decision.findings, ...findings]),
    warnings: [...warnings, ...decision.warnings, ...warned].slice(0, MAX_WARNINGS),
    ruleResults: [...decision.ruleResults, ...results],
  };
}

function strictestFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => STRICTNESS[a.enforcement] - STRICTNESS[b.enforcement]);
}

/** As evaluate bounds them. */
const MAX_WARNINGS = 20;

function builtIn(message: string): Finding {
  return {
    policy: BUILT_IN_POLICY,
    rule: RULE,
    reason: 'FactUnknown',
    enforcement: 'Deny',
    path: 'spec',
    message: shortText(message),
    place: BUILT_IN_PLACE,
  };
}

function nameOf({ object }: DependentFact): string {
  return `${textAt(object, 'namespace')}/${textAt(object, 'name')}`;
}

function textAt(object: JsonObject, field: 'namespace' | 'name'): string {
  const text = valueAt(object, ['metadata', field]);
  return typeof text === 'string' ? text : '';
}
