/**
 * From an object as it came to the object as the policies want it: former defaults are taken out, beta-only fields lifted, then
 * the rules force, fill and narrow until nothing changes. Judging the outcome again changes nothing.
 */
import { isEqualJson } from '../json/equal.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { formatPointer, parsePointer, valueAt } from '../json/pointer.ts';
import { BETA_FIELDS_RULE, BUILT_IN_PLACE, BUILT_IN_POLICY, FORMER_DEFAULTS_RULE } from './built-in.ts';
import type { Finding, Mutation } from './decision.ts';
import type { Facts } from './facts.ts';
import {
  believedRecord,
  boundedRecord,
  type Stripped,
  standingEntries,
  stripFormerDefaults,
  withRecord,
} from './former-defaults.ts';
import { type Lifted, liftBetaFields, movedDefaultWarnings } from './lift.ts';
import { isOwned, managedFieldsOf } from './managed-fields.ts';
import { mutationOrigins } from './mutation-origins.ts';
import { type AppliedChange, MutationRounds } from './mutation-rounds.ts';
import { liftWarnings, narrowingWarnings, stuckDefaults, unrememberedDefaults } from './mutation-warnings.ts';
import { ObjectDraft } from './object-draft.ts';
import type { PolicySet } from './policy-set.ts';
import type { Ratchet } from './ratchet.ts';
import type { CompiledRule } from './rule.ts';
import type { OnRuleError, SelectedRule, Selection } from './select-rules.ts';
import { shortText } from './short-text.ts';
import type { Subject } from './subject.ts';
import { unfitMutation } from './unfit-mutation.ts';

export interface Mutated {
  /** As it came, where the changes would have left it without a valid shape. */
  readonly object: JsonObject;
  /** False where the changes would have left the object without a valid shape: a finding says so, and rules cannot judge it. */
  readonly fits: boolean;
  readonly mutations: readonly Mutation[];
  /** By pointer, the rules (`policy/rule`) that gave a value which the author did not write, also one that was stored before. */
  readonly origins: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  /** Rules to which the mutations are due. */
  readonly changedBy: ReadonlySet<CompiledRule>;
  /** Rules that left alone, by the ratchet, what they would have changed. */
  readonly leftAlone: ReadonlySet<CompiledRule>;
}

/** The object with beta-only fields lifted and former defaults gone: what rules are matched against at admission. */
export function prepare(
  set: PolicySet,
  subject: Subject,
): { readonly stripped: Stripped; readonly lifted: Lifted } {
  const stripped = stripFormerDefaults(subject.object, believedRecord(set, subject));
  return { stripped, lifted: liftBetaFields(subject.kind, subject.version, stripped.object) };
}

/** Runs the rules' mutations on a prepared object. `onError` hears of rules that threw. */
export function mutateObject(
  subject: Subject,
  { stripped, lifted }: ReturnType<typeof prepare>,
  { rules, otherRequest }: Selection,
  facts: Facts,
  ratchet: Ratchet | undefined,
  onError: OnRuleError,
): Mutated {
  const rounds = new MutationRounds(subject, facts, ratchet, onError);
  const object = rounds.run(lifted.object, rules);
  const { applied } = rounds;
  const restored = restoreOthers(object, stripped, otherRequest, subject.kind, applied);
  const record = boundedRecord(recordOf(restored, stripped, lifted, applied));
  const recorded = withRecord(restored, record.kept);
  const warnings = [
    ...stuckDefaults(stripped, rules, subject.kind),
    ...unrememberedDefaults(record.left),
    ...liftWarnings(lifted),
    // Of the outcome: a policy may have filled the field in.
    ...movedDefaultWarnings(subject.kind, subject.version, recorded),
    ...rounds.warnings,
    ...narrowingWarnings(lifted.object, recorded, rounds),
  ];
  const changes = changesIn(subject.object, recorded, inOrderOf(rules, applied));
  const mutations = mutationsOf(subject.object, recorded, lifted, stripped, changes);
  const findings = [...lifted.unsupported.map(unsupportedField), ...rounds.conflicts()];
  const unfit = unfitMutation(subject.kind, subject.object, recorded, mutations);
  return {
    object: unfit === undefined ? recorded : subject.object,
    fits: unfit === undefined,
    mutations: unfit === undefined ? mutations : [],
    origins:
      unfit === undefined
        ? mutationOrigins(lifted.object, recorded, rounds, stripped.kept, rules)
        : new Map(),
    changedBy: new Set(changes.map(({ rule }) => rule)),
    findings: unfit === undefined ? findings : [...findings, unfit],
    warnings: unfit === undefined ? [...new Set(warnings)] : [],
    leftAlone: rounds.leftAlone,
  };
}

