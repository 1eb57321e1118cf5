/**
 * The two endpoints. `/mutate` changes and never refuses: it may be skipped when it fails, so nothing can rest on it. `/validate`
 * judges the object as it will be stored, and refuses it also when the mutating call was lost (NotMutated).
 */
import { applyPatch } from '../json/apply.ts';
import { isJsonObject, type Json } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer, parsePointer, valueAt } from '../json/pointer.ts';
import { stringifyJson } from '../json/stringify.ts';
import { BUILT_IN_PLACE, BUILT_IN_POLICY, FORMER_DEFAULTS_RULE } from '../policy/built-in.ts';
import type { Decision, Finding, Mutation } from '../policy/decision.ts';
import { evaluate, evaluateInParts, evaluateUnchanged } from '../policy/evaluate.ts';
import type { Facts } from '../policy/facts.ts';
import { ADMISSION_REPAIR_STEPS } from '../policy/find-repair.ts';
import type { FindingReason } from '../policy/finding-reason.ts';
import { DEFAULTS_ANNOTATION } from '../policy/former-defaults.ts';
import { formatInstant } from '../policy/instant.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { repairObject } from '../policy/repair-object.ts';
import { ruleIndex } from '../policy/rule-index.ts';
import { shortText } from '../policy/short-text.ts';
import { shownValue } from '../policy/shown-value.ts';
import type { Subject } from '../policy/subject.ts';
import type { AdmissionRequest } from './admission-request.ts';
import { withDependents } from './dependents.ts';
import { classifyUpdate } from './skip.ts';
import { toSubject } from './to-subject.ts';

/** The sets to judge with; the same shape as the policy source's. */
export interface Policies {
  readonly current: PolicySet;
  /** The set before the last reload, for as long as a mutating call may have seen it. */
  readonly previous?: PolicySet;
}

const UNPATCHED: ReadonlySet<FindingReason> = new Set(['InvalidObject', 'PolicyError', 'MutationConflict']);

const RECORD_CHANGE: Mutation = {
  policy: BUILT_IN_POLICY,
  rule: FORMER_DEFAULTS_RULE,
  pointer: formatPointer(['metadata', 'annotations', DEFAULTS_ANNOTATION]),
  kind: 'default',
};

/** The decision of the mutating endpoint: always allowed, with the patch. What was found there is left to the validating one. */
export function mutate(request: AdmissionRequest, policies: Policies, facts: Facts): Decision {
  const subject = toSubject(request);
  if (
    isExempt(request) ||
    classifyUpdate(subject, ruleIndex(policies.current).metadataReads) === 'Irrelevant'
  )
    return allow(policies.current);
  const { decision, mutationWarnings } = evaluateInParts(policies.current, subject, facts, 'admission');
  // An object that cannot be judged is no object to change either: the API server, or the validator, says why.
  const broken = decision.findings.some(({ reason }) => UNPATCHED.has(reason));
  const warnings = decision.warnings.filter((warning) => mutationWarnings.has(warning) && !broken);
  const { exceptions: _countedOnce, ...rest } = decision;
  return {
    ...rest,
    ...(broken ? { mutations: [], patch: [] } : {}),
    allowed: true,
    findings: [],
    warnings,
  };
}

/** The decision of the validating endpoint: no patch, all findings. */
export function validate(request: AdmissionRequest, policies: Policies, facts: Facts): Decision {
  const subject = toSubject(request);
  const update = classifyUpdate(subject, ruleIndex(policies.current).metadataReads);
  if (isExempt(request) || update === 'Irrelevant' || update === 'Repeated') return allow(policies.current);
  const verdict = evaluateInParts(policies.current, subject, facts, 'admission');
  const { decision, mutationWarnings } = verdict;
  const asStored = acceptUnchanged(decision, subject, policies, facts);
  if (asStored !== undefined) return withDependents(asStored, policies.current, subject, facts);
  const lost = notMutated(decision, subject);
  const findings = [...lost, ...decision.findings];
  const validated: Decision = {
    ...decision,
    allowed: decision.allowed && lost.length === 0,
    findings,
    mutations: [],
    patch: [],
    warnings: decision.warnings.filter((warning) => !mutationWarnings.has(warning)),
  };
  const whole = withDependents(validated, policies.current, subject, facts);
  if (decision.allowed || lost.length > 0) return whole;
  const repair = repairObject(policies.current, subject, facts, {
    verdict,
    maxSteps: ADMISSION_REPAIR_STEPS,
  });
  return repair === undefined ? whole : { ...whole, repair: repair.edits };
}

