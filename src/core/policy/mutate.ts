/**
 * From an object as it came to the object as the policies want it: former defaults are taken out, beta-only fields lifted, then
 * the rules fill and narrow until nothing changes. The outcome depends on the object alone, and judging it again changes nothing.
 */
import { isEqualJson } from '../json/equal.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer, parsePointer, valueAt, withValueAt } from '../json/pointer.ts';
import { BETA_FIELDS_RULE, BUILT_IN_PLACE, BUILT_IN_POLICY, FORMER_DEFAULTS_RULE } from './built-in.ts';
import type { Finding, Mutation } from './decision.ts';
import type { Facts } from './facts.ts';
import { believedRecord, type Stripped, stripFormerDefaults, withRecord } from './former-defaults.ts';
import { type Lifted, liftBetaFields } from './lift.ts';
import { isOwned, managedFieldsOf } from './managed-fields.ts';
import type { PolicySet } from './policy-set.ts';
import type { Change, CompiledRule } from './rule.ts';
import { shortText } from './short-text.ts';
import type { Subject } from './subject.ts';

/** More than two rounds are needed only where rules answer one another; four without an end is a fight. */
const MAX_ROUNDS = 4;

export interface Mutated {
  readonly object: JsonObject;
  readonly mutations: readonly Mutation[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

/** Rules whose match said yes, and those that only the asking user is excluded from. */
export interface MatchedRules {
  readonly matched: readonly CompiledRule[];
  readonly excludedSubject: readonly CompiledRule[];
}

interface Applied extends Change {
  readonly rule: CompiledRule;
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
  rules: MatchedRules,
  facts: Facts,
  onError: (rule: CompiledRule, error: unknown) => void,
): Mutated {
  const warnings = new Set([
    ...stuckDefaults(stripped, rules.matched, subject.kind),
    ...liftWarnings(lifted),
  ]);
  const applied = new Map<string, Applied>();
  const findings: Finding[] = lifted.unsupported.map(unsupportedField);
  let object = lifted.object;
  let settled = false;
  for (let round = 0; round < MAX_ROUNDS && !settled; round += 1) {
    const before = object;
    object = runRound(subject, object, rules.matched, facts, { applied, warnings, findings, onError });
    settled = object === before;
  }
  if (!settled)
    findings.push(...[...applied.values()].filter(isNarrow).map((change) => conflict(change, [])));
  object = restoreExcluded(object, stripped, rules.excludedSubject, subject.kind, applied);
  object = withRecord(object, recordOf(object, stripped, lifted, applied));
  return {
    object,
    mutations: mutationsOf(subject.object, object, lifted, stripped, applied),
    findings,
    warnings: [...warnings],
  };
}

interface RoundState {
  readonly applied: Map<string, Applied>;
  readonly warnings: Set<string>;
  readonly findings: Finding[];
  readonly onError: (rule: CompiledRule, error: unknown) => void;
}

/** All rules see the object as it was when the round began, so that their order decides nothing but narrowing in turn. */
function runRound(
  subject: Subject,
  before: JsonObject,
  rules: readonly CompiledRule[],
  facts: Facts,
  state: RoundState,
): JsonObject {
  const inThisRound = new Map<string, Applied>();
  let object = before;
  for (const rule of rules) {
    if (rule.body.mutate === undefined || rule.enforcement !== 'Deny') continue;
    const input = { subject, facts, phase: 'admission', mutates: true } as const;
    try {
      const { changes, warnings } = rule.body.mutate({ ...input, object: before });
      for (const warning of warnings) state.warnings.add(warning);
      for (const first of changes) {
        const { pointer } = first;
        const other = inThisRound.get(pointer);
        const change =
          other === undefined || !isNarrow(other) ? first : again(rule, { ...input, object }, first);
        if (change === undefined) continue;
        if (other !== undefined && !isNarrow(change)) {
          if (!isEqualJson(other.value, change.value))
            state.findings.push(conflict({ ...change, rule }, [other]));
          continue;
        }
        object = withValueAt(object, change.tokens, change.value);
        inThisRound.set(pointer, { ...change, rule });
        state.applied.set(pointer, { ...change, rule });
      }
    } catch (error) {
      state.onError(rule, error);
    }
  }
  return object;
}

/** What a rule still wants at a place that another rule has narrowed in this round. */
function again(
  rule: CompiledRule,
  input: Parameters<NonNullable<CompiledRule['body']['mutate']>>[0],
  change: Change,
): Change | undefined {
  return rule.body.mutate?.(input).changes.find(({ pointer }) => pointer === change.pointer);
}

/** A rule that only this user is excluded from keeps what it filled in earlier: his edit must not undo it. */
function restoreExcluded(
  object: JsonObject,
  { taken }: Stripped,
  rules: readonly CompiledRule[],
  kind: string,
  applied: Map<string, Applied>,
): JsonObject {
  let result = object;
  for (const rule of rules) {
    for (const leaf of rule.body.defaults ?? []) {
      const pointer = formatPointer(leaf.tokens);
      const value = taken.get(pointer);
      if (leaf.kind !== kind || value === undefined || valueAt(result, leaf.tokens) !== undefined) continue;
      result = withValueAt(result, leaf.tokens, value);
      applied.set(pointer, { kind: 'default', tokens: leaf.tokens, pointer, value, rule });
    }
  }
  return result;
}

/** A former default that stays, since ownership cannot be told, is worth a line when the policies say something else by now. */
function stuckDefaults({ kept }: Stripped, rules: readonly CompiledRule[], kind: string): readonly string[] {
  if (kept.size === 0) return [];
  const leaves = rules.flatMap(({ body }) => body.defaults ?? []).filter((leaf) => leaf.kind === kind);
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

/** One line for each old field that was rewritten; the fields that were written instead need none. */
function liftWarnings({ pointers }: Lifted): readonly string[] {
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

function recordOf(
  object: JsonObject,
  stripped: Stripped,
  lifted: Lifted,
  applied: ReadonlyMap<string, Applied>,
): ReadonlyMap<string, Json> {
  const record = new Map(stripped.kept);
  const entries = managedFieldsOf(object) ?? [];
  for (const { tokens, value } of lifted.filled) record.set(formatPointer(tokens), value);
  for (const [pointer, { kind, tokens, value }] of applied) {
    // What somebody owns and was yet absent would be taken for written the next time, so it is from the start.
    const unowned = kind === 'default' && !isOwned(entries, tokens);
    if (unowned && isEqualJson(valueAt(object, tokens), value)) record.set(pointer, value);
  }
  return record;
}

function mutationsOf(
  from: JsonObject,
  to: JsonObject,
  lifted: Lifted,
  { taken }: Stripped,
  applied: ReadonlyMap<string, Applied>,
): readonly Mutation[] {
  const changed = (tokens: readonly string[]) => !isEqualJson(valueAt(from, tokens), valueAt(to, tokens));
  const mutations: Mutation[] = lifted.pointers
    .filter((pointer) => changed(parsePointer(pointer) ?? []))
    .map((pointer) => ({ policy: BUILT_IN_POLICY, rule: BETA_FIELDS_RULE, pointer, kind: 'lift' }));
  for (const [pointer, { rule, kind, tokens }] of applied) {
    if (changed(tokens))
      mutations.push({ policy: rule.policy, rule: rule.id, pointer, kind, place: rule.place });
  }
  for (const pointer of taken.keys()) {
    if (!applied.has(pointer) && changed(parsePointer(pointer) ?? [])) {
      mutations.push({ policy: BUILT_IN_POLICY, rule: FORMER_DEFAULTS_RULE, pointer, kind: 'default' });
    }
  }
  return mutations;
}

function isNarrow(change: Change): boolean {
  return change.kind === 'narrow';
}

function conflict(change: Applied, others: readonly Applied[]): Finding {
  const path = formatPath(change.tokens);
  const names = [...others, change].map(({ rule }) => `${rule.policy}/${rule.id}`).join(' and ');
  return {
    policy: change.rule.policy,
    rule: change.rule.id,
    reason: 'MutationConflict',
    enforcement: 'Deny',
    path,
    message: shortText(
      others.length > 0 ? `${names} set ${path} to different values` : `${names} does not settle ${path}`,
    ),
    place: change.rule.place,
  };
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
