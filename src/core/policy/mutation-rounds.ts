import { isEqualJson } from '../json/equal.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import type { Finding } from './decision.ts';
import type { Facts } from './facts.ts';
import { ObjectDraft } from './object-draft.ts';
import type { Ratchet } from './ratchet.ts';
import type { Change, CompiledRule, RuleInput } from './rule.ts';
import type { OnRuleError, SelectedRule } from './select-rules.ts';
import { shortText } from './short-text.ts';
import type { Subject } from './subject.ts';

/** More than two rounds are needed only where rules answer one another; four without an end is a fight. */
export const MAX_ROUNDS = 4;

/** A change, and the rule that made it. */
export interface AppliedChange extends Change {
  readonly rule: CompiledRule;
}

/** In the order in which they run. */
const STAGES = ['override', 'fill', 'other'] as const;

interface Stage {
  readonly name: (typeof STAGES)[number];
  readonly rules: CompiledRule[];
  /** The object in which it last changed nothing. */
  restsAt: JsonObject | undefined;
}

/**
 * The mutations of one judgement. In each round overrides come first, then defaults, then the other rules, until a round changes
 * nothing: what is forced is not absent, and a range is cut as it will be stored.
 *
 * Rules of one stage see the object as it was when the stage began, so that their order decides nothing but narrowing in turn.
 */
export class MutationRounds {
  /** The last change at each pointer. */
  readonly applied: Map<string, AppliedChange> = new Map();
  readonly warnings: Set<string> = new Set();
  /** Rules that left alone, by the ratchet, what they would have changed. */
  readonly leftAlone: Set<CompiledRule> = new Set();
  #input: RuleInput;
  readonly #ratchet: Ratchet | undefined;
  readonly #onError: OnRuleError;
  /** All who changed something at a pointer. */
  readonly #writers = new Map<string, Set<CompiledRule>>();
  /** By pointer, all who narrowed it. */
  readonly #narrowers = new Map<string, Set<CompiledRule>>();
  readonly #conflicts = new Map<string, Finding>();
  /** By pointer, the last changes of the present round. */
  readonly #changed = new Map<string, Change>();
  /** By pointer, who forced a value. */
  readonly #forced = new Map<string, CompiledRule>();

  constructor(subject: Subject, facts: Facts, ratchet: Ratchet | undefined, onError: OnRuleError) {
    this.#input = { subject, object: subject.object, facts, phase: 'admission', mutates: true };
    this.#ratchet = ratchet;
    this.#onError = onError;
  }

  /** The object after as many rounds as it needs. */
  run(from: JsonObject, rules: readonly SelectedRule[]): JsonObject {
    const stages: readonly Stage[] = STAGES.map((name) => ({ name, rules: [], restsAt: undefined }));
    for (const { rule, mutates } of rules) {
      if (mutates && rule.body.mutate !== undefined)
        stages.find(({ name }) => name === stageOf(rule))?.rules.push(rule);
    }
    let object = from;
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const before = object;
      this.#changed.clear();
      for (const stage of stages) object = this.#runStage(stage, object);
      // What one rule sets and the next one cuts, in each round the same way, has come to rest as well.
      if (object === before || isEqualJson(object, before)) {
        this.#tellOverridden();
        return before;
      }
    }
    for (const change of this.#changed.values()) this.#tellFight(change);
    return object;
  }

  /** The rules that cut the text at a pointer, in the order in which they first did. */
  narrowersOf(pointer: string): readonly CompiledRule[] {
    return [...(this.#narrowers.get(pointer) ?? [])];
  }

  /** Rules that set one field to different values, and those that do not come to an end. */
  conflicts(): readonly Finding[] {
    return [...this.#conflicts.values()];
  }

  /** Rules are functions: what changed nothing in an object changes nothing in it the next time. */
  #runStage(stage: Stage, before: JsonObject): JsonObject {
    if (stage.rules.length === 0 || stage.restsAt === before) return before;
    const after =
      stage.name === 'other' ? this.#inTurn(stage.rules, before) : this.#together(stage.rules, before);
    if (after === before) stage.restsAt = before;
    return after;
  }

  /** Where two rules want different values the first keeps its own, and the conflict denies. */
  #together(rules: readonly CompiledRule[], before: JsonObject): JsonObject {
    const made: AppliedChange[] = [];
    const draft = new ObjectDraft(before);
    for (const rule of rules) {
      for (const change of this.#changesOf(rule, before)) {
        const other = this.applied.get(change.pointer);
        const isOthers = other !== undefined && other.rule !== rule && other.kind === change.kind;
        if (isOthers && !isEqualJson(other.value, change.value)) {
          this.#addConflict(change, [other.rule, rule], 'set', 'to different values');
        } else if (!isEqualJson(valueAt(draft.object, change.tokens), change.value)) {
          this.#note(change, rule);
          draft.set(change.tokens, change.value);
          made.push({ ...change, rule });
        }
      }
    }
    for (const change of made) {
      if (isEqualJson(valueAt(draft.object, change.tokens), change.value)) continue;
      const others = made.filter(({ pointer }) => isAround(pointer, change.pointer)).map(({ rule }) => rule);
      this.#addConflict(change, [...others, change.rule], 'set', 'to different values');
    }
    return draft.object;
  }

  #inTurn(rules: readonly CompiledRule[], before: JsonObject): JsonObject {
    const touched = new Set<string>();
    let object = before;
    for (const rule of rules) {
      for (const first of this.#changesOf(rule, before)) {
        // What another rule has changed in this round is looked at once more.
        const change = touched.has(first.pointer)
          ? this.#changesOf(rule, object).find(({ pointer }) => pointer === first.pointer)
          : first;
        if (change === undefined || isEqualJson(valueAt(object, change.tokens), change.value)) continue;
        this.#note(change, rule);
        object = withForced(object, change.tokens, change.value);
        touched.add(change.pointer);
      }
    }
    return object;
  }

