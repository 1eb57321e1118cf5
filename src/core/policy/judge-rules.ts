import type { JsonObject } from '../json/json.ts';
import type { Edit, Enforcement, Finding, Phase, RuleResult, UsedException } from './decision.ts';
import { expiryWarning } from './exception.ts';
import type { Facts } from './facts.ts';
import { formatInstant } from './instant.ts';
import type { Mutated } from './mutate.ts';
import type { Ratchet } from './ratchet.ts';
import type { CompiledRule, FindingDraft, Judgement, RuleInput } from './rule.ts';
import type { SelectedRule } from './select-rules.ts';
import { shortText } from './short-text.ts';
import type { Subject } from './subject.ts';

/** For each finding whose rule proposes something: alternatives of edits. They never go into records, which may hold no values. */
export type Repairs = ReadonlyMap<Finding, readonly (readonly Edit[])[]>;

export interface RuleJudgements {
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  readonly repairs: Repairs;
  readonly exceptions: readonly UsedException[];
  readonly results: readonly RuleResult[];
}

/** What is judged, and what happened before. */
export interface JudgeInput {
  readonly subject: Subject;
  readonly mutated: Mutated;
  readonly facts: Facts;
  readonly phase: Phase;
  readonly ratchet: Ratchet | undefined;
  /** Rules that failed before they were judged, and why. */
  readonly errors: ReadonlyMap<CompiledRule, unknown>;
  /** What stands in the messages of failed rules for the set. */
  readonly setName: string;
}

/** Judges the mutated object by each selected rule; a rule that fails denies, unless it is excepted, and the others still speak. */
export function judgeRules(rules: readonly SelectedRule[], input: JudgeInput): RuleJudgements {
  const findings: Finding[] = [];
  const warnings: string[] = [];
  const repairs = new Map<Finding, readonly (readonly Edit[])[]>();
  const exceptions: UsedException[] = [];
  const results: RuleResult[] = [];
  const judge = judgeOf(input);
  const nowMs = Date.parse(input.facts.now);
  for (const selected of rules) {
    const { rule, exception } = selected;
    const { policy, id } = rule;
    const judged = judgeRule(selected, input, judge);
    let result: RuleResult['result'] = judged.failed ? 'error' : 'pass';
    if (exception === undefined) {
      for (const { finding, repairs: proposed } of judged.findings) {
        findings.push(finding);
        if (proposed !== undefined) repairs.set(finding, proposed);
      }
      warnings.push(...judged.warnings);
      if (!judged.failed && (judged.findings.length > 0 || isInConflict(rule, input))) result = 'finding';
      else if (!judged.failed && input.mutated.changedBy.has(rule)) result = 'mutated';
    } else if (judged.findings.length > 0) {
      const expires = formatInstant(exception.expiresMs);
      const { length } = judged.findings;
      exceptions.push({ exception: exception.name, policy, rule: id, expires, findings: length });
      const warning = expiryWarning(exception, nowMs);
      if (warning !== undefined) warnings.push(warning);
      if (!judged.failed) result = 'excepted';
    }
    results.push({ policy, rule: id, result });
  }
  return { findings, warnings, repairs, exceptions, results };
}

interface JudgedFinding {
  readonly finding: Finding;
  readonly repairs?: FindingDraft['repairs'];
}

interface JudgedRule {
  readonly findings: readonly JudgedFinding[];
  readonly warnings: readonly string[];
  readonly failed: boolean;
}

const NOTHING: Judgement = { findings: [], warnings: [] };
const PASSED: JudgedRule = { findings: [], warnings: [], failed: false };

type Judge = (rule: CompiledRule, mutates: boolean) => Judgement;

/** What all rules are given is made once. */
function judgeOf({ subject, mutated: { object }, facts, phase }: JudgeInput): Judge {
  const changing: RuleInput = { subject, object, facts, phase, mutates: true };
  const reporting: RuleInput = { ...changing, mutates: false };
  return ({ body }, mutates) => body.judge?.(mutates ? changing : reporting) ?? NOTHING;
}

function judgeRule(selected: SelectedRule, input: JudgeInput, judge: Judge): JudgedRule {
  const { rule } = selected;
  const { object, leftAlone } = input.mutated;
  try {
    if (input.errors.has(rule)) return failure(selected, input, input.errors.get(rule));
    // What the ratchet left alone is not changed, so it is reported, as under Warn.
    const mutates = selected.mutates && !leftAlone.has(rule);
    const { findings, warnings } = judge(rule, mutates);
    if (findings.length === 0 && warnings.length === 0) return PASSED;
    const old = oldOnes(selected, findings, object, input, mutates);
    return {
      findings: findings.map((draft, index) => judgedFinding(selected, draft, old[index] === true)),
      warnings,
      failed: false,
    };
  } catch (error) {
    return failure(selected, input, error);
  }
}

/** Whether the mutations have said of the rule that it does not get along with others. */
function isInConflict({ policy, id }: CompiledRule, { mutated }: JudgeInput): boolean {
  return mutated.findings.some((finding) => finding.policy === policy && finding.rule === id);
}

function oldOnes(
  { rule, enforcement }: SelectedRule,
  findings: readonly FindingDraft[],
  object: JsonObject,
  { ratchet }: JudgeInput,
  mutates: boolean,
): readonly boolean[] {
  if (ratchet === undefined || rule.ratchet !== true || enforcement !== 'Deny' || findings.length === 0)
    return [];
  return ratchet.areOld(rule, findings, object, mutates);
}

function judgedFinding(selected: SelectedRule, draft: FindingDraft, old: boolean): JudgedFinding {
  const { rule, deniesFromMs } = selected;
  const { reason, path, found, message, wouldPass, hold, repairs } = draft;
  const enforcement: Enforcement = old ? 'Warn' : selected.enforcement;
  const finding: Finding = {
    policy: rule.policy,
    rule: rule.id,
    reason,
    enforcement,
    path,
    ...(found === undefined ? {} : { found }),
    message,
    ...(wouldPass === undefined ? {} : { wouldPass }),
    ...(hold === undefined ? {} : { hold }),
    ...(deniesFromMs === undefined ? {} : { deniesFrom: formatInstant(deniesFromMs) }),
    ...(old ? { ratcheted: true } : {}),
    place: rule.place,
  };
  return repairs === undefined || repairs.length === 0 ? { finding } : { finding, repairs };
}

/** A rule that cannot be evaluated denies, whatever its own enforcement says. */
function failure({ rule }: SelectedRule, { setName }: JudgeInput, error: unknown): JudgedRule {
  const text = error instanceof Error ? error.message : String(error);
  const finding: Finding = {
    policy: rule.policy,
    rule: rule.id,
    reason: 'PolicyError',
    enforcement: 'Deny',
    path: 'spec',
    message: shortText(`the rule failed in policy set ${setName}: ${text}`),
    place: rule.place,
  };
  return { findings: [{ finding }], warnings: [], failed: true };
}
