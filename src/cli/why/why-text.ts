import type { JsonObject } from '../../core/json/json.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { textAt } from '../../core/json/text-at.ts';
import type { EffectiveField } from '../../core/policy/effective-fields.ts';
import { repairText } from '../../core/policy/find-repair.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { Origin } from '../../core/release/effective.ts';
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

function oneText({ row, rules, repair, effective, unknown }: ExplainedRow): string {
  const lines = [rowText(row), ...wouldPass(row)];
  if (repair !== undefined) lines.push(`    the smallest edit that passes: ${repairText(repair.edits)}`);
  if (rules !== undefined && rules.length > 0) {
    const results = rules.map(({ policy, rule, result }) => `${policy}/${rule} ${result}`);
    lines.push(`    rules that matched: ${results.join(', ')}`);
  }
  if (effective !== undefined) lines.push('    as its controller sees it:', ...effective.map(fieldText));
  if (unknown !== undefined) lines.push(`    it cannot be judged again: ${shortText(unknown)}`);
  lines.push(`    decision ${shortText(textAt(row, ['uid']) ?? '')}`);
  return lines.join('\n');
}

const ORIGINS: Readonly<Record<Origin, string>> = {
  written: 'written',
  api: 'default of the API',
  policy: 'set by',
  controller: 'default of the controller',
};

function fieldText({ path, value, origin, by }: EffectiveField): string {
  const shown = value === undefined ? '(not shown)' : stringifyJson(value);
  return `      ${shortText(path)}: ${shown}  (${ORIGINS[origin]}${by === undefined ? '' : ` ${shortText(by)}`})`;
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