  #changesOf(rule: CompiledRule, object: JsonObject): readonly Change[] {
    try {
      const made = rule.body.mutate?.(this.#inputFor(object));
      if (made === undefined) return [];
      for (const change of made.changes) assertWritable(change);
      const kept = this.#withoutOld(rule, made.changes, object);
      if (kept.length > 0 || made.changes.length === 0)
        for (const warning of made.warnings) this.warnings.add(warning);
      return kept;
    } catch (error) {
      this.#onError(rule, error);
      return [];
    }
  }

  /** All rules of a stage see the same object, so what they are given is made once. */
  #inputFor(object: JsonObject): RuleInput {
    if (this.#input.object !== object) this.#input = { ...this.#input, object };
    return this.#input;
  }

  #withoutOld(rule: CompiledRule, changes: readonly Change[], object: JsonObject): readonly Change[] {
    const ratchet = this.#ratchet;
    if (ratchet === undefined || rule.ratchet !== true || changes.length === 0) return changes;
    const kept = changes.filter((change) => !ratchet.leavesAlone(rule, change, object));
    if (kept.length < changes.length) this.leftAlone.add(rule);
    return kept;
  }

  #note(change: Change, rule: CompiledRule): void {
    this.applied.set(change.pointer, { ...change, rule });
    this.#changed.set(change.pointer, change);
    if (change.kind === 'override') this.#forced.set(change.pointer, rule);
    remember(this.#writers, change.pointer, rule);
    if (change.kind === 'narrow') remember(this.#narrowers, change.pointer, rule);
  }

  #tellFight(change: Change): void {
    const rules = this.#writersOf(change);
    const verb = rules.length === 1 ? 'does not settle' : 'do not settle';
    this.#addConflict(change, rules, verb, `in ${MAX_ROUNDS} rounds`);
  }

  /** An override that another rule has changed since does not hold, and must. */
  #tellOverridden(): void {
    for (const [pointer, rule] of this.#forced) {
      const change = this.applied.get(pointer);
      if (change === undefined || change.rule === rule || change.kind === 'override') continue;
      this.#addConflict(change, this.#writersOf(change), 'set', 'to different values');
    }
  }

  #writersOf({ pointer }: Change): readonly CompiledRule[] {
    return [...(this.#writers.get(pointer) ?? [])];
  }

  #addConflict(change: Change, rules: readonly CompiledRule[], verb: string, rest: string): void {
    const last = rules.at(-1);
    const path = formatPath(change.tokens);
    const names = [...new Set(rules.map(({ policy, id }) => `${policy}/${id}`))];
    if (last === undefined || this.#conflicts.has(change.pointer)) return;
    this.#conflicts.set(change.pointer, {
      policy: last.policy,
      rule: last.id,
      reason: 'MutationConflict',
      enforcement: 'Deny',
      path,
      message: shortText(`${names.join(' and ')} ${verb} ${path} ${rest}`),
      place: last.place,
    });
  }
}

function remember(rules: Map<string, Set<CompiledRule>>, pointer: string, rule: CompiledRule): void {
  const known = rules.get(pointer);
  if (known === undefined) rules.set(pointer, new Set([rule]));
  else known.add(rule);
}

function stageOf({ body }: CompiledRule): Stage['name'] {
  if (body.overrides !== undefined) return 'override';
  return body.defaults === undefined ? 'other' : 'fill';
}

/** Whether one of two different pointers leads through the other. */
function isAround(left: string, right: string): boolean {
  return left !== right && (right.startsWith(`${left}/`) || left.startsWith(`${right}/`));
}

/** Whatever a rule says: status, identity and bookkeeping are not its to change. */
function assertWritable({ tokens }: Change): void {
  if (tokens[0] !== 'spec' || tokens.length < 2)
    throw new Error(`it would change ${formatPath(tokens)}, which lies outside spec`);
}

function withForced(object: JsonObject, tokens: readonly string[], value: Json): JsonObject {
  const draft = new ObjectDraft(object);
  draft.set(tokens, value);
  return draft.object;
}
