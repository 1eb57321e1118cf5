/** How long an object has been suspended, as far as `metadata.managedFields` tell. */
import { formatDuration, parseDuration } from '../duration.ts';
import type { JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { formatInstant, parseInstant } from './instant.ts';
import { isOwned, managedFieldsOf } from './managed-fields.ts';
import type { FindingDraft, Judgement, RuleInput } from './rule.ts';
import { setEdit } from './set-edit.ts';
import { judgeUnknown, type UnknownVerdict } from './unknown-fact.ts';

export interface SuspensionLimit {
  readonly limitMs: number;
  readonly unknown: UnknownVerdict;
}

const SUSPEND = ['spec', 'suspend'];

/** Reads the longest time that an object may be suspended, in milliseconds; undefined when it is no duration above zero. */
export function parseSuspensionLimit(text: string): number | undefined {
  const limitMs = parseDuration(text);
  return limitMs === undefined || limitMs <= 0 ? undefined : limitMs;
}

/**
 * A manager that owns `spec.suspend` has had its present value since the last change of its entry, so the earliest such time is a
 * lower bound: an object may have been suspended longer, never shorter. Of an update the stored object tells, since the request may
 * have renewed the entry.
 */
export function judgeSuspension({ limitMs, unknown }: SuspensionLimit, input: RuleInput): Judgement {
  const { subject, object, facts } = input;
  const { oldObject, operation } = subject;
  if (valueAt(object, SUSPEND) !== true) return NOTHING;
  if (oldObject !== undefined && valueAt(oldObject, SUSPEND) !== true) return NOTHING;
  const since = suspendedSince(oldObject ?? object);
  const now = parseInstant(facts.now);
  if (since === undefined || now === undefined) {
    // What is created suspended has not been so before.
    if (operation === 'CREATE') return NOTHING;
    return judgeUnknown(unknown, 'since when it is suspended', 'NotFound', SUSPEND.join('.'));
  }
  return now - since > limitMs ? { findings: [tooLong(object, since, limitMs)], warnings: [] } : NOTHING;
}

const NOTHING: Judgement = { findings: [], warnings: [] };

function suspendedSince(object: JsonObject): number | undefined {
  const times = (managedFieldsOf(object) ?? [])
    .filter((entry) => isOwned([entry], SUSPEND))
    .map(({ time }) => (typeof time === 'string' ? parseInstant(time) : undefined))
    .filter((time) => time !== undefined);
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}

function tooLong(object: JsonObject, since: number, limitMs: number): FindingDraft {
  const resume = setEdit(object, SUSPEND, false);
  return {
    reason: 'SuspendedTooLong',
    path: SUSPEND.join('.'),
    found: true,
    message: `suspended since ${formatInstant(since)} at the latest, longer than ${formatDuration(limitMs)}`,
    wouldPass: 'spec.suspend: false',
    ...(resume === undefined ? {} : { repairs: [[resume]] }),
  };
}
