/**
 * Which rules judge an edit as such. A policy is about an edit when it is about one of its two sides, or an edit could lead out of the
 * policy that forbids it: what is left out (`exclude`), excepted or enforced less strictly must be so on both.
 */
import { type ResolvedEnforcement, resolveEnforcement } from './enforcement.ts';
import { type CompiledException, exceptionFinder } from './exception.ts';
import { coversSubject, type MatchResult } from './match.ts';
import type { MatchContext } from './match-context.ts';
import type { CompiledRule, EditInput } from './rule.ts';
import type { RuleGroup } from './rule-index.ts';
import type { SelectedRule } from './select-rules.ts';

/** A rule that judges an edit; it changes nothing there. */
export interface SelectedEdit extends SelectedRule {
  readonly about: EditInput['about'];
}

/** The object as it is stored and as it will be. */
export interface EditSides {
  readonly before: MatchContext;
  readonly after: MatchContext;
}

/** The rules of a group that judge an edit, by what the group's match says to each side. */
export function selectEdits(
  group: RuleGroup,
  sides: EditSides,
  matches: { readonly before: MatchResult; readonly after: MatchResult },
  nowMs: number,
): readonly SelectedEdit[] {
  const about = sideOf(matches.before === 'Match', matches.after === 'Match');
  if (about === undefined) return [];
  const findException = exceptionsOf(group, about, sides, nowMs);
  return group.editRules.map((rule) => ({
    rule,
    about,
    ...enforcementOf(rule, sides, nowMs),
    exception: findException(rule.id),
    mutates: false,
  }));
}

function sideOf(before: boolean, after: boolean): EditInput['about'] | undefined {
  if (before) return after ? 'both' : 'before';
  return after ? 'after' : undefined;
}

/** The stricter side's: the namespaces of both count. */
function enforcementOf(
  { enforcement }: CompiledRule,
  { before, after }: EditSides,
  nowMs: number,
): Pick<SelectedEdit, 'enforcement' | 'deniesFromMs'> {
  const left = before.namespaces.filter(({ name }) => !after.namespaces.some((other) => other.name === name));
  const resolved: ResolvedEnforcement = resolveEnforcement(
    enforcement,
    [...after.namespaces, ...left],
    nowMs,
  );
  return { enforcement: resolved.enforcement, deniesFromMs: resolved.deniesFromMs };
}

/** An exception must cover each side that the policy is about. */
function exceptionsOf(
  { exceptions, match }: RuleGroup,
  about: EditInput['about'],
  { before, after }: EditSides,
  nowMs: number,
): (ruleId: string) => CompiledException | undefined {
  if (about === 'before') return exceptionFinder(exceptions, match, before, nowMs);
  const covering =
    about === 'after'
      ? exceptions
      : exceptions.filter((exception) => coversSubject(exception.match, match, before));
  return exceptionFinder(covering, match, after, nowMs);
}