/** Changes in the order of their rules, not in the order in which they were made; those of no selected rule last. */
function inOrderOf(
  rules: readonly SelectedRule[],
  applied: ReadonlyMap<string, AppliedChange>,
): readonly AppliedChange[] {
  const byRule = Map.groupBy(applied.values(), ({ rule }) => rule);
  if (byRule.size < 2) return [...applied.values()];
  const selected = rules.flatMap(({ rule }) => byRule.get(rule) ?? []);
  return [...new Set([...selected, ...applied.values()])];
}

/** A rule that only the request keeps out keeps what it filled in earlier: this edit must not undo it. */
function restoreOthers(
  object: JsonObject,
  { taken }: Stripped,
  rules: readonly CompiledRule[],
  kind: string,
  applied: Map<string, AppliedChange>,
): JsonObject {
  const draft = new ObjectDraft(object);
  for (const rule of rules) {
    for (const leaf of rule.body.defaults ?? []) {
      const pointer = formatPointer(leaf.tokens);
      const value = taken.get(pointer);
      if (leaf.kind !== kind || value === undefined || valueAt(draft.object, leaf.tokens) !== undefined)
        continue;
      draft.set(leaf.tokens, value);
      applied.set(pointer, { kind: 'default', tokens: leaf.tokens, pointer, value, rule });
    }
  }
  return draft.object;
}

function recordOf(
  object: JsonObject,
  stripped: Stripped,
  lifted: Lifted,
  applied: ReadonlyMap<string, AppliedChange>,
): ReadonlyMap<string, Json> {
  const record = new Map(standingEntries(object, stripped.kept));
  const entries = managedFieldsOf(object) ?? [];
  for (const { tokens, value } of lifted.filled) record.set(formatPointer(tokens), value);
  for (const [pointer, { kind, tokens, value }] of applied) {
    // What somebody owns and was yet absent would be taken for written the next time, so it is from the start.
    const unowned = kind === 'default' && !isOwned(entries, tokens);
    if (unowned && isEqualJson(valueAt(object, tokens), value)) record.set(pointer, value);
  }
  return record;
}

/** The changes that can still be seen in the outcome. */
function changesIn(
  from: JsonObject,
  to: JsonObject,
  changes: readonly AppliedChange[],
): readonly AppliedChange[] {
  return changes.filter(({ tokens }) => isChanged(from, to, tokens));
}

function isChanged(from: JsonObject, to: JsonObject, tokens: readonly string[]): boolean {
  return !isEqualJson(valueAt(from, tokens), valueAt(to, tokens));
}

function mutationsOf(
  from: JsonObject,
  to: JsonObject,
  lifted: Lifted,
  { taken }: Stripped,
  changes: readonly AppliedChange[],
): readonly Mutation[] {
  const changed = (pointer: string) => isChanged(from, to, parsePointer(pointer) ?? []);
  const mutations: Mutation[] = lifted.pointers
    .filter(changed)
    .map((pointer) => ({ policy: BUILT_IN_POLICY, rule: BETA_FIELDS_RULE, pointer, kind: 'lift' }));
  for (const { rule, kind, pointer } of changes)
    mutations.push({ policy: rule.policy, rule: rule.id, pointer, kind, place: rule.place });
  const told = new Set(changes.map(({ pointer }) => pointer));
  for (const pointer of taken.keys()) {
    if (!told.has(pointer) && changed(pointer))
      mutations.push({ policy: BUILT_IN_POLICY, rule: FORMER_DEFAULTS_RULE, pointer, kind: 'default' });
  }
  return mutations;
}

function unsupportedField({ path, message, wouldPass }: Lifted['unsupported'][number]): Finding {
  return {
    policy: BUILT_IN_POLICY,
    rule: BETA_FIELDS_RULE,
    reason: 'BetaFieldUnsupported',
    enforcement: 'Deny',
    path,
    message: shortText(message),
    wouldPass: shortText(wouldPass),
    place: BUILT_IN_PLACE,
  };
}
