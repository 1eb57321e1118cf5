import type { Json, JsonObject } from '../json/json.ts';
import type { Edit, Enforcement, Finding, Phase, RuleResult, UsedException } from './decision.ts';
import { type CompiledException, expiryWarning } from './exception.ts';
import type { Facts } from './facts.ts';
import { formatInstant } from './instant.ts';
import type { Mutated } from './mutate.ts';
import type { Ratchet } from './ratchet.ts';
import type { CompiledRule, FindingDraft, Judgement, RuleInput } from './rule.ts';
import type { SelectedEdit } from './select-edits.ts';
import type { SelectedRule, Selection } from './select-rules.ts';
import { shortText } from './short-text.ts';
import type { Subject } from './subject.ts';
import type { WorkMeter } from './work-meter.ts';

/** For each finding whose rule proposes something: alternatives of edits. They never go into records, which may hold no values. */
export type Repairs = ReadonlyMap<Finding, readonly (readonly Edit[])[]>;

/** What the rules went by, for each finding whose rule says so; they never go into records either. */
export type Bases = ReadonlyMap<Finding, Json>;

export interface RuleJudgements {
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  readonly repairs: Repairs;
  readonly bases: Bases;
  readonly exceptions: readonly UsedException[];
  readonly results: readonly RuleResult[];
}

/** What is judged, and what happened before. */
export interface JudgeInput {
  readonly subject: Subject;
  readonly mutated: Mutated;
  /** What rules that changed nothing judge in place of the mutated object, where it is going to be stored without the changes. */
  readonly stored?: JsonObject | undefined;
  readonly facts: Facts;
  readonly phase: Phase;
  readonly ratchet: Ratchet | undefined;
  /** Rules that failed before they were judged, and why. */
  readonly errors: ReadonlyMap<CompiledRule, unknown>;
  /** What stands in the messages of failed rules for the set. */
  readonly setName: string;
  readonly work: WorkMeter;
}

/** Steps of a rule whose work does not grow with the object, 5 us, and of each thing that it finds, 10 us with all its texts. */
const STEPS_PER_RULE = 500;
const STEPS_PER_FINDING = 1000;

/**
 * Judges the mutated object, and the edit that makes it, by each selected rule. A rule that fails denies, and the others still speak; where
 * it is excepted the object passes, with a warning that names the rule and the exception.
 */
export function judgeRules(
  { rules, edits }: Pick<Selection, 'rules' | 'edits'>,
  input: JudgeInput,
): RuleJudgements {
  const findings: Finding[] = [];
  const warnings: string[] = [];
  const repairs = new Map<Finding, readonly (readonly Edit[])[]>();
  const bases = new Map<Finding, Json>();
  const exceptions: UsedException[] = [];
  const results: RuleResult[] = [];
  const judge = judgeOf(input);
  const nowMs = Date.parse(input.facts.now);
  const judgeSelected = (selected: SelectedRule | SelectedEdit): RuleResult['result'] => {
    const { rule, exception } = selected;
    const { policy, id } = rule;
    const judged = judgeRule(selected, input, judge);
    if (exception === undefined) {
      for (const { finding, basis, repairs: proposed } of judged.findings) {
        findings.push(finding);
        if (basis !== undefined) bases.set(finding, basis);
        if (proposed !== undefined) repairs.set(finding, proposed);
      }
      warnings.push(...judged.warnings);
      if (judged.failed) return 'error';
      if (judged.findings.length > 0 || isInConflict(rule, input)) return 'finding';
      return input.mutated.changedBy.has(rule) ? 'mutated' : 'pass';
    }
    if (judged.findings.length === 0) return 'pass';
    const expires = formatInstant(exception.expiresMs);
    const { length } = judged.findings;
    exceptions.push({ exception: exception.name, policy, rule: id, expires, findings: length });
    if (judged.failed)
      warnings.push(...judged.findings.map(({ finding }) => exceptedFailure(finding, exception)));
    const warning = expiryWarning(exception, nowMs);
    if (warning !== undefined) warnings.push(warning);
    return judged.failed ? 'error' : 'excepted';
  };
  const editOf = new Map(edits.map((edit) => [edit.rule, edit]));
  for (const selected of rules) {
    const edit = editOf.get(selected.rule);
    editOf.delete(selected.rule);
    const told = judgeSelected(selected);
    const result = edit === undefined ? told : strongest([told, judgeSelected(edit)]);
    results.push({ policy: selected.rule.policy, rule: selected.rule.id, result });
  }
  for (const edit of editOf.values())
    results.push({ policy: edit.rule.policy, rule: edit.rule.id, result: judgeSelected(edit) });
  return { findings, warnings, repairs, bases, exceptions, results };
}