/** Deletions and subresources are not judged: a subresource has another shape, and status is never mutated. */
function isExempt({ operation, subResource }: AdmissionRequest): boolean {
  return operation === 'DELETE' || operation === 'CONNECT' || subResource !== undefined;
}

/**
 * Between the two calls of one request no more than this goes by: `timeoutSeconds` of the mutating one, twice since it may be called
 * again. A stage of an enforcement, or the end of an exception, that falls between them must not deny.
 */
const BETWEEN_CALLS_MS = 10_000;

function momentBefore(facts: Facts): Facts {
  const nowMs = Date.parse(facts.now);
  return Number.isNaN(nowMs) ? facts : { ...facts, now: formatInstant(nowMs - BETWEEN_CALLS_MS) };
}

/**
 * The decision on an object that the mutating call may have left as it is for a good reason: the set before the last reload, or this one
 * a moment ago, has nothing to change in it. It is stored as it came, so that is what is judged, by the set in force, and it passes only
 * if the set that left it so admits it too. Undefined where NotMutated has to be said.
 */
function acceptUnchanged(
  { patch }: Decision,
  subject: Subject,
  { current, previous }: Policies,
  facts: Facts,
): Decision | undefined {
  if (patch.length === 0) return undefined;
  const before = previous === undefined ? [] : [evaluate(previous, subject, facts, 'admission')];
  const { timed } = ruleIndex(current);
  const content = [
    ...before,
    ...(timed ? [evaluate(current, subject, momentBefore(facts), 'admission')] : []),
  ].filter((decision) => decision.patch.length === 0);
  if (content.length === 0) return undefined;
  const asStored = evaluateUnchanged(current, subject, facts);
  return !asStored.allowed || content.some(({ allowed }) => allowed) ? asStored : undefined;
}

/**
 * One finding for each field that mutating would still change, or for the record of defaults when that alone would change (it is
 * believed once it is stored).
 */
function notMutated(decision: Decision, subject: Subject): readonly Finding[] {
  if (decision.patch.length === 0) return [];
  const after = applyPatch(subject.object, decision.patch);
  const changed = decision.mutations.length === 0 ? [RECORD_CHANGE] : decision.mutations;
  return changed.map(({ policy, rule, pointer, kind, place }) => {
    const tokens = parsePointer(pointer) ?? [];
    const path = formatPath(tokens);
    const found = shownValue(tokens, valueAt(subject.object, tokens));
    return {
      policy,
      rule,
      reason: 'NotMutated',
      enforcement: 'Deny',
      path,
      ...(found === undefined ? {} : { found }),
      message: 'not as the mutating webhook sets it: the call to it was lost, so try again once it answers',
      wouldPass: wanted(kind, path, valueAt(after, tokens)),
      place: place ?? BUILT_IN_PLACE,
    };
  });
}

/** What a policy sets is shown; what was only rewritten is the author's, and patches may hold secrets. */
function wanted(kind: Mutation['kind'], path: string, value: Json | undefined): string {
  if (value === undefined) return `no ${path}`;
  if (kind === 'lift' && isJsonObject(value)) return 'patches, in place of the lists of the beta versions';
  return shortText(stringifyJson(value));
}

function allow({ digest, commit }: PolicySet): Decision {
  return {
    allowed: true,
    findings: [],
    mutations: [],
    patch: [],
    warnings: [],
    ruleResults: [],
    policySet: { digest, ...(commit === undefined ? {} : { commit }) },
  };
}
