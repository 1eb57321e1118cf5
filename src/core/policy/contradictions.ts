/** What is wrong between rules of one set: found when it is loaded, so that no request meets it. */
import { isEqualJson } from '../json/equal.ts';
import { formatPath } from '../json/path.ts';
import type { PolicyPlace } from './decision.ts';
import { areDisjoint, fieldsReadBy } from './match.ts';
import type { CompiledRule, DefaultLeaf } from './rule.ts';

export interface Contradiction {
  readonly place: PolicyPlace;
  readonly message: string;
}

/** Contradicting defaults, and mutations of fields that decide what a rule applies to. */
export function findContradictions(rules: readonly CompiledRule[]): readonly Contradiction[] {
  return [...contradictingDefaults(rules), ...writesToReadFields(rules)];
}

function contradictingDefaults(rules: readonly CompiledRule[]): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const seen = new Map<string, { readonly rule: CompiledRule; readonly leaf: DefaultLeaf }[]>();
  for (const rule of rules) {
    if (rule.enforcement !== 'Deny') continue;
    for (const leaf of rule.body.defaults ?? []) {
      for (const other of related(seen, leaf)) {
        const same =
          other.leaf.tokens.length === leaf.tokens.length && isEqualJson(other.leaf.value, leaf.value);
        if (same || areDisjoint(other.rule.match, rule.match)) continue;
        const at = `${other.leaf.place.file}:${other.leaf.place.line}`;
        const what =
          other.leaf.tokens.length === leaf.tokens.length
            ? 'another default'
            : 'a default around or below it';
        const message = `${formatPath(leaf.tokens)} has ${what} in ${other.rule.policy}/${other.rule.id} (${at}), and both rules can apply to one object`;
        found.push({ place: leaf.place, message });
      }
      const key = keyOf(leaf.kind, leaf.tokens);
      seen.set(key, [...(seen.get(key) ?? []), { rule, leaf }]);
    }
  }
  return found;
}

/** Defaults seen before at the same path, above or below it. */
function related(
  seen: ReadonlyMap<string, readonly { readonly rule: CompiledRule; readonly leaf: DefaultLeaf }[]>,
  leaf: DefaultLeaf,
): readonly { readonly rule: CompiledRule; readonly leaf: DefaultLeaf }[] {
  const above = leaf.tokens.map((_token, index) => keyOf(leaf.kind, leaf.tokens.slice(0, index + 1)));
  const below = `${keyOf(leaf.kind, leaf.tokens)}\u0000`;
  return [
    ...above.flatMap((key) => seen.get(key) ?? []),
    ...[...seen].flatMap(([key, list]) => (key.startsWith(below) ? list : [])),
  ];
}

function keyOf(kind: string, tokens: readonly string[]): string {
  return [kind, ...tokens].join('\u0000');
}

function writesToReadFields(rules: readonly CompiledRule[]): readonly Contradiction[] {
  const reads = rules.flatMap((rule) =>
    [...fieldsReadBy(rule.match), ...rule.body.reads].map((tokens) => ({ rule, tokens })),
  );
  const found = new Map<string, Contradiction>();
  for (const writer of rules) {
    for (const leaf of writer.body.defaults ?? []) {
      const reader = reads.find(({ tokens }) => overlaps(tokens, leaf.tokens));
      if (reader === undefined) continue;
      const path = formatPath(leaf.tokens);
      const message = `${path} decides what ${reader.rule.policy}/${reader.rule.id} applies to or finds, so it can have no default`;
      found.set(`${writer.policy}/${writer.id}/${path}`, { place: leaf.place, message });
    }
  }
  return [...found.values()];
}

function overlaps(left: readonly string[], right: readonly string[]): boolean {
  const length = Math.min(left.length, right.length);
  return left.slice(0, length).every((token, index) => token === right[index]);
}
