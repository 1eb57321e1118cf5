import type { JsonObject } from '../json/json.ts';
import type { Enforcement, Phase } from './decision.ts';
import { type ResolvedEnforcement, type RuleEnforcement, resolveEnforcement } from './enforcement.ts';
import { type CompiledException, exceptionFinder } from './exception.ts';
import type { Facts } from './facts.ts';
import { dependsOnAsker, dependsOnRequest, leavesOutAsker, type MatchResult, matchSubject } from './match.ts';
import { type MatchContext, matchContext } from './match-context.ts';
import type { PolicySet } from './policy-set.ts';
import type { CompiledRule } from './rule.ts';
import { type RuleGroup, ruleIndex } from './rule-index.ts';
import { type SelectedEdit, selectEdits } from './select-edits.ts';
import { editOf, type Subject } from './subject.ts';

/** A rule that is about an object, and what it may do there. */
export interface SelectedRule {
  readonly rule: CompiledRule;
  readonly enforcement: Enforcement;
  /** When the enforcement becomes Deny, where it is not yet: milliseconds since 1970. */
  readonly deniesFromMs: number | undefined;
  /** The exception that holds: the rule is judged for the count only. */
  readonly exception: CompiledException | undefined;
  /** Only a rule that denies may change an object. */
  readonly mutates: boolean;
}

export interface Selection {
  readonly context: MatchContext;
  /** In the order of the files. */
  readonly rules: readonly SelectedRule[];
  /** Rules that judge the edit as such, also where only the stored object fits. */
  readonly edits: readonly SelectedEdit[];
  /** Rules that only the request keeps out or excepts: by who asks, or what for. */
  readonly otherRequest: readonly CompiledRule[];
  /** Those of them that only who asks keeps out, as `policy/rule`. */
  readonly leftOut: readonly string[];
}

/** Told of a rule that failed. */
export type OnRuleError = (rule: CompiledRule, error: unknown) => void;

/** Match, then exceptions, then enforcement, for all rules of a set. `object` is what matches read. */
export function selectRules(
  set: PolicySet,
  subject: Subject,
  object: JsonObject,
  facts: Facts,
  phase: Phase,
  onError: OnRuleError,
): Selection {
  const context = matchContext(subject, object, facts, phase);
  const nowMs = Date.parse(facts.now);
  const resolve = resolver(context, nowMs);
  const edit = phase === 'admission' ? editOf(subject) : undefined;
  const before = edit === undefined ? undefined : matchContext(subject, edit.oldObject, facts, phase);
  const rules: SelectedRule[] = [];
  const edits: SelectedEdit[] = [];
  const otherRequest: CompiledRule[] = [];
  const leftOut: string[] = [];
  // Whoever asked at admission was left out of these.
  const exempted = new Set(phase === 'release' ? facts.exempted : []);
  for (const group of ruleIndex(set).groupsFor(subject.kind, context.operation)) {
    const result = matchGroup(group, context, onError);
    if (before !== undefined && group.editRules.length > 0) {
      const matches = { before: matchGroup(group, before, onError), after: result };
      edits.push(...selectEdits(group, { before, after: context }, matches, nowMs));
    }
    if (result === 'OtherRequest') {
      otherRequest.push(...group.rules);
      if (leavesOutAsker(group.match, context)) leftOut.push(...group.rules.map(nameOf));
    }
    if (result !== 'Match') continue;
    const findException = exceptionFinder(group.exceptions, group.match, context, nowMs);
    for (const rule of group.rules) {
      if (exempted.size > 0 && exempted.has(nameOf(rule)) && dependsOnAsker(group.match)) continue;
      const selected = selectRule(rule, resolve(rule.enforcement), findException(rule.id));
      rules.push(selected);
      if (selected.exception !== undefined && dependsOnRequest(selected.exception.match))
        otherRequest.push(rule);
    }
  }
  return { context, rules, edits, otherRequest, leftOut };
}

function nameOf({ policy, id }: CompiledRule): string {
  return `${policy}/${id}`;
}

function matchGroup({ match, rules }: RuleGroup, context: MatchContext, onError: OnRuleError): MatchResult {
  try {
    return matchSubject(match, context);
  } catch (error) {
    // What cannot be told is judged, and a rule that failed denies.
    for (const rule of rules) onError(rule, error);
    return 'Match';
  }
}

/** Rules that have no enforcement of their own share their policy's, so each is resolved once. */
function resolver(
  { namespaces }: MatchContext,
  nowMs: number,
): (enforcement: RuleEnforcement) => ResolvedEnforcement {
  const known = new Map<RuleEnforcement, ResolvedEnforcement>();
  return (enforcement) => {
    const before = known.get(enforcement);
    if (before !== undefined) return before;
    const resolved = resolveEnforcement(enforcement, namespaces, nowMs);
    known.set(enforcement, resolved);
    return resolved;
  };
}

function selectRule(
  rule: CompiledRule,
  { enforcement, deniesFromMs }: ResolvedEnforcement,
  exception: CompiledException | undefined,
): SelectedRule {
  const mutates = enforcement === 'Deny' && exception === undefined;
  return { rule, enforcement, deniesFromMs, exception, mutates };
}