/** What stands for a rule that spoke of the object and of the edit. */
const STRONGEST_FIRST: readonly RuleResult['result'][] = ['error', 'finding', 'excepted', 'mutated'];

function strongest(results: readonly RuleResult['result'][]): RuleResult['result'] {
  return STRONGEST_FIRST.find((result) => results.includes(result)) ?? 'pass';
}

function exceptedFailure({ policy, rule, message }: Finding, { name }: CompiledException): string {
  return shortText(`exception ${name} lets pass what ${policy}/${rule} could not judge: ${message}`);
}

interface JudgedFinding {
  readonly finding: Finding;
  readonly basis?: FindingDraft['basis'];
  readonly repairs?: FindingDraft['repairs'];
}

interface JudgedRule {
  readonly findings: readonly JudgedFinding[];
  readonly warnings: readonly string[];
  readonly failed: boolean;
}

const NOTHING: Judgement = { findings: [], warnings: [] };
const PASSED: JudgedRule = { findings: [], warnings: [], failed: false };

/** In an object that is stored as it came, its author wrote everything. */
const NONE: Mutated['origins'] = new Map();

type Judge = (selected: SelectedRule | SelectedEdit, mutates: boolean) => Judgement;

/** What all rules are given is made once. */
function judgeOf(input: JudgeInput): Judge {
  const { subject, mutated, stored, facts, phase, work } = input;
  const { object, origins } = mutated;
  const changing: RuleInput = { subject, object, facts, phase, mutates: true, origins, work };
  const reporting: RuleInput = { ...changing, mutates: false };
  return (selected, mutates) => {
    const { rule } = selected;
    const { body } = rule;
    const made = mutates ? changing : reporting;
    const given =
      stored === undefined || mutated.changedBy.has(rule) ? made : { ...made, object: stored, origins: NONE };
    const judgement =
      'about' in selected ? body.judgeEdit?.({ ...given, about: selected.about }) : body.judge?.(given);
    return judgement ?? NOTHING;
  };
}

function judgedObject(rule: CompiledRule, { mutated, stored }: JudgeInput): JsonObject {
  return stored === undefined || mutated.changedBy.has(rule) ? mutated.object : stored;
}

function judgeRule(selected: SelectedRule, input: JudgeInput, judge: Judge): JudgedRule {
  const { rule } = selected;
  const { leftAlone } = input.mutated;
  try {
    input.work.charge(STEPS_PER_RULE);
    if (input.errors.has(rule)) return failure(selected, input, input.errors.get(rule));
    // What the ratchet left alone is not changed, so it is reported, as under Warn.
    const mutates = selected.mutates && !leftAlone.has(rule);
    const { findings, warnings } = judge(selected, mutates);
    if (findings.length === 0 && warnings.length === 0) return PASSED;
    input.work.charge(findings.length * STEPS_PER_FINDING);
    const old = oldOnes(selected, findings, judgedObject(rule, input), input, mutates);
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
  selected: SelectedRule | SelectedEdit,
  findings: readonly FindingDraft[],
  object: JsonObject,
  { ratchet }: JudgeInput,
  mutates: boolean,
): readonly boolean[] {
  const { rule, enforcement } = selected;
  if (ratchet === undefined || rule.ratchet !== true || enforcement !== 'Deny' || findings.length === 0)
    return [];
  // What is found in the edit itself is as new as the edit.
  if ('about' in selected) return [];
  return ratchet.areOld(rule, findings, object, mutates);
}

function judgedFinding(selected: SelectedRule, draft: FindingDraft, old: boolean): JudgedFinding {
  const { rule, deniesFromMs } = selected;
  const { reason, path, found, message, wouldPass, hold, basis, repairs } = draft;
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
  return {
    finding,
    ...(basis === undefined ? {} : { basis }),
    ...(repairs === undefined || repairs.length === 0 ? {} : { repairs }),
  };
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
