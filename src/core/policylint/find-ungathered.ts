import type { FactNeed } from '../policy/rule.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';
import type { LintedRule } from './linted-rule.ts';

/** Facts that nobody gathers yet: rules about them always answer with what they declare for an unknown fact. */
export const UNGATHERED_FACTS: ReadonlySet<FactNeed> = new Set(['signature', 'rendered', 'promotions']);

/** Rules that wait for facts nobody gathers, with the verdict that they give meanwhile. */
export function findUngathered({ rule, document, tokens }: LintedRule): readonly LintFinding[] {
  const missing = (rule.body.needs ?? []).filter((need) => UNGATHERED_FACTS.has(need));
  if (missing.length === 0) return [];
  const verdict = rule.body.unknown ?? 'Deny';
  const message = `nobody gathers ${missing.join(' and ')} yet: where the rule ${rule.id} needs it, it answers ${verdict}`;
  const level = verdict === 'Deny' ? 'warning' : 'note';
  return [lintFinding('FactNotGathered', document, [...tokens, 'id'], message, { level })];
}
