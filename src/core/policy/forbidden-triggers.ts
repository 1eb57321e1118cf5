/** Requests to Flux and Helmgate that are made by an annotation: setting or changing one is the request (flux.md 1.5). */
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import type { FindingDraft, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';

/** What each trigger asks for. */
const TRIGGERS = {
  requestedAt: 'a reconciliation at once',
  forceAt: 'a release although nothing has changed',
  resetAt: 'its failures to be forgotten',
} as const;

export type Trigger = keyof typeof TRIGGERS;
export const TRIGGER_NAMES: readonly Trigger[] = ['requestedAt', 'forceAt', 'resetAt'];

/**
 * A finding for each of the triggers that the request sets or changes. An update whose old object is not known (a stored object that
 * is looked at again) is no request.
 */
export function judgeTriggers(triggers: readonly Trigger[], input: RuleInput): readonly FindingDraft[] {
  const { operation, oldObject } = input.subject;
  if (operation !== 'CREATE' && oldObject === undefined) return [];
  return triggers.flatMap((trigger) => {
    const tokens = ['metadata', 'annotations', `reconcile.fluxcd.io/${trigger}`];
    const value = valueAt(input.object, tokens);
    const before = oldObject === undefined ? undefined : valueAt(oldObject, tokens);
    if (typeof value !== 'string' || value === before) return [];
    const path = formatPath(tokens);
    return {
      reason: 'TriggerForbidden',
      path,
      found: shortText(value),
      message: `this asks for ${TRIGGERS[trigger]}, which is not allowed`,
      wouldPass: before === undefined ? `no ${path}` : 'the annotation as it is stored',
      repairs: [[before === undefined ? { tokens } : { tokens, value: before }]],
    };
  });
}
