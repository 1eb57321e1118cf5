import type { Phase } from './decision.ts';
import { evaluateInParts } from './evaluate.ts';
import type { Facts } from './facts.ts';
import { findRepair, type Repair } from './find-repair.ts';
import type { PolicySet } from './policy-set.ts';
import type { Subject } from './subject.ts';

/**
 * The smallest edit after which a denied object is admitted; undefined when the rules propose nothing that leads there. What edits
 * lead to must be known: an edit that names another source, which nobody looked up, is no proposal.
 */
export function repairObject(
  set: PolicySet,
  subject: Subject,
  facts: Facts,
  phase: Phase = 'admission',
): Repair | undefined {
  return findRepair(subject.object, (object) => {
    const { decision, repairs } = evaluateInParts(set, { ...subject, object }, facts, phase);
    const denying = decision.findings.filter(({ enforcement }) => enforcement === 'Deny');
    return { allowed: decision.allowed, proposals: denying.map((finding) => repairs.get(finding) ?? []) };
  });
}
