/** Rules that ask of one field what no value of it can fulfil. */
import { canMeet } from './can-meet.ts';
import {
  areBoundsApart,
  type FieldDemand,
  fieldDemands,
  isPresenceAgainstAbsence,
  onlyValues,
  passes,
} from './field-demand.ts';
import { isForAllOf } from './find-overridden.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';
import type { LintedRule } from './linted-rule.ts';

/** Each demand that cannot be fulfilled together with an earlier one about the same field; the first such pair is named. */
export function findFieldConflicts(rules: readonly LintedRule[]): readonly LintFinding[] {
  const byField = Map.groupBy(rules.flatMap(fieldDemands), ({ kind, pointer }) => `${kind} ${pointer}`);
  return [...byField.values()].flatMap((demands) =>
    demands.flatMap((demand, index) => {
      const overrides = demands.filter(({ is }) => is === 'override');
      const other = demands
        .slice(0, index)
        .find((before) => areConflicting(before, demand) && !isOverridden(before, demand, overrides));
      return other === undefined ? [] : [conflict(demand, other)];
    }),
  );
}

function areConflicting(left: FieldDemand, right: FieldDemand): boolean {
  return cannotHold(left, right) && canMeet(left.entry.rule, right.entry.rule, [left.kind]);
}

function cannotHold(left: FieldDemand, right: FieldDemand): boolean {
  // Two that write are told apart when the set is loaded.
  if (isWritten(left) && isWritten(right)) return false;
  if (left.is === 'bound' && right.is === 'bound') return areBoundsApart(left.bound, right.bound);
  if (isPresenceAgainstAbsence(left, right)) return true;
  const noneOf = (values: ReturnType<typeof onlyValues>, demand: FieldDemand) =>
    values?.every((value) => !passes(demand, value)) === true;
  return noneOf(onlyValues(left), right) || noneOf(onlyValues(right), left);
}

function isWritten({ is }: FieldDemand): boolean {
  return is === 'default' || is === 'override';
}

/** A default never acts where an override of the field is for all objects of its rule, or of the rule that it would offend. */
function isOverridden(left: FieldDemand, right: FieldDemand, overrides: readonly FieldDemand[]): boolean {
  if (left.is !== 'default' && right.is !== 'default') return false;
  return overrides.some(({ entry }) => isForAllOf(entry, left.entry) || isForAllOf(entry, right.entry));
}

function conflict(demand: FieldDemand, other: FieldDemand): LintFinding {
  const { document } = demand.entry;
  const { rule } = other.entry;
  const { line } = 'line' in other.at ? other.at : other.entry.document.placeOf(other.at);
  const message = `no value of ${demand.path} fits both the ${demand.text} and the ${other.text} of ${rule.policy}/${rule.id} (${rule.place.file}:${line}), and both rules can apply to one object`;
  return lintFinding('Contradiction', document, demand.at, message);
}
