import { diffJson } from '../json/diff.ts';
import { BUILT_IN_PLACE, BUILT_IN_POLICY, OBJECT_SHAPE_RULE } from './built-in.ts';
import type { Decision, Enforcement, Finding, Hold, Mutation, Phase, RuleResult } from './decision.ts';
import type { Facts } from './facts.ts';
import { matchSubject } from './match.ts';
import { type MatchedRules, type Mutated, mutateObject, prepare } from './mutate.ts';
import { isJudged, shapeProblem } from './object-shape.ts';
import type { PolicySet } from './policy-set.ts';
import type { CompiledRule } from './rule.ts';
import { shortText } from './short-text.ts';
import type { Subject } from './subject.ts';

const STRICTNESS: Readonly<Record<Enforcement, number>> = { Deny: 0, Warn: 1, Audit: 2 };

/** The API server cuts all warnings once they pass 4,096 runes together; twenty of 200 stay below it. */
const MAX_WARNINGS = 20;

/**
 * Judges one object against a policy set: match, then mutate, then judge the mutated object. At release time nothing is
 * mutated: what is stored is judged as it is.
 *
 * Pure: the same input gives the same decision, byte for byte. Deletions, and kinds that no rule knows, are allowed. An object
 * whose shape rules cannot rely on is denied (InvalidObject); a rule that throws denies (PolicyError) and the others still speak.
 */
export function evaluate(set: PolicySet, subject: Subject, facts: Facts, phase: Phase): Decision {
  return evaluateInParts(set, subject, facts, phase).decision;
}

/** A decision, and which of its warnings are about what was changed rather than about what was found. */
export interface Evaluation {
  readonly decision: Decision;
  readonly mutationWarnings: ReadonlySet<string>;
}

/** As {@link evaluate}, for callers that tell the user about changes and findings in different answers. */
export function evaluateInParts(set: PolicySet, subject: Subject, facts: Facts, phase: Phase): Evaluation {
  const judged =
    isJudged(subject.group, subject.kind) &&
    subject.operation !== 'DELETE' &&
    subject.operation !== 'CONNECT';
  if (!judged) return decide(set, subject, unchanged(subject), [], [], []);
  const problem = shapeProblem(subject.kind, subject.object);
  if (problem !== undefined) {
    const finding: Finding = {
      policy: BUILT_IN_POLICY,
      rule: OBJECT_SHAPE_RULE,
      reason: 'InvalidObject',
      enforcement: 'Deny',
      path: problem.path,
      message: problem.message,
      place: BUILT_IN_PLACE,
    };
    return decide(set, subject, unchanged(subject), [finding], [], []);
  }
  const errors = new Map<CompiledRule, unknown>();
  const onError = (rule: CompiledRule, error: unknown) => errors.set(rule, error);
  const prepared = phase === 'admission' ? prepare(set, subject) : undefined;
  const rules = selectRules(set, subject, prepared?.lifted.object ?? subject.object, facts, onError);
  const mutated =
    prepared === undefined ? unchanged(subject) : mutateObject(subject, prepared, rules, facts, onError);
  const judgements = rules.matched.map((rule) => judgeRule(rule, subject, mutated, facts, phase, onError));
  const findings = [...mutated.findings, ...judgements.flatMap(({ findings }) => findings)];
  for (const [rule, error] of errors) findings.push(policyError(set, rule, error));
  const results = rules.matched.map((rule) => resultOf(rule, errors, findings, mutated.mutations));
  return decide(
    set,
    subject,
    mutated,
    findings,
    judgements.flatMap(({ warnings }) => warnings),
    results,
  );
}

function selectRules(
  set: PolicySet,
  subject: Subject,
  object: Subject['object'],
  facts: Facts,
  onError: (rule: CompiledRule, error: unknown) => void,
): MatchedRules {
  const matched: CompiledRule[] = [];
  const excludedSubject: CompiledRule[] = [];
  for (const rule of set.rulesByKind.get(subject.kind) ?? []) {
    try {
      const result = matchSubject(rule.match, subject, object, facts);
      if (result === 'Match') matched.push(rule);
      else if (result === 'ExcludedSubject') excludedSubject.push(rule);
    } catch (error) {
      onError(rule, error);
    }
  }
  return { matched, excludedSubject };
}

