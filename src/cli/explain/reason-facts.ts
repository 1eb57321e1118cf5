import { ENGINE_REASONS } from '../../core/policy/engine-reasons.ts';
import type { FindingReason } from '../../core/policy/finding-reason.ts';
import { REASON_ADVICE } from '../../core/policy/reason-advice.ts';
import { RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';

/** A reason code: who gives it, what it means there, and what to do. */
export interface ReasonFacts {
  readonly reason: FindingReason;
  /** By the rule's field; `helmgate` is the engine itself. */
  readonly from: readonly { readonly rule: string; readonly meaning: string }[];
  readonly advice: string;
}

export function factsOfReason(reason: FindingReason): ReasonFacts {
  const engine = ENGINE_REASONS[reason];
  const rules = RULE_DEFINITIONS.flatMap(({ field, reasons }) => {
    const meaning = reasons[reason];
    return meaning === undefined ? [] : [{ rule: field, meaning }];
  });
  const from = [...rules, ...(engine === undefined ? [] : [{ rule: 'helmgate', meaning: engine }])];
  return { reason, from, advice: REASON_ADVICE[reason] };
}
