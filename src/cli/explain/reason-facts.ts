import { ENGINE_REASONS } from '../../core/policy/engine-reasons.ts';
import type { FindingReason } from '../../core/policy/finding-reason.ts';
import { REASON_ADVICE } from '../../core/policy/reason-advice.ts';
import { RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';
import { BUILT_IN_RULES, WORDS, type WordMeaning } from './words.ts';

/** A reason code or another word: who says it, what it means there, and what to do. */
export interface ReasonFacts {
  readonly reason: string;
  /** By the rule's field, or by who else says it; `helmgate` is the engine itself. */
  readonly from: readonly { readonly rule: string; readonly meaning: string }[];
  /** Empty where nothing is to be done. */
  readonly advice: string;
}

const MEANINGS: ReadonlyMap<string, readonly WordMeaning[]> = Map.groupBy(
  [...WORDS, ...BUILT_IN_RULES],
  ({ word }) => word,
);

/** All words that have a meaning here, reasons of rules first. */
export const EXPLAINED_WORDS: readonly string[] = [
  ...new Set([...Object.keys(REASON_ADVICE), ...MEANINGS.keys()]),
];

/** What is known about a word; undefined when it is none of ours. */
export function factsOfReason(word: string): ReasonFacts | undefined {
  const others = MEANINGS.get(word) ?? [];
  const reason = isReason(word) ? word : undefined;
  if (reason === undefined && others.length === 0) return undefined;
  const from = [
    ...(reason === undefined ? [] : byRules(reason)),
    ...others.map(({ by, meaning }) => ({ rule: by, meaning })),
  ];
  const advice = [
    ...(reason === undefined ? [] : [REASON_ADVICE[reason]]),
    ...others.flatMap(({ advice: own }) => own ?? []),
  ];
  return { reason: word, from, advice: advice.join('\n\n') };
}

function byRules(reason: FindingReason): ReasonFacts['from'] {
  const engine = ENGINE_REASONS[reason];
  const rules = RULE_DEFINITIONS.flatMap(({ field, reasons }) => {
    const meaning = reasons[reason];
    return meaning === undefined ? [] : [{ rule: field, meaning }];
  });
  return [...rules, ...(engine === undefined ? [] : [{ rule: 'helmgate', meaning: engine }])];
}

function isReason(word: string): word is FindingReason {
  return Object.hasOwn(REASON_ADVICE, word);
}
