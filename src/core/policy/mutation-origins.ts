import { isEqualJson } from '../json/equal.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { formatPointer, valueAt } from '../json/pointer.ts';
import { BUILT_IN_POLICY, FORMER_DEFAULTS_RULE } from './built-in.ts';
import type { DefaultsRecord } from './former-defaults.ts';
import type { MutationRounds } from './mutation-rounds.ts';
import type { CompiledRule, DefaultLeaf } from './rule.ts';
import type { SelectedRule } from './select-rules.ts';

/**
 * By pointer, the rules that gave a value which still stands in the changed object, also one that was stored before; the groups that were
 * made for it, which `from` does not have, are among them. `remembered` are former defaults that stay, since their owner is unknown.
 */
export function mutationOrigins(
  from: JsonObject,
  to: JsonObject,
  rounds: MutationRounds,
  remembered: DefaultsRecord,
  rules: readonly SelectedRule[],
): ReadonlyMap<string, string> {
  const origins = new Map<string, string>();
  for (const [pointer, value] of remembered) {
    const own = rules.filter(({ rule }) =>
      (rule.body.defaults ?? []).some((leaf) => isLeaf(leaf, pointer, value)),
    );
    origins.set(
      pointer,
      ruleNames(own.map(({ rule }) => rule)) || `${BUILT_IN_POLICY}/${FORMER_DEFAULTS_RULE}`,
    );
  }
  for (const { rule, kind, tokens, pointer, value } of rounds.applied.values()) {
    if (!isEqualJson(valueAt(to, tokens), value)) continue;
    const names = ruleNames(kind === 'narrow' ? rounds.narrowersOf(pointer) : [rule]);
    origins.set(pointer, names);
    for (let length = tokens.length - 1; length > 1; length -= 1) {
      const group = tokens.slice(0, length);
      if ((valueAt(from, group) ?? null) !== null) break;
      const at = formatPointer(group);
      if (!origins.has(at)) origins.set(at, names);
    }
  }
  return origins;
}

function isLeaf(leaf: DefaultLeaf, pointer: string, value: Json): boolean {
  return formatPointer(leaf.tokens) === pointer && isEqualJson(leaf.value, value);
}

/** `p/a and p/b` */
export function ruleNames(rules: readonly CompiledRule[]): string {
  return rules.map(({ policy, id }) => `${policy}/${id}`).join(' and ');
}
