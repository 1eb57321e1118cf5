import { canonicalJson } from '../json/canonical.ts';
import { isJsonObject, type Json } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';
import type { LintedRule } from './linted-rule.ts';

/** Rules that say the same, with the same weight, about the same objects. */
export function findDuplicateRules(rules: readonly LintedRule[]): readonly LintFinding[] {
  const seen = new Map<string, LintedRule>();
  return rules.flatMap((entry) => {
    const key = meaningOf(entry);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, entry);
      return [];
    }
    const { place, policy, id } = first.rule;
    const message = `the rule ${entry.rule.id} says the same as ${policy}/${id} (${place.file}:${place.line})`;
    return [lintFinding('DuplicateRule', entry.document, [...entry.tokens, 'id'], message)];
  });
}

/** Everything but names: what is asked of which objects, and how much it weighs. */
function meaningOf({ document, written, rule }: LintedRule): string {
  const parts = Object.entries(isJsonObject(written) ? written : {}).filter(([key]) => key !== 'id');
  const match = valueAt(document.value, ['spec', 'match']) ?? {};
  const unwritten = typeof rule.enforcement === 'string' ? rule.enforcement : 'Deny';
  const enforcement = valueAt(document.value, ['spec', 'enforcement']) ?? unwritten;
  return canonicalJson([match, { enforcement, ...Object.fromEntries(parts) }]);
}

/** Entries that stand twice in a list of a rule or of a match. */
export function findDuplicateEntries(
  document: LintedRule['document'],
  tokens: readonly string[],
): readonly LintFinding[] {
  const value = valueAt(document.value, tokens);
  if (isJsonObject(value))
    return Object.keys(value).flatMap((key) => findDuplicateEntries(document, [...tokens, key]));
  if (!Array.isArray(value)) return [];
  const items = value as readonly Json[];
  const texts = items.map(canonicalJson);
  const own = texts.flatMap((text, index) => {
    const first = texts.indexOf(text);
    if (first === index) return [];
    const at = [...tokens, String(index)];
    const line = document.placeOf([...tokens, String(first)]).line;
    return [
      lintFinding('DuplicateEntry', document, at, `${formatPath(at)} is the entry of line ${line} again`),
    ];
  });
  return [...own, ...items.flatMap((_, index) => findDuplicateEntries(document, [...tokens, String(index)]))];
}
