import { formatPath } from '../json/path.ts';
import type { DefaultLeaf } from '../policy/rule.ts';
import { choiceFor, choiceText, type FieldChoice } from '../release/field-choices.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';
import type { LintedRule } from './linted-rule.ts';

/** Defaults and overrides of fields that exist only where their author chose so: elsewhere they do nothing. */
export function findUnmadeChoices({ rule, document }: LintedRule): readonly LintFinding[] {
  const { defaults = [], overrides = [] } = rule.body;
  const found = (leaves: readonly DefaultLeaf[], what: string) =>
    leaves.flatMap((leaf) => {
      const choice = choiceFor(leaf.kind, leaf.tokens);
      if (choice === undefined || isMadeBy(leaves, leaf.kind, choice)) return [];
      const message = `the ${what} of ${formatPath(leaf.tokens)} acts only where ${choiceText(choice)}`;
      // Most releases name a chart; what else can be chosen few do.
      const level = choice.tokens[1] === 'chart' && choice.tokens.length < 4 ? 'note' : 'warning';
      return [lintFinding('ChoiceNotMade', document, leaf.place, message, { level })];
    });
  return [...found(defaults, 'default'), ...found(overrides, 'override')];
}

/** Whether a field that must have some value gets it by the same rule. */
function isMadeBy(leaves: readonly DefaultLeaf[], kind: string, { tokens, value }: FieldChoice): boolean {
  const path = formatPath(tokens);
  return (
    value !== undefined &&
    leaves.some((leaf) => leaf.kind === kind && leaf.value === value && formatPath(leaf.tokens) === path)
  );
}
