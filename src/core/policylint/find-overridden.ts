import { canonicalJson } from '../json/canonical.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer, valueAt } from '../json/pointer.ts';
import type { DefaultLeaf } from '../policy/rule.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';
import type { LintedRule } from './linted-rule.ts';

/** Defaults of fields that another rule overrides on all objects that the default is for: they never act. */
export function findOverriddenDefaults(rules: readonly LintedRule[]): readonly LintFinding[] {
  const overrides = new Map<string, LintedRule[]>();
  for (const entry of rules.filter(({ rule }) => rule.enforcement === 'Deny')) {
    for (const leaf of entry.rule.body.overrides ?? []) {
      const key = keyOf(leaf);
      overrides.set(key, [...(overrides.get(key) ?? []), entry]);
    }
  }
  return rules.flatMap((entry) =>
    (entry.rule.body.defaults ?? []).flatMap((leaf) => {
      const other = overrides.get(keyOf(leaf))?.find((override) => isForAllOf(override, entry));
      if (other === undefined) return [];
      const { policy, id, place } = other.rule;
      const at = `${place.file}:${place.line}`;
      const message = `${formatPath(leaf.tokens)} has a default here, and ${policy}/${id} (${at}) overrides it`;
      return [lintFinding('DefaultOverridden', entry.document, leaf.place, message)];
    }),
  );
}

/** Whether all objects of one policy are surely objects of the other: it is about everything, or both say the same. */
export function isForAllOf(override: LintedRule, entry: LintedRule): boolean {
  const [all, some] = [override, entry].map(({ document }) =>
    canonicalJson(valueAt(document.value, ['spec', 'match']) ?? {}),
  );
  return all === '{}' || all === some;
}

function keyOf({ kind, tokens }: DefaultLeaf): string {
  return `${kind}${formatPointer(tokens)}`;
}
