/**
 * The ratchet: on an update, what a rule found in the stored object just so does not deny again, and what it would have changed
 * there just so is left as it is. Just so means by the same values: of a finding about the object as a whole the rule must say which
 * ones, or it counts as new. A rule can thus be introduced without a day on which every old object must be put right; what an
 * edit adds or touches is judged in full.
 *
 * Nothing is old when the edit moves the object into other namespaces or under the policy's match, or when the stored object has no
 * shape that rules can rely on.
 */
import { canonicalJson } from '../json/canonical.ts';
import { isEqualJson } from '../json/equal.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { parseJson } from '../json/parse.ts';
import { valueAt } from '../json/pointer.ts';
import type { Facts } from './facts.ts';
import { liftBetaFields } from './lift.ts';
import { matchSubject } from './match.ts';
import { type MatchContext, matchContext } from './match-context.ts';
import { shapeProblem } from './object-shape.ts';
import type { Change, CompiledRule, FindingDraft, RuleInput } from './rule.ts';
import type { Subject } from './subject.ts';
import type { WorkMeter } from './work-meter.ts';

export interface Ratchet {
  /** Whether a rule would have made this change before, at a place that is as it was; `object` is the one that is changed. */
  leavesAlone(rule: CompiledRule, change: Change, object: JsonObject): boolean;
  /** For each finding of a rule about `object`, whether it is an old one; an old finding answers for one new one only. */
  areOld(
    rule: CompiledRule,
    findings: readonly FindingDraft[],
    object: JsonObject,
    mutates: boolean,
  ): readonly boolean[];
}

/** The ratchet of one update; undefined where everything counts as new. Judging what was stored is charged to `work` as well. */
export function createRatchet(
  subject: Subject,
  context: MatchContext,
  facts: Facts,
  work?: WorkMeter,
): Ratchet | undefined {
  const { operation, oldObject, kind, version } = subject;
  if (operation !== 'UPDATE' || oldObject === undefined) return undefined;
  if (shapeProblem(kind, oldObject) !== undefined) return undefined;
  const { object } = liftBetaFields(kind, version, oldObject);
  const { oldObject: _stored, ...rest } = subject;
  const before: Subject = { ...rest, object };
  const contextBefore = matchContext(before, object, facts, 'admission');
  const namesOf = ({ namespaces }: MatchContext) => namespaces.map(({ name }) => name);
  if (!isEqualJson(namesOf(contextBefore), namesOf(context))) return undefined;
  const input: RuleInput = {
    subject: before,
    object,
    facts,
    phase: 'admission',
    mutates: true,
    ...(work && { work }),
  };
  const wasAbout = (rule: CompiledRule) => matchSubject(rule.match, contextBefore) !== 'NoMatch';
  const changes = remember((rule) => {
    const made = attempt(() => (wasAbout(rule) ? rule.body.mutate?.(input).changes : undefined));
    return new Map(made?.map(({ pointer, basis }) => [pointer, basis]));
  });
  const isAsBefore = (now: JsonObject, tokens: readonly string[]) =>
    isEqualJson(valueAt(now, tokens), valueAt(object, tokens));
  return {
    leavesAlone: (rule, { pointer, tokens, basis }, now) =>
      changes(rule).has(pointer) && isEqualJson(changes(rule).get(pointer), basis) && isAsBefore(now, tokens),
    areOld(rule, findings, now, mutates) {
      const found = attempt(() =>
        wasAbout(rule) ? rule.body.judge?.({ ...input, mutates }).findings : undefined,
      );
      const left = new Map<string, number>();
      for (const draft of found ?? []) left.set(keyOf(draft), (left.get(keyOf(draft)) ?? 0) + 1);
      return findings.map((draft) => {
        const key = keyOf(draft);
        const count = left.get(key) ?? 0;
        const tokens = readPath(draft.path);
        // A path of one part is about the object as a whole, which an edit always changes: only its basis can tell then.
        const isTold = tokens.length > 1 ? isAsBefore(now, tokens) : draft.basis !== undefined;
        if (count === 0 || !isTold) return false;
        left.set(key, count - 1);
        return true;
      });
    },
  };
}

function remember<T>(compute: (rule: CompiledRule) => T): (rule: CompiledRule) => T {
  const known = new Map<CompiledRule, T>();
  return (rule) => {
    const before = known.get(rule);
    if (before !== undefined) return before;
    const value = compute(rule);
    known.set(rule, value);
    return value;
  };
}

function keyOf({ reason, path, found, message, basis }: FindingDraft): string {
  const given = (value: Json | undefined) => (value === undefined ? [] : [value]);
  return canonicalJson([reason, path, message, given(found), given(basis)]);
}

/** A rule that fails on the stored object found nothing there, so that all it finds now is new. */
function attempt<T>(judge: () => T): T | undefined {
  try {
    return judge();
  } catch {
    return undefined;
  }
}

const PATH_PART = /\.?([^.[\]"]+)|\[("(?:[^"\\]|\\.)*")\]/y;

/** The tokens of a path as `formatPath` writes it; what comes after a part that is not written so is left out. */
function readPath(path: string): readonly string[] {
  const tokens: string[] = [];
  PATH_PART.lastIndex = 0;
  while (PATH_PART.lastIndex < path.length) {
    const part = PATH_PART.exec(path);
    if (part === null) break;
    const [, plain, quoted] = part;
    tokens.push(plain ?? keyIn(quoted ?? ''));
  }
  return tokens;
}

function keyIn(quoted: string): string {
  const parsed = parseJson(quoted);
  return parsed.ok && typeof parsed.value === 'string' ? parsed.value : quoted;
}
