import { ExceptionUses } from '../policy/exception-uses.ts';
import type { Change } from './compare.ts';
import type { JudgedRow } from './judged-row.ts';

/** What changed for one namespace by one rule; policy and rule are empty where a row does not name any. */
export interface ChangeGroup {
  readonly kind: 'NewlyDenied' | 'NewlyAllowed' | 'NewlyMutated';
  readonly namespace: string;
  readonly policy: string;
  readonly rule: string;
  rows: number;
  /** How many objects, as far as they were counted one by one. */
  objects: number;
  /** Some of them, `Kind namespace/name`. */
  readonly examples: string[];
  /** What the rule says of the first. */
  readonly message: string;
}

export interface Summary {
  /** Rows that were judged again. */
  replayed: number;
  same: number;
  newlyDenied: number;
  newlyAllowed: number;
  newlyMutated: number;
  /** Rows that cannot be judged again, by reason. */
  readonly unknown: Map<string, number>;
  readonly groups: Map<string, ChangeGroup>;
}

/** Groups that are told apart; a policy that changes more is not one to merge. */
const MAX_GROUPS = 10_000;
const MAX_EXAMPLES = 5;
/** Objects of a group that are counted one by one. */
const MAX_COUNTED = 10_000;

/** Adds changes up, in bounded memory. */
export class Summarizer {
  readonly summary: Summary = {
    replayed: 0,
    same: 0,
    newlyDenied: 0,
    newlyAllowed: 0,
    newlyMutated: 0,
    unknown: new Map(),
    groups: new Map(),
  };
  /** Of the exceptions, by the decisions that were made again; a row whose input was judged before adds nothing. */
  readonly exceptionUses: ExceptionUses = new ExceptionUses();
  readonly #objects = new Map<string, Set<string>>();

  /** A row that there is nothing to judge of. */
  leaveOut(why: string): void {
    this.summary.unknown.set(why, (this.summary.unknown.get(why) ?? 0) + 1);
  }

  add(row: JudgedRow, change: Change): void {
    if (change.kind === 'Unknown') {
      this.leaveOut(change.why);
      return;
    }
    this.summary.replayed += 1;
    if (change.kind === 'Same') {
      this.summary.same += 1;
      return;
    }
    if (change.kind === 'NewlyDenied') {
      this.summary.newlyDenied += 1;
      for (const { policy, rule, message } of orNobody(firstOfEachRule(change.findings)))
        this.#count(row, change.kind, policy, rule, message);
      return;
    }
    if (change.kind === 'NewlyAllowed') this.summary.newlyAllowed += 1;
    else this.summary.newlyMutated += 1;
    const message = change.kind === 'NewlyMutated' ? change.paths.join(', ') : '';
    for (const { policy, rule } of orNobody(change.rules))
      this.#count(row, change.kind, policy, rule, message);
  }

  #count(row: JudgedRow, kind: ChangeGroup['kind'], policy: string, rule: string, message: string): void {
    const { groups } = this.summary;
    const key = [kind, row.namespace, policy, rule].join('\n');
    let group = groups.get(key);
    if (group === undefined) {
      if (groups.size >= MAX_GROUPS) return;
      group = { kind, namespace: row.namespace, policy, rule, rows: 0, objects: 0, examples: [], message };
      groups.set(key, group);
      this.#objects.set(key, new Set());
    }
    group.rows += 1;
    const object = `${row.kind} ${row.namespace}/${row.name}`;
    const counted = this.#objects.get(key);
    if (counted === undefined || counted.size >= MAX_COUNTED || counted.has(object)) return;
    counted.add(object);
    group.objects = counted.size;
    if (group.examples.length < MAX_EXAMPLES) group.examples.push(object);
  }
}

/** What changed is listed also where nobody is named for it. */
function orNobody<T>(named: readonly T[]): readonly (T | typeof NOBODY)[] {
  return named.length === 0 ? [NOBODY] : named;
}

const NOBODY = { policy: '', rule: '', message: '' };

function firstOfEachRule<T extends { readonly policy: string; readonly rule: string }>(
  findings: readonly T[],
): readonly T[] {
  const first = new Map<string, T>();
  for (const finding of findings) {
    const key = `${finding.policy}/${finding.rule}`;
    if (!first.has(key)) first.set(key, finding);
  }
  return [...first.values()];
}
