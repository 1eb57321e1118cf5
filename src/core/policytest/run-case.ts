import { withDependents } from '../admission/dependents.ts';
import type { JsonObject } from '../json/json.ts';
import type { Decision } from '../policy/decision.ts';
import { evaluate } from '../policy/evaluate.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { Subject } from '../policy/subject.ts';
import { compareDecision, type Mismatch } from './compare.ts';
import { factsOfCase } from './facts-of-case.ts';
import { identityOf } from './facts-of-manifests.ts';
import type { PolicyCase } from './policy-test.ts';

/** The objects of a case, read from their files where it names files. */
export interface CaseObjects {
  readonly object: JsonObject;
  readonly oldObject?: JsonObject;
}

export interface CaseResult {
  readonly decision: Decision;
  /** Empty when the case holds. */
  readonly mismatches: readonly Mismatch[];
}

/** Judges the object of a case as its author describes it, and compares. Pure, and it does not throw on any case that was parsed. */
export function runCase(entry: PolicyCase, { object, oldObject }: CaseObjects, set: PolicySet): CaseResult {
  const { operation, dryRun, user, now, phase } = entry;
  const subject: Subject = {
    operation,
    ...identityOf(object),
    object,
    ...(oldObject === undefined ? {} : { oldObject }),
    ...(user === undefined ? {} : { user }),
    dryRun,
  };
  const facts = factsOfCase(entry.facts, subject, now);
  const own = evaluate(set, subject, facts, phase);
  const decision = phase === 'admission' ? withDependents(own, set, subject, facts) : own;
  return { decision, mismatches: compareDecision(entry.expect, decision, object) };
}
