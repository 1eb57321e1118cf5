import type { JsonObject } from '../json/json.ts';
import { countValues } from './compile-json-schema.ts';
import type { Phase } from './decision.ts';
import { type Evaluation, evaluateInParts } from './evaluate.ts';
import type { Facts } from './facts.ts';
import { type Attempt, findRepair, OFFLINE_REPAIR_STEPS, type Repair } from './find-repair.ts';
import type { PolicySet } from './policy-set.ts';
import type { Subject } from './subject.ts';
import { MAX_EVALUATION_STEPS } from './work-meter.ts';

export interface RepairOptions {
  /** `admission` when absent. */
  readonly phase?: Phase;
  /** How the object was judged, when that is known: it is not judged again then. */
  readonly verdict?: Evaluation;
  /** What the search may take; as much as offline when absent. */
  readonly maxSteps?: number;
}

/** Steps of one value of an object in what is remembered of it and made anew for an edited one: its copy, its values as helm gets them. */
const STEPS_PER_VALUE = 30;
/** Members of a request, as the webhook counts them before it reads one, are fewer. */
const MAX_VALUES = 1_000_000;

/**
 * The smallest edit after which a denied object is admitted; undefined when the rules propose nothing that leads there, or nothing was
 * found in time. What edits lead to must be known: an edit that names another source, which nobody looked up, is no proposal.
 */
export function repairObject(
  set: PolicySet,
  subject: Subject,
  facts: Facts,
  { phase = 'admission', verdict, maxSteps = OFFLINE_REPAIR_STEPS }: RepairOptions = {},
): Repair | undefined {
  const passSteps = countValues(subject.object, MAX_VALUES) * STEPS_PER_VALUE;
  const judge = (object: JsonObject, left: number): Attempt => {
    const known = object === subject.object ? verdict : undefined;
    const { decision, repairs, steps } =
      known ??
      evaluateInParts(set, { ...subject, object }, facts, phase, Math.min(left, MAX_EVALUATION_STEPS));
    const denying = decision.findings.filter(({ enforcement }) => enforcement === 'Deny');
    const proposals = denying.map((finding) => repairs.get(finding) ?? []);
    return { allowed: decision.allowed, proposals, steps: steps + passSteps };
  };
  return findRepair(subject.object, judge, maxSteps);
}
