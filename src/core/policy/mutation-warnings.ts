/** What is told about changes: ranges that were cut, fields that were rewritten, defaults that will stay. */
import { isEqualJson } from '../json/equal.ts';
import type { JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer, parsePointer } from '../json/pointer.ts';
import { textAt } from '../json/text-at.ts';
import type { Stripped } from './former-defaults.ts';
import type { Lifted } from './lift.ts';
import { ruleNames } from './mutation-origins.ts';
import type { MutationRounds } from './mutation-rounds.ts';
import type { SelectedRule } from './select-rules.ts';
import { shortText } from './short-text.ts';

/** A former default that stays, since ownership cannot be told, is worth a line when the policies say something else by now. */
export function stuckDefaults(
  { kept }: Stripped,
  rules: readonly SelectedRule[],
  kind: string,
): readonly string[] {
  if (kept.size === 0) return [];
  const leaves = rules.flatMap(({ rule }) => rule.body.defaults ?? []).filter((leaf) => leaf.kind === kind);
  const current = new Map(leaves.map(({ tokens, value }) => [formatPointer(tokens), value]));
  return [...kept]
    .filter(
      ([pointer, value]) => !pointer.endsWith('/valuesFile') && !isEqualJson(current.get(pointer), value),
    )
    .map(
      ([pointer]) =>
        `${formatPath(parsePointer(pointer) ?? [])} keeps a former default: without managedFields its owner is unknown`,
    )
    .map((warning) => shortText(warning));
}

/** Names of fields that one warning has. */
const MAX_NAMES = 2;

/** What the record has no room for looks written from now on, so this is the moment to say so. */
export function unrememberedDefaults(pointers: readonly string[]): readonly string[] {
  if (pointers.length === 0) return [];
  const names = pointers.slice(0, MAX_NAMES).map((pointer) => formatPath(parsePointer(pointer) ?? []));
  const more = pointers.length > MAX_NAMES ? ', ...' : '';
  const told =
    pointers.length === 1
      ? '1 default cannot be remembered, so it stays when the policy changes it'
      : `${pointers.length} defaults cannot be remembered, so they stay when the policy changes them`;
  return [shortText(`${told}: ${names.join(', ')}${more}`)];
}

/** One line for each old field that was rewritten; the fields that were written instead need none. */
export function liftWarnings({ pointers }: Lifted): readonly string[] {
  return pointers
    .filter((pointer) => !pointer.endsWith('/valuesFiles'))
    .map((pointer) => {
      const path = formatPath(parsePointer(pointer) ?? []);
      const [old, now] = pointer.endsWith('/kustomize')
        ? ["'s old patch lists were", 'patches']
        : [' was', 'valuesFiles'];
      return shortText(`${path}${old} rewritten to ${now}: only the beta versions have it`);
    });
}

/** One line for each range that was cut, from what was written to what it is now, whatever it was in between. */
export function narrowingWarnings(
  from: JsonObject,
  to: JsonObject,
  rounds: MutationRounds,
): readonly string[] {
  return [...rounds.applied.values()].flatMap(({ tokens, pointer }) => {
    const rules = rounds.narrowersOf(pointer);
    const [before, after] = [from, to].map((object) => textAt(object, tokens) || '*');
    if (rules.length === 0 || before === undefined || after === undefined || before === after) return [];
    return [
      shortText(
        `${formatPath(tokens)} was narrowed from ${shortText(before, 60)} to ${shortText(after, 60)} by ${ruleNames(rules)}`,
      ),
    ];
  });
}
