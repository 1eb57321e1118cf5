import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { compileNamespaces, type WrittenNamespaces } from './compile-match.ts';
import type { Enforcement } from './decision.ts';
import { type RuleEnforcement, STRICTNESS, type StagedAction } from './enforcement.ts';
import { parseInstant } from './instant.ts';
import type { RuleContext } from './rule-definition.ts';

/** An action as the schema lets it through. */
interface WrittenAction {
  readonly action: Enforcement;
  readonly from?: string;
  readonly before?: Enforcement;
}

/** Compiles an enforcement that passed the schema; `at` leads to it. Errors are reported, and what is wrong acts at once. */
export function compileEnforcement(
  written: Json,
  at: readonly string[],
  context: RuleContext,
): RuleEnforcement {
  if (!isJsonObject(written)) return written as Enforcement;
  const namespaces = ((written['namespaces'] ?? []) as readonly JsonObject[]).map((entry, index) => {
    const place = [...at, 'namespaces', String(index)];
    if (entry['names'] === undefined && entry['labels'] === undefined)
      context.error(place, 'an entry of namespaces needs names, labels or both');
    const where = compileNamespaces(entry as WrittenNamespaces);
    return { ...compileAction(entry as unknown as WrittenAction, place, context), where };
  });
  const action = compileAction(written as unknown as WrittenAction, at, context);
  return namespaces.length === 0 && action.fromMs === undefined ? action.action : { ...action, namespaces };
}

function compileAction(
  { action, from, before = 'Warn' }: WrittenAction,
  at: readonly string[],
  context: RuleContext,
): StagedAction {
  if (from === undefined) {
    if (before !== 'Warn') context.error([...at, 'before'], 'before means nothing without from');
    return { action, before };
  }
  const fromMs = parseInstant(from);
  if (fromMs === undefined) {
    const message = `${JSON.stringify(from)} is neither a date nor an RFC 3339 time`;
    context.error([...at, 'from'], message, 'write 2026-12-01 or 2026-12-01T08:00:00Z');
    return { action, before };
  }
  if (STRICTNESS[before] < STRICTNESS[action]) {
    context.error([...at, 'action'], `${action} is weaker than ${before}, which holds before ${from}`);
  } else if (before === action) {
    context.warn([...at, 'from'], `${from} changes nothing: ${action} holds before and after`);
  }
  return { action, fromMs, before };
}
