import { stringifyJson } from '../json/stringify.ts';
import { BUILT_IN_POLICY, FORMER_DEFAULTS_RULE } from '../policy/built-in.ts';
import type { Finding } from '../policy/decision.ts';
import type { Again } from './judge-again.ts';
import type { JudgedRow } from './judged-row.ts';

/** How a row's decision changes under other policies. */
export type Change =
  | { readonly kind: 'Same' }
  | { readonly kind: 'NewlyDenied'; readonly findings: readonly Finding[] }
  /** The findings are the row's: what no longer stands against it. */
  | { readonly kind: 'NewlyAllowed'; readonly rules: readonly RuleName[] }
  | { readonly kind: 'NewlyMutated'; readonly rules: readonly RuleName[]; readonly paths: readonly string[] }
  | { readonly kind: 'Unknown'; readonly why: string };

export interface RuleName {
  readonly policy: string;
  readonly rule: string;
}

/** Compares what was decided with what would be. */
export function compareDecisions(row: JudgedRow, again: Again): Change {
  if (again.kind === 'Unknown') return again;
  const { decision, mutated, redacted } = again;
  const wasAllowed = row.verdict === 'Allow';
  if (wasAllowed && !decision.allowed) {
    const denying = decision.findings.filter(({ enforcement }) => enforcement === 'Deny');
    const shadowed = denying.every(({ path }) => redacted.some((pointer) => coversPath(pointer, path)));
    return shadowed && denying.length > 0
      ? { kind: 'Unknown', why: 'it rests on a value that was redacted' }
      : { kind: 'NewlyDenied', findings: denying };
  }
  if (!wasAllowed && decision.allowed) return { kind: 'NewlyAllowed', rules: deniedBy(row) };
  const paths = mutated.patch.map(({ path }) => path);
  if (!decision.allowed || paths.length === 0) return { kind: 'Same' };
  const rules = mutated.mutations.length === 0 ? [RECORD_CHANGE] : rulesOf(mutated.mutations);
  return { kind: 'NewlyMutated', rules, paths };
}

/** What changes without a mutation is the record of defaults. */
const RECORD_CHANGE: RuleName = { policy: BUILT_IN_POLICY, rule: FORMER_DEFAULTS_RULE };

/** Whether a row's decision comes out again, word for word; undefined when it does, else what differs. */
export function findDifference(
  row: JudgedRow,
  again: Extract<Again, { kind: 'Decided' }>,
): string | undefined {
  const { decision } = again;
  const verdict = decision.allowed ? 'Allow' : decision.held === undefined ? 'Deny' : 'Hold';
  if (verdict !== row.verdict) return `the verdict is ${verdict}, the row says ${row.verdict}`;
  const had = new Set(row.findings.map((finding) => findingKey(finding)));
  const has = new Set(decision.findings.map((finding) => findingKey(finding)));
  const gone = [...had].find((key) => !has.has(key));
  if (gone !== undefined) return `no such finding: ${gone}`;
  const added = [...has].find((key) => !had.has(key));
  if (added !== undefined) return `a finding that the row does not have: ${added}`;
  const changes = decision.patch.map(({ path }) => path).join(', ');
  const changed = row.patchPaths.join(', ');
  return changes === changed
    ? undefined
    : `the patch changes ${changes || 'nothing'}, the row says ${changed || 'nothing'}`;
}

function findingKey(finding: {
  readonly policy?: unknown;
  readonly rule?: unknown;
  readonly reason?: unknown;
  readonly enforcement?: unknown;
  readonly path?: unknown;
}): string {
  const { policy, rule, reason, enforcement, path } = finding;
  const parts = [policy, rule, reason, enforcement, path].map((part) =>
    typeof part === 'string' ? part : '',
  );
  return `${parts[0]}/${parts[1]} ${parts[2]} (${parts[3]}) at ${stringifyJson(parts[4] ?? '')}`;
}

/** `/spec/values/a` and `spec.values.a.b` lead to one place, as far as the shorter goes. */
function coversPath(pointer: string, path: string): boolean {
  const dotted = pointer.slice(1).replaceAll('/', '.');
  return path === dotted || path.startsWith(`${dotted}.`);
}

function deniedBy(row: JudgedRow): readonly RuleName[] {
  const denied = row.findings.filter(({ enforcement }) => enforcement === 'Deny');
  return rulesOf(
    denied.map(({ policy, rule }) => ({
      policy: typeof policy === 'string' ? policy : '',
      rule: typeof rule === 'string' ? rule : '',
    })),
  );
}

function rulesOf(named: readonly RuleName[]): readonly RuleName[] {
  return [...new Map(named.map(({ policy, rule }) => [`${policy}/${rule}`, { policy, rule }])).values()];
}