function judgeRule(
  rule: CompiledRule,
  subject: Subject,
  { object }: Mutated,
  facts: Facts,
  phase: Phase,
  onError: (rule: CompiledRule, error: unknown) => void,
): { readonly findings: readonly Finding[]; readonly warnings: readonly string[] } {
  if (rule.body.judge === undefined) return { findings: [], warnings: [] };
  try {
    const { findings, warnings } = rule.body.judge({
      subject,
      object,
      facts,
      phase,
      mutates: rule.enforcement === 'Deny',
    });
    const { policy, id, enforcement, place } = rule;
    return {
      findings: findings.map((draft) => ({ policy, rule: id, enforcement, place, ...draft })),
      warnings,
    };
  } catch (error) {
    onError(rule, error);
    return { findings: [], warnings: [] };
  }
}

/** A rule that cannot be evaluated denies, whatever its own enforcement says. */
function policyError(set: PolicySet, rule: CompiledRule, error: unknown): Finding {
  const text = error instanceof Error ? error.message : String(error);
  return {
    policy: rule.policy,
    rule: rule.id,
    reason: 'PolicyError',
    enforcement: 'Deny',
    path: 'spec',
    message: shortText(`the rule failed in policy set ${set.digest.slice(0, 19)}: ${text}`),
    place: rule.place,
  };
}

function resultOf(
  rule: CompiledRule,
  errors: ReadonlyMap<CompiledRule, unknown>,
  findings: readonly Finding[],
  mutations: readonly Mutation[],
): RuleResult {
  const { policy, id } = rule;
  const isOwn = (entry: { readonly policy: string; readonly rule: string }) =>
    entry.policy === policy && entry.rule === id;
  if (errors.has(rule)) return { policy, rule: id, result: 'error' };
  if (findings.some(isOwn)) return { policy, rule: id, result: 'finding' };
  return { policy, rule: id, result: mutations.some(isOwn) ? 'mutated' : 'pass' };
}

function decide(
  set: PolicySet,
  subject: Subject,
  mutated: Mutated,
  findings: readonly Finding[],
  warnings: readonly string[],
  ruleResults: readonly RuleResult[],
): Evaluation {
  const sorted = findings.toSorted((a, b) => STRICTNESS[a.enforcement] - STRICTNESS[b.enforcement]);
  const warned = sorted.filter(({ enforcement }) => enforcement === 'Warn').map(warningOf);
  const all = [...new Set([...warned, ...mutated.warnings, ...warnings])];
  const denying = sorted.filter(({ enforcement }) => enforcement === 'Deny');
  const held = holdOf(denying);
  const decision: Decision = {
    allowed: denying.length === 0,
    ...(held === undefined ? {} : { held }),
    findings: sorted,
    mutations: mutated.mutations,
    patch: diffJson(subject.object, mutated.object),
    warnings: all.slice(0, MAX_WARNINGS),
    ruleResults,
    policySet: { digest: set.digest, ...(set.commit === undefined ? {} : { commit: set.commit }) },
  };
  return { decision, mutationWarnings: new Set(mutated.warnings) };
}

/** A release waits when everything that stands against it is a matter of waiting; until the last of it is over. */
function holdOf(denying: readonly Finding[]): Hold | undefined {
  const holds = denying.map(({ hold }) => hold);
  if (holds.length === 0 || holds.includes(undefined)) return undefined;
  const ends = holds.map((hold) => hold?.until);
  const last = ends.reduce((a, b) => (a === undefined || b === undefined ? undefined : a > b ? a : b));
  return last === undefined ? {} : { until: last };
}

function warningOf({ policy, rule, path, message }: Finding): string {
  return shortText(`${policy}/${rule}: ${path}: ${message}`);
}

function unchanged(subject: Subject): Mutated {
  return { object: subject.object, mutations: [], findings: [], warnings: [] };
}
