import type { JsonObject } from '../json/json.ts';
import type { Enforcement, Phase } from './decision.ts';
import { type ResolvedEnforcement, type RuleEnforcement, resolveEnforcement } from './enforcement.ts';
import { type CompiledException, findException } from './exception.ts';
import type { Facts } from './facts.ts';
import { dependsOnRequest, type MatchResult, matchSubject } from './match.ts';
import { type MatchContext, matchContext } from './match-context.ts';
import type { PolicySet } from './policy-set.ts';
import type { CompiledRule } from './rule.ts';
import { type RuleGroup, ruleIndex } from './rule-index.ts';
import type { Subject } from './subject.ts';

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
  /** Rules that only the request keeps out or excepts: by who asks, or what for. */
  readonly otherRequest: readonly CompiledRule[];
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
  const rules: SelectedRule[] = [];
  const otherRequest: CompiledRule[] = [];
  for (const group of ruleIndex(set).groupsFor(subject.kind, context.operation)) {
    const result = matchGroup(group, context, onError);
    if (result === 'OtherRequest') otherRequest.push(...group.rules);
    if (result !== 'Match') continue;
    for (const rule of group.rules) {
      const selected = selectRule(rule, resolve(rule.enforcement), context, nowMs);
      rules.push(selected);
      if (selected.exception !== undefined && dependsOnRequest(selected.exception.match))
        otherRequest.push(rule);
    }
  }
  return { context, rules, otherRequest };
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
  context: MatchContext,
  nowMs: number,
): SelectedRule {
  const exception =
    rule.exceptions === undefined ? undefined : findException(rule.exceptions, rule.match, context, nowMs);
  const mutates = enforcement === 'Deny' && exception === undefined;
  return { rule, enforcement, deniesFromMs, exception, mutates };
}
