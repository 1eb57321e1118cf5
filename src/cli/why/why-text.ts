import type { JsonObject } from '../../core/json/json.ts';
import { textAt } from '../../core/json/text-at.ts';
import { repairText } from '../../core/policy/find-repair.ts';
import { shortText } from '../../core/policy/short-text.ts';
import { rowText } from '../audit/row-text.ts';
import type { ExplainedRow } from './explain-row.ts';

/** What a terminal shows. */
export function explainedText(rows: readonly ExplainedRow[]): string {
  return `${rows.map(oneText).join('\n\n')}\n`;
}

/** The same for programs. */
export function explainedJson(rows: readonly ExplainedRow[]): string {
  return `${JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`;
}

function oneText({ row, rules, repair, unknown }: ExplainedRow): string {
  const lines = [rowText(row), ...wouldPass(row)];
  if (repair !== undefined) lines.push(`    the smallest edit that passes: ${repairText(repair.edits)}`);
  if (rules !== undefined && rules.length > 0) {
    const results = rules.map(({ policy, rule, result }) => `${policy}/${rule} ${result}`);
    lines.push(`    rules that matched: ${results.join(', ')}`);
  }
  if (unknown !== undefined) lines.push(`    it cannot be judged again: ${shortText(unknown)}`);
  lines.push(`    decision ${shortText(textAt(row, ['uid']) ?? '')}`);
  return lines.join('\n');
}

function wouldPass(row: JsonObject): readonly string[] {
  const { findings } = row;
  if (!Array.isArray(findings)) return [];
  return (findings as readonly JsonObject[]).flatMap(({ path, wouldPass: text }) =>
    typeof text === 'string' && typeof path === 'string'
      ? [`    would pass at ${shortText(path)}: ${shortText(text)}`]
      : [],
  );
}
