import type { JsonObject } from '../json/json.ts';
import type { UnknownReason } from './facts.ts';
import type { Judgement } from './rule.ts';
import { shortText } from './short-text.ts';

/** What a rule says when a fact that it needs is not known. */
export type UnknownVerdict = 'Deny' | 'Warn' | 'Allow';

/** JSON Schema of the option `unknown`. */
export const UNKNOWN_SCHEMA: JsonObject = {
  enum: ['Deny', 'Warn', 'Allow'],
  description: 'What to say when the fact is not known; Deny when absent.',
};

/** The option's line in the reference. */
export const UNKNOWN_TEXT = '`Deny` (when absent), `Warn` or `Allow`: the verdict when the fact is not known';

const WHY: Readonly<Record<UnknownReason, string>> = {
  NotFound: 'it was not found',
  Forbidden: 'reading it is forbidden',
  Unavailable: 'it could not be looked up',
  Unsupported: 'nothing gathers it here',
};

/** The judgement on a fact that is missing: a finding, a warning, or nothing. `what` names it, `the chart's signature`. */
export function judgeUnknown(
  verdict: UnknownVerdict,
  what: string,
  why: UnknownReason,
  path: string,
): Judgement {
  if (verdict === 'Allow') return { findings: [], warnings: [] };
  const message = shortText(`${what} is not known: ${WHY[why]}`);
  if (verdict === 'Warn') return { findings: [], warnings: [message] };
  return { findings: [{ reason: 'FactUnknown', path, message }], warnings: [] };
}
