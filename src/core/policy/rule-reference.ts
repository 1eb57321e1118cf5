/** The reference page of the rules, made from their definitions. */
import { ENGINE_REASONS } from './engine-reasons.ts';
import type { FindingReason } from './finding-reason.ts';
import { REASON_ADVICE } from './reason-advice.ts';
import { defaultEnforcement, type RuleDefinition } from './rule-definition.ts';

const BEGINNING = `# Rules

One rule of a policy has an \`id\`, one of the fields below, and if need be its own \`enforcement\` ([policies](policies.md)). This page is made
from the rules' definitions by \`node scripts/write-rule-reference.mjs\`; \`helmgate explain RULE\` shows the same in a terminal.`;

/** The whole page as Markdown. */
export function ruleReference(definitions: readonly RuleDefinition[]): string {
  const contents = definitions.map(({ field, summary, when }) => [link(field), summary, when.join(', ')]);
  return `${[
    BEGINNING,
    table(['rule', 'judges or sets', 'when'], contents),
    ...definitions.map(ruleSection),
    reasonSection(definitions),
  ].join('\n\n')}\n`;
}

function ruleSection(definition: RuleDefinition): string {
  const { field, summary, why, when, reads, options, verdicts, reasons, example, aboutEdits } = definition;
  return [
    `## ${field}`,
    `*${sentence(summary)}*`,
    why.trim(),
    `Judged at: ${when.join(', ')}. Enforcement when none is written: ${defaultEnforcement(definition)}. Reads:`,
    reads.map((text) => `- ${text}`).join('\n'),
    ...(aboutEdits === undefined
      ? []
      : [`About edits, and so judged where either side of an update fits \`match\`: ${aboutEdits}.`]),
    table(
      ['option', 'meaning'],
      options.map(({ path, text }) => [`\`${path === '' ? field : path}\``, text]),
    ),
    verdicts.trim(),
    table(
      ['reason', 'meaning'],
      Object.entries(reasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
    ),
    `\`\`\`yaml\n${example.trim()}\n\`\`\``,
  ].join('\n\n');
}

function reasonSection(definitions: readonly RuleDefinition[]): string {
  const rows = Object.entries(REASON_ADVICE).map(([reason, advice]) => {
    const rules = definitions.filter(({ reasons }) => reason in reasons).map(({ field }) => link(field));
    const engine = ENGINE_REASONS[reason as FindingReason];
    const from = [...rules, ...(engine === undefined ? [] : [`every policy: ${engine}`])];
    return [`\`${reason}\``, from.join(', '), advice];
  });
  const text = `The same codes stand in denials, conditions, events, audit rows and metrics. A code never changes its meaning.`;
  return ['## Reasons', text, table(['reason', 'from', 'what to do'], rows)].join('\n\n');
}

/** To the heading of the same name, as GitHub makes its anchor. */
function link(field: string): string {
  return `[${field}](#${field.toLowerCase()})`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
