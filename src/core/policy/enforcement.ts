/**
 * How much a rule weighs for one object at one moment: its enforcement may begin at a date, and differ by namespace.
 *
 * The strictest of all namespaces that the object touches holds, and of all entries that fit a namespace. The action outside the
 * list is for namespaces that no entry fits. Where labels are not known an entry counts both as fitting and as not fitting, so that
 * the stricter answer holds.
 */
import type { Enforcement } from './decision.ts';
import { areNamesApart, fitsNamespace, type NamespaceMatch } from './match.ts';
import type { TouchedNamespace } from './match-context.ts';

/** An action, or until its time has come another one. */
export interface StagedAction {
  readonly action: Enforcement;
  /** Milliseconds since 1970; the action holds from this moment on, always when absent. */
  readonly fromMs?: number;
  readonly before: Enforcement;
}

export interface StagedEnforcement extends StagedAction {
  readonly namespaces: readonly (StagedAction & { readonly where: NamespaceMatch })[];
}

/** Enforcement of a rule: one for all, or one that depends on time and namespace. */
export type RuleEnforcement = Enforcement | StagedEnforcement;

/** What holds now. */
export interface ResolvedEnforcement {
  readonly enforcement: Enforcement;
  /** When it becomes Deny, where it is not yet: milliseconds since 1970. */
  readonly deniesFromMs?: number;
}

/** Strictest first. */
export const STRICTNESS: Readonly<Record<Enforcement, number>> = { Deny: 0, Warn: 1, Audit: 2 };

/** Resolves an enforcement for the namespaces that an object touches. A moment that is not a number lies after every stage. */
export function resolveEnforcement(
  written: RuleEnforcement,
  namespaces: readonly TouchedNamespace[],
  nowMs: number,
): ResolvedEnforcement {
  if (typeof written === 'string') return { enforcement: written };
  const held = { enforcement: 'Audit' as Enforcement, deniesFromMs: Infinity };
  const hold = ({ action, fromMs = -Infinity, before }: StagedAction) => {
    const waits = nowMs < fromMs;
    const now = waits ? before : action;
    if (STRICTNESS[now] < STRICTNESS[held.enforcement]) held.enforcement = now;
    if (waits && action === 'Deny') held.deniesFromMs = Math.min(held.deniesFromMs, fromMs);
  };
  for (const namespace of namespaces) {
    let certain = false;
    for (const stage of written.namespaces) {
      if (!fitsNamespace(stage.where, namespace, true)) continue;
      hold(stage);
      certain ||= fitsNamespace(stage.where, namespace, false);
    }
    if (!certain) hold(written);
  }
  const { enforcement, deniesFromMs } = held;
  return enforcement === 'Deny' || deniesFromMs === Infinity
    ? { enforcement }
    : { enforcement, deniesFromMs };
}

/** Whether a rule with this enforcement can ever refuse, and so mutate. */
export function canDeny(written: RuleEnforcement): boolean {
  if (typeof written === 'string') return written === 'Deny';
  return written.action === 'Deny' || written.namespaces.some(({ action }) => action === 'Deny');
}

/** Whether two enforcements never are Deny in one namespace, as far as the names of namespaces show it. */
export function neverDenyTogether(left: RuleEnforcement, right: RuleEnforcement): boolean {
  return denyingPlaces(left).every((a) => denyingPlaces(right).every((b) => areNamesApart(a.names, b.names)));
}

function denyingPlaces(written: RuleEnforcement): readonly NamespaceMatch[] {
  if (typeof written === 'string') return written === 'Deny' ? [{}] : [];
  const listed = written.namespaces.flatMap(({ action, where }) => (action === 'Deny' ? [where] : []));
  return written.action === 'Deny' ? [{}] : listed;
}
