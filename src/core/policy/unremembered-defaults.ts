/**
 * Defaults that are more than an object can remember. What it forgets looks written from then on, and stays when the policy changes it, so
 * this is found when a set is loaded.
 */
import type { Json } from '../json/json.ts';
import { formatPointer } from '../json/pointer.ts';
import type { PolicyPlace } from './decision.ts';
import { canDeny } from './enforcement.ts';
import { boundedRecord } from './former-defaults.ts';
import { areDisjoint } from './match.ts';
import type { CompiledRule } from './rule.ts';

export interface UnrememberedDefaults {
  readonly place: PolicyPlace;
  readonly message: string;
}

/** What one policy fills in of one kind, by pointer, and the first of its rules that does. */
interface Filled {
  readonly kind: string;
  readonly rule: CompiledRule;
  readonly entries: ReadonlyMap<string, Json>;
}

/**
 * For each kind, the policies that are too much by themselves, since their rules are about the same objects. Where there is none, the first
 * policy that is too much with all others that may be about an object of it; whether some object is about all of them cannot be told.
 */
export function findUnremembered(rules: readonly CompiledRule[]): readonly UnrememberedDefaults[] {
  return [...Map.groupBy(filledByPolicy(rules), ({ kind }) => kind).values()].flatMap((all) => {
    const alone = all.flatMap((one) => problemOf(one, 'fills in', [one]) ?? []);
    return alone.length > 0 ? alone : together(all);
  });
}

function filledByPolicy(rules: readonly CompiledRule[]): readonly Filled[] {
  const filled = new Map<string, Filled & { readonly entries: Map<string, Json> }>();
  for (const rule of rules.filter(({ enforcement }) => canDeny(enforcement))) {
    for (const { kind, tokens, value } of rule.body.defaults ?? []) {
      const key = `${kind} ${rule.policy}`;
      const one = filled.get(key) ?? { kind, rule, entries: new Map() };
      filled.set(key, one);
      one.entries.set(formatPointer(tokens), value);
    }
  }
  return [...filled.values()];
}

/** Pairs of policies are looked at only where all together are too much. */
function together(all: readonly Filled[]): readonly UnrememberedDefaults[] {
  if (forgotten(all).left === 0) return [];
  for (const one of all) {
    const near = all.filter((other) => other === one || !areDisjoint(one.rule.match, other.rule.match));
    const problem = problemOf(one, 'and those that may be about the same object fill in', near);
    if (problem !== undefined) return [problem];
  }
  return [];
}

function problemOf(
  { kind, rule }: Filled,
  what: string,
  some: readonly Filled[],
): UnrememberedDefaults | undefined {
  const { count, left } = forgotten(some);
  if (left === 0) return undefined;
  const message = `policy ${rule.policy} ${what} ${count} fields of a ${kind}, ${left} of which an object has no room to remember: they would stay when the policy changes them`;
  return { place: rule.place, message };
}

function forgotten(some: readonly Filled[]): { readonly count: number; readonly left: number } {
  const record = new Map(some.flatMap(({ entries }) => [...entries]));
  return { count: record.size, left: boundedRecord(record).left.length };
}
