import { diffJson } from '../json/diff.ts';
import type { JsonObject } from '../json/json.ts';
import { BUILT_IN_PLACE, BUILT_IN_POLICY, OBJECT_SHAPE_RULE } from './built-in.ts';
import type { Decision, Finding, Hold, Phase } from './decision.ts';
import { STRICTNESS } from './enforcement.ts';
import type { Facts } from './facts.ts';
import { type Bases, judgeRules, type Repairs, type RuleJudgements } from './judge-rules.ts';
import { type Mutated, mutateObject, prepare } from './mutate.ts';
import { isJudged, type ShapeProblem, shapeProblem } from './object-shape.ts';
import type { PolicySet } from './policy-set.ts';
import { createRatchet } from './ratchet.ts';
import type { CompiledRule } from './rule.ts';
import { selectRules } from './select-rules.ts';
import { shortText } from './short-text.ts';
import type { Subject } from './subject.ts';
import { evaluationMeter } from './work-meter.ts';

/** The API server cuts all warnings once they pass 4,096 runes together; twenty of 200 stay below it. */
const MAX_WARNINGS = 20;

/**
 * Judges one object against a policy set: match, exceptions, overrides and defaults, then the mutated object is judged. At release
 * time nothing is mutated: what is stored is judged as it is.
 *
 * Pure: the same input gives the same decision, byte for byte. Deletions, and kinds that no rule knows, are allowed. An object
 * whose shape rules cannot rely on, as it came or as rules would change it, is denied (InvalidObject); a rule that throws denies
 * (PolicyError) and the others still speak.
 */
export function evaluate(set: PolicySet, subject: Subject, facts: Facts, phase: Phase): Decision {
  return evaluateInParts(set, subject, facts, phase).decision;
}

/** A decision, and what callers want to know that is no part of it. */
export interface Evaluation {
  readonly decision: Decision;
  /** Those of its warnings that are about what was changed rather than about what was found. */
  readonly mutationWarnings: ReadonlySet<string>;
  /** The object as it would be stored. */
  readonly object: JsonObject;
  /** By pointer, the rules (`policy/rule`) that gave the values in it that its author did not write. */
  readonly origins: ReadonlyMap<string, string>;
  /** What the rules propose, by finding of the decision. */
  readonly repairs: Repairs;
  /** What the rules went by, by finding of the decision. */
  readonly bases: Bases;
  /** What the rules took, in steps of {@link WorkMeter}; the same for the same input. */
  readonly steps: number;
}

/**
 * As {@link evaluate}, for callers that tell the user about changes and findings apart, or search for an edit that passes. Rules for which
 * nothing is left of `maxSteps` fail, and so deny.
 */
export function evaluateInParts(
  set: PolicySet,
  subject: Subject,
  facts: Facts,
  phase: Phase,
  maxSteps?: number,
): Evaluation {
  return judgeSubject(set, subject, facts, phase, { maxSteps });
}

/**
 * Judges an object at admission that is going to be stored as it came: what a rule would have changed is not held against it, and all
 * other rules judge it without that change.
 */
export function evaluateUnchanged(set: PolicySet, subject: Subject, facts: Facts): Decision {
  const { decision, mutationWarnings } = judgeSubject(set, subject, facts, 'admission', { unchanged: true });
  const warnings = decision.warnings.filter((warning) => !mutationWarnings.has(warning));
  return { ...decision, mutations: [], patch: [], warnings };
}

