import type { FindingReason } from './finding-reason.ts';

/** The reasons that the engine itself gives, beside those of the rules: what they mean. */
export const ENGINE_REASONS: Readonly<Partial<Record<FindingReason, string>>> = {
  NotMutated: 'the object came without what the mutating webhook would have changed in it',
  MutationConflict: 'rules want different values for one field, or answer one another without an end',
  BetaFieldUnsupported: 'a field of a beta version that the stored version has no equal for',
  FactUnknown: 'a fact that a rule needs is not known, and what is not known is denied',
  NoPolicies: 'no policy is loaded, so nothing can be judged',
  PolicyError: 'a rule failed; what cannot be judged is denied',
  InvalidObject: 'the object lacks a field that its kind requires, or one has the wrong type',
  UnknownField: 'the object has a field that its kind does not know; in manifests only',
};
