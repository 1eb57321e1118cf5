import { RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';
import type { ProblemRule } from '../output/problem.ts';

/** What the command itself has to say, beside the reasons of the rules. */
export const CHECK_CODES: readonly ProblemRule[] = [
  own('InvalidManifest', 'the file cannot be read as Kubernetes manifests'),
  own('InvalidPolicy', 'the policy file is invalid, so nothing was judged'),
  own('InvalidObject', 'the object lacks a field that its kind requires, or one has the wrong type'),
  own('UnknownField', 'a field that the kind does not have: the API server drops it, or refuses the object'),
  own('PolicyError', 'a rule failed; what cannot be judged is denied'),
  own('BetaFieldUnsupported', 'a field of an old API version that has no equal in the current one'),
  own('MutationConflict', 'rules want different values for one field'),
  own('ApiVersionRemoved', 'current Flux no longer serves this API version; `helmgate fix` rewrites it'),
  own('HistoryDefault', 'an absent field means something else in the current API version'),
  own('KindUnknown', 'the kind or version looks like a slip of one that is judged'),
  own(
    'FilledInLater',
    'Flux substitutes a variable here after it has built the manifests: no value is known yet',
  ),
  own('PassedOver', 'not looked at: parts of objects, or what an object is made from'),
  own('WouldBeChanged', 'the webhook would change the object; `helmgate fix` writes the same into the file'),
  own('Note', 'worth knowing; nothing is refused'),
];

/** All codes that `check` reports, with the help that the rules' definitions give. Where rules share a reason the first describes it. */
export const PROBLEM_RULES: readonly ProblemRule[] = [
  ...new Map(
    [...RULE_DEFINITIONS.flatMap(rulesOf).toReversed(), ...CHECK_CODES].map((rule) => [rule.id, rule]),
  ).values(),
];

function rulesOf({
  field,
  summary,
  why,
  verdicts,
  reasons,
}: (typeof RULE_DEFINITIONS)[number]): ProblemRule[] {
  return Object.entries(reasons).map(([id, text]) => ({
    id,
    summary: text,
    help: `**${field}**: ${summary}.\n\n${why}\n\n${verdicts}\n\nMore: \`helmgate explain ${field}\``,
  }));
}

function own(id: string, summary: string): ProblemRule {
  return { id, summary, help: summary };
}
