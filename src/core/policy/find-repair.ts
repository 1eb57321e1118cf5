import type { JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer } from '../json/pointer.ts';
import { stringifyJson } from '../json/stringify.ts';
import { applyEdits } from './apply-edits.ts';
import type { Edit } from './decision.ts';
import { shortText } from './short-text.ts';
import { MAX_EVALUATION_STEPS } from './work-meter.ts';

/** Edits after which the object is admitted: tried, not guessed. */
export interface Repair {
  readonly edits: readonly Edit[];
  /** How often the object was judged to find it. */
  readonly evaluations: number;
}

/** What a judgement says about an edited object. */
export interface Attempt {
  readonly allowed: boolean;
  /** For each finding that denies, the alternatives that its rule proposes. */
  readonly proposals: readonly (readonly (readonly Edit[])[])[];
  /** What the judgement took, in steps of a `WorkMeter`. */
  readonly steps: number;
}

/**
 * Judgements that one search may take. Four findings of two alternatives each need 31 at most; with 0.2 ms a judgement the whole
 * search stays below 15 ms, and is spent on denials only.
 */
export const MAX_EVALUATIONS = 64;

/**
 * Steps that a search may take besides the verdict, whose own judgement comes first. At admission a tenth of what the verdict itself may
 * take, 0.1 s at worst: an ordinary object under 200 rules takes 0.1 million a judgement, which leaves room for all of
 * {@link MAX_EVALUATIONS}, while one that takes seconds to judge again and again is denied without a proposal.
 */
export const ADMISSION_REPAIR_STEPS: number = MAX_EVALUATION_STEPS / 10;
/** The same where somebody waits for the answer and nobody else does: 10 s at worst, and 64 judgements of 15 million each. */
export const OFFLINE_REPAIR_STEPS: number = MAX_EVALUATION_STEPS * 10;
/** More than this nobody types from a message. */
const MAX_EDITS = 8;

type EditSet = ReadonlyMap<string, Edit>;

/**
 * The smallest set of edits, counted in fields, that makes an object pass, out of what the rules propose; undefined when the
 * proposals lead nowhere within the limits. Sets are tried from small to large, so that the first that passes is a smallest one of
 * those tried; an edit that turns out not to be needed is left out again.
 *
 * `judge` answers for an edited object, and need not go on once it has taken `maxSteps`; the object is not changed, and is itself what is
 * judged first. The search ends when one more judgement as dear as the dearest so far would take more than `maxSteps` together.
 */
export function findRepair(
  object: JsonObject,
  judge: (object: JsonObject, maxSteps: number) => Attempt,
  maxSteps: number = OFFLINE_REPAIR_STEPS,
): Repair | undefined {
  const queue: EditSet[] = [new Map()];
  const seen = new Set<string>(['']);
  let evaluations = 0;
  let left = maxSteps;
  let dearest = 0;
  const isOver = () => evaluations >= MAX_EVALUATIONS || dearest > left;
  const attempt = (edits: EditSet): Attempt | undefined => {
    if (isOver()) return undefined;
    const edited = applyEdits(object, [...edits.values()]);
    if (edited === undefined) return undefined;
    evaluations += 1;
    const judged = judge(edited, left);
    dearest = Math.max(dearest, judged.steps);
    if (edits.size > 0) left -= judged.steps;
    return judged;
  };
  for (let edits = takeSmallest(queue); edits !== undefined; edits = takeSmallest(queue)) {
    if (isOver()) return undefined;
    const judged = attempt(edits);
    if (judged === undefined) continue;
    if (judged.allowed) {
      const needed = withoutNeedless(edits, (fewer) => attempt(fewer)?.allowed === true);
      return { edits: [...needed.values()], evaluations };
    }
    for (const alternative of judged.proposals.flat().slice(0, MAX_EVALUATIONS)) {
      const next = withEdits(edits, alternative);
      const key = next === undefined ? '' : keyOf(next);
      if (next === undefined || seen.has(key)) continue;
      seen.add(key);
      queue.push(next);
    }
  }
  return undefined;
}

/** `spec.timeout: "30s"; remove spec.suspend`, in one line. */
export function repairText(edits: readonly Edit[]): string {
  const parts = edits.map(({ tokens, value }) =>
    value === undefined ? `remove ${formatPath(tokens)}` : `${formatPath(tokens)}: ${stringifyJson(value)}`,
  );
  return parts.map((part) => shortText(part)).join('; ');
}

/** Among equally small sets the one that was proposed first. */
function takeSmallest(queue: EditSet[]): EditSet | undefined {
  let best = 0;
  for (const [index, edits] of queue.entries()) {
    if (edits.size < (queue[best]?.size ?? 0)) best = index;
  }
  return queue.splice(best, 1)[0];
}

/** Undefined when the alternative says something else about a field that was edited already, or adds nothing. */
function withEdits(edits: EditSet, alternative: readonly Edit[]): EditSet | undefined {
  const next = new Map(edits);
  for (const edit of alternative) {
    const pointer = formatPointer(edit.tokens);
    const before = next.get(pointer);
    if (before !== undefined && editText(before) !== editText(edit)) return undefined;
    next.set(pointer, edit);
  }
  return next.size === edits.size || next.size > MAX_EDITS ? undefined : next;
}

function withoutNeedless(edits: EditSet, passes: (edits: EditSet) => boolean): EditSet {
  let needed = edits;
  for (const pointer of edits.keys()) {
    const fewer = new Map(needed);
    fewer.delete(pointer);
    if (fewer.size > 0 && passes(fewer)) needed = fewer;
  }
  return needed;
}

function keyOf(edits: EditSet): string {
  return [...edits]
    .map(([pointer, edit]) => `${pointer}=${editText(edit)}`)
    .sort()
    .join('\n');
}

function editText({ value }: Edit): string {
  return value === undefined ? '' : stringifyJson(value);
}