function judgeSubject(
  set: PolicySet,
  subject: Subject,
  facts: Facts,
  phase: Phase,
  options: { readonly unchanged?: boolean; readonly maxSteps?: number | undefined },
): Evaluation {
  const judged =
    isJudged(subject.group, subject.kind) &&
    subject.operation !== 'DELETE' &&
    subject.operation !== 'CONNECT';
  if (!judged) return decide(set, subject, unchanged(subject), NOTHING, phase, 0);
  const problem = shapeProblem(subject.kind, subject.object);
  if (problem !== undefined) {
    const findings = [invalidObject(problem)];
    return decide(set, subject, unchanged(subject), { ...NOTHING, findings }, phase, 0);
  }
  const work = evaluationMeter(options.maxSteps);
  const errors = new Map<CompiledRule, unknown>();
  const onError = (rule: CompiledRule, error: unknown) => errors.set(rule, error);
  const prepared = phase === 'admission' ? prepare(set, subject) : undefined;
  const object = prepared?.lifted.object ?? subject.object;
  const selection = selectRules(set, subject, object, facts, phase, onError);
  const ratchet =
    phase === 'admission' && selection.rules.some(({ rule }) => rule.ratchet === true)
      ? createRatchet(subject, selection.context, facts, work)
      : undefined;
  const mutated =
    prepared === undefined
      ? unchanged(subject)
      : mutateObject(subject, prepared, selection, facts, ratchet, onError);
  const setName = set.digest.slice(0, 19);
  const stored = options.unchanged === true ? subject.object : undefined;
  const input = { subject, mutated, stored, facts, phase, ratchet, errors, setName, work };
  const judgements = mutated.fits ? judgeRules(selection, input) : NOTHING;
  const evaluation = decide(set, subject, mutated, judgements, phase, work.steps);
  const { leftOut } = selection;
  return leftOut.length === 0 ? evaluation : { ...evaluation, decision: { ...evaluation.decision, leftOut } };
}

const NOTHING: RuleJudgements = {
  findings: [],
  warnings: [],
  repairs: new Map(),
  bases: new Map(),
  exceptions: [],
  results: [],
};

function decide(
  { digest, commit }: PolicySet,
  subject: Subject,
  mutated: Mutated,
  { findings, warnings, repairs, bases, exceptions, results }: RuleJudgements,
  phase: Phase,
  steps: number,
): Evaluation {
  const all = [...mutated.findings, ...findings];
  const sorted = all.toSorted((a, b) => STRICTNESS[a.enforcement] - STRICTNESS[b.enforcement]);
  const warned = sorted.filter(({ enforcement }) => enforcement === 'Warn').map(warningOf);
  const texts = [...new Set([...warned, ...mutated.warnings, ...warnings])];
  const denying = sorted.filter(({ enforcement }) => enforcement === 'Deny');
  const held = phase === 'release' ? holdOf(denying) : undefined;
  const decision: Decision = {
    allowed: denying.length === 0,
    ...(held === undefined ? {} : { held }),
    findings: sorted,
    mutations: mutated.mutations,
    patch: diffJson(subject.object, mutated.object),
    warnings: texts.slice(0, MAX_WARNINGS),
    ruleResults: results,
    ...(exceptions.length === 0 ? {} : { exceptions }),
    policySet: { digest, ...(commit === undefined ? {} : { commit }) },
  };
  const { object, origins } = mutated;
  return { decision, mutationWarnings: new Set(mutated.warnings), object, origins, repairs, bases, steps };
}

/** A release waits when everything that stands against it is a matter of waiting; until the last of it is over. */
function holdOf(denying: readonly Finding[]): Hold | undefined {
  const holds = denying.map(({ hold }) => hold);
  if (holds.length === 0 || holds.includes(undefined)) return undefined;
  const ends = holds.map((hold) => hold?.until);
  const last = ends.reduce((a, b) =>
    a === undefined || b === undefined ? undefined : Date.parse(a) > Date.parse(b) ? a : b,
  );
  return last === undefined ? {} : { until: last };
}

function warningOf({ policy, rule, path, message, deniesFrom, ratcheted }: Finding): string {
  const why = ratcheted === true ? ', as before' : '';
  const from = deniesFrom === undefined ? '' : `, denied from ${deniesFrom} on`;
  return shortText(`${policy}/${rule}${why}${from}: ${path}: ${message}`);
}

function invalidObject(problem: ShapeProblem): Finding {
  return {
    policy: BUILT_IN_POLICY,
    rule: OBJECT_SHAPE_RULE,
    reason: 'InvalidObject',
    enforcement: 'Deny',
    ...problem,
    place: BUILT_IN_PLACE,
  };
}

const UNCHANGED: Omit<Mutated, 'object'> = {
  fits: true,
  origins: new Map(),
  mutations: [],
  findings: [],
  warnings: [],
  changedBy: new Set(),
  leftAlone: new Set(),
};

function unchanged(subject: Subject): Mutated {
  return { ...UNCHANGED, object: subject.object };
}
