import { stringifyJson } from '../../core/json/stringify.ts';
import {
  defaultEnforcement,
  type RuleDefinition,
  type RuleOption,
} from '../../core/policy/rule-definition.ts';
import { RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { FieldFacts } from './field-facts.ts';
import type { RuleOfPolicy } from './find-rule.ts';
import { allTopics } from './find-topic.ts';
import type { FieldUse } from './find-uses.ts';
import type { ReasonFacts } from './reason-facts.ts';
import { wrapText } from './wrap-text.ts';

/** A rule's reference for a terminal. */
export function ruleText(definition: RuleDefinition): string {
  const { field, summary, why, when, reads, verdicts, options, reasons, example, aboutEdits } = definition;
  return sections([
    `${field}: ${summary}`,
    wrapText(why),
    titled('When', `  ${when.join(', ')}`),
    titled(
      'Enforcement',
      `  ${defaultEnforcement(definition)}, when neither the policy nor the rule says it`,
    ),
    titled('Reads', reads.map((text) => wrapText(text, '  - ', '    ')).join('\n')),
    titled(
      'Judged where either side of an update fits match',
      aboutEdits === undefined ? '' : wrapText(aboutEdits, '  '),
    ),
    titled('Options', pairs(options.map(({ path, text }) => [path === '' ? field : path, text]))),
    titled('Verdicts', wrapText(verdicts, '  ')),
    titled('Reasons', pairs(Object.entries(reasons))),
    titled('Example', indented(example.trim())),
  ]);
}

/** Options of a rule, each with what it is about. */
export function optionsText({ field, summary }: RuleDefinition, options: readonly RuleOption[]): string {
  return sections([
    ...options.map(({ path, text }) => `${field}.${path}\n${wrapText(text, '  ')}`),
    `Of the rule ${field}: ${summary}`,
  ]);
}

/** A rule of a policy: where it stands, what it says, and what that means. */
export function ruleOfPolicyText({ rule, file, line, column, definition, written }: RuleOfPolicy): string {
  const place = shortText(`${rule} (${file}:${line}:${column})`, 400);
  const said = titled(definition.field, `  ${shortText(stringifyJson(written), 1000)}`);
  return `${place}\n\n${said}\n\n${ruleText(definition)}`;
}

/** Everything that there is to explain. */
export function topicsText(): string {
  const { reasons, fields } = allTopics();
  return sections([
    titled('Rules', pairs(RULE_DEFINITIONS.map(({ field, summary }) => [field, summary]))),
    titled('Reasons, codes and conditions', wrapText(reasons.join(', '), '  ')),
    titled('Fields', wrapText(fields.join(', '), '  ')),
  ]);
}

/** A field's reference: one part for each kind that has it, then where policies speak of it. */
export function fieldText(fields: readonly FieldFacts[], uses: readonly FieldUse[] | undefined): string {
  const parts = fields.map(({ kind, path, type, since, default: fallback, rules, fields: inner }) => {
    const by = fallback?.by === 'api' ? "the API's schema, before any webhook" : 'the controller';
    const lines = [
      ['type', type],
      ...(since === undefined ? [] : [['since', since]]),
      ...(fallback === undefined ? [] : [['default', `${stringifyJson(fallback.value)}, by ${by}`]]),
      ...(rules.length === 0 ? [] : [['read by', rules.join(', ')]]),
      ...(inner.length === 0 ? [] : [['fields', inner.join(', ')]]),
    ];
    return `${kind} ${path}\n${pairs(lines as [string, string][])}`;
  });
  const used = uses?.map(({ rule, by, file, line, column, value }) => {
    const shown = value === undefined ? '' : `: ${stringifyJson(value)}`;
    return shortText(`  ${file}:${line}:${column}: ${rule} (${by})${shown}`, 400);
  });
  const none = '  no rule of these policies names it';
  return sections([...parts, ...(used === undefined ? [] : [titled('Policies', used.join('\n') || none)])]);
}

/** A reason's reference. */
export function reasonText({ reason, from, advice }: ReasonFacts): string {
  return sections([
    reason,
    titled('Given by', pairs(from.map(({ rule, meaning }) => [rule, meaning]))),
    titled('What to do', advice === '' ? '' : wrapText(advice, '  ')),
  ]);
}

function sections(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function titled(title: string, body: string): string {
  return body === '' ? '' : `${title}:\n${body}`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

/** Words in one column, what they mean in the next; a long word has a line of its own. */
function pairs(entries: readonly (readonly [string, string])[]): string {
  const width = Math.min(24, Math.max(0, ...entries.map(([word]) => word.length)));
  return entries
    .map(([word, text]) => {
      const space = ' '.repeat(width + 4);
      const body = wrapText(text, space, space);
      return word.length > width ? `  ${word}\n${body}` : `  ${word.padEnd(width)}  ${body.trimStart()}`;
    })
    .join('\n');
}
