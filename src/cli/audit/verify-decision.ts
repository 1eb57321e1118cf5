import { isJsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { compilePolicySet } from '../../core/policy/compile.ts';
import type { Repair } from '../../core/policy/find-repair.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { shortText } from '../../core/policy/short-text.ts';
import { findDifference } from '../../core/replay/compare.ts';
import { type Again, judgeSame, type KeptInput, repairAgain } from '../../core/replay/judge-again.ts';
import { type JudgedRow, readJudgedRow } from '../../core/replay/judged-row.ts';
import { judgedFolder } from '../../io/auditlog/object-store.ts';
import { ObjectReader } from '../../io/auditlog/read-objects.ts';
import { readRows } from '../../io/auditlog/read-rows.ts';
import { findKept } from '../replay/replay-log.ts';

/** Whether a recorded decision comes out again. */
export type DecisionCheck =
  | {
      readonly verdict: 'Reproduced';
      readonly again: Again;
      /** What it was made of. */
      readonly kept: KeptInput;
      readonly set: PolicySet;
      /** The smallest edit after which it would have been admitted. */
      readonly repair?: Repair;
    }
  | { readonly verdict: 'Differs' | 'CannotTell' | 'NotFound'; readonly why: string };

/** The rows of one decision: uids are unique, so that there is one at most. */
export async function findDecision(
  audit: string,
  uid: string,
  signal: AbortSignal,
): Promise<JudgedRow | undefined> {
  const member = `"uid":${JSON.stringify(uid)}`;
  for await (const { text } of readRows(audit, { signal })) {
    // A user has a uid too: the row's own is looked at when the text occurs at all.
    if (!text.includes(member)) continue;
    const parsed = parseJson(text);
    const row = parsed.ok && isJsonObject(parsed.value) ? readJudgedRow(parsed.value) : undefined;
    if (row?.uid === uid) return row;
  }
  return undefined;
}

/** Judges what a row's decision was made of again, with the policy set of that time, and compares. */
export async function verifyDecision(
  audit: string,
  uid: string,
  signal: AbortSignal,
): Promise<DecisionCheck> {
  const row = await findDecision(audit, uid, signal);
  if (row === undefined) return { verdict: 'NotFound', why: `${audit} has no decision ${shortText(uid)}` };
  return checkDecision(row, new ObjectReader(judgedFolder(audit)));
}

/** As {@link verifyDecision}, for a row that was found. */
export async function checkDecision(row: JudgedRow, reader: ObjectReader): Promise<DecisionCheck> {
  const { digest = '', commit, previous } = row.policySet ?? {};
  const current = await findSet(reader, digest, commit);
  if (current === undefined) {
    return { verdict: 'CannotTell', why: `the policy set ${digest || 'of that time'} was not kept` };
  }
  const kept = await findKept(row, reader);
  if (kept === undefined) return { verdict: 'CannotTell', why: 'what was judged was not kept' };
  const before = previous === undefined ? undefined : await findSet(reader, previous, undefined);
  const again = judgeSame(row, kept, before === undefined ? { current } : { current, previous: before });
  if (again.kind === 'Unknown') return { verdict: 'CannotTell', why: again.why };
  const difference = findDifference(row, again);
  if (difference === undefined) {
    const repair = repairAgain(row, kept, current);
    return { verdict: 'Reproduced', again, kept, set: current, ...(repair === undefined ? {} : { repair }) };
  }
  if (again.redacted.length === 0) return { verdict: 'Differs', why: difference };
  const paths = again.redacted
    .slice(0, 5)
    .map((path) => shortText(path))
    .join(', ');
  return { verdict: 'CannotTell', why: `${difference}; values were redacted: ${paths}` };
}

async function findSet(
  reader: ObjectReader,
  digest: string,
  commit: string | undefined,
): Promise<PolicySet | undefined> {
  const files = await reader.findPolicies(digest);
  if (files === undefined) return undefined;
  const compiled = compilePolicySet(files, commit === undefined ? {} : { commit });
  return compiled.ok ? compiled.set : undefined;
}
