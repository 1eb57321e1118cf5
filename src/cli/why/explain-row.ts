import type { JsonObject } from '../../core/json/json.ts';
import type { RuleResult } from '../../core/policy/decision.ts';
import type { EffectiveField } from '../../core/policy/effective-fields.ts';
import type { Repair } from '../../core/policy/find-repair.ts';
import { effectiveAgain } from '../../core/replay/judge-again.ts';
import { readJudgedRow } from '../../core/replay/judged-row.ts';
import type { ObjectReader } from '../../io/auditlog/read-objects.ts';
import { checkDecision } from '../audit/verify-decision.ts';

/** A row, and what judging it again adds to it. */
export interface ExplainedRow {
  readonly row: JsonObject;
  /** Every rule that matched, and how it ended; absent where the decision could not be made again. */
  readonly rules?: readonly RuleResult[];
  /** The smallest edit that passes; absent when nothing stands against the object, or none was found. */
  readonly repair?: Repair;
  /** The object as its controller would see it, where that was asked for and the object was sent by somebody. */
  readonly effective?: readonly EffectiveField[];
  /** Why the decision could not be made again. */
  readonly unknown?: string;
}

/** Makes a row's decision again, where it is a decision and what it was made of was kept. */
export async function explainRow(
  row: JsonObject,
  reader: ObjectReader,
  options: { readonly effective: boolean },
): Promise<ExplainedRow> {
  const judged = readJudgedRow(row);
  if (judged === undefined) return { row };
  const check = await checkDecision(judged, reader);
  if (check.verdict !== 'Reproduced') return { row, unknown: check.why };
  const rules = check.again.kind === 'Decided' ? check.again.decision.ruleResults : [];
  const { repair, kept, set } = check;
  const effective = options.effective ? effectiveAgain(judged, kept, set) : [];
  return {
    row,
    rules,
    ...(repair === undefined ? {} : { repair }),
    ...(effective.length === 0 ? {} : { effective }),
  };
}
