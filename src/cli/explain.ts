import { Command, Option } from 'commander';
import type { JsonObject } from '../core/json/json.ts';
import { stringifyJson } from '../core/json/stringify.ts';
import { defaultEnforcement, type RuleDefinition } from '../core/policy/rule-definition.ts';
import { shortText } from '../core/policy/short-text.ts';
import type { YamlSource } from '../core/policy/yaml-file.ts';
import type { CliContext } from './context.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-code.ts';
import { factsOfField } from './explain/field-facts.ts';
import { rulesOfPolicies } from './explain/find-rule.ts';
import { allTopics, type FieldOfKind, findTopic, type Topic } from './explain/find-topic.ts';
import { findUses } from './explain/find-uses.ts';
import {
  fieldText,
  optionsText,
  reasonText,
  ruleOfPolicyText,
  ruleText,
  topicsText,
} from './explain/print-explanation.ts';
import { PolicySourcesError, readPolicySources } from './lint/read-policy-sources.ts';

interface ExplainFlags {
  readonly policies?: string;
  readonly output: 'text' | 'json';
}

/** `helmgate explain`: the reference of rules, fields and reasons. */
export function explainCommand(context: CliContext): Command {
  return new Command('explain')
    .description('explain a rule, a field or a reason')
    .argument(
      '[topic]',
      'a rule (chartVersion), an option of one (chartVersion.within), a field (spec.timeout), a reason or code (RangeTooWide), or a rule of a policy (flagger/first-major); all there are when left out',
    )
    .option(
      '-p, --policies <path>',
      'folder or file of policies: where they name the field, or the one that the rule is in',
    )
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
A field may stand without \`spec.\`, and with its kind in front.
Exit codes: 0 explained, 2 nothing of this name, or the policies cannot be read.

Examples:
  helmgate explain                                    all rules, reasons and fields
  helmgate explain chartVersion
  helmgate explain chartVersion.within
  helmgate explain flagger/first-major --policies policies/
  helmgate explain install.remediation.retries --policies policies/baseline
  helmgate explain RangeTooWide -o json`,
    )
    .action(async (word: string | undefined, flags: ExplainFlags) => {
      context.setExitCode(await explain(word, flags, context));
    });
}

async function explain(word: string | undefined, flags: ExplainFlags, context: CliContext): Promise<number> {
  const isJson = flags.output === 'json';
  if (word === undefined) {
    context.stdout.write(isJson ? json(allTopics()) : topicsText());
    return EXIT_OK;
  }
  const topic = findTopic(word);
  switch (topic.is) {
    case 'rule':
      context.stdout.write(isJson ? ruleJson(topic.definition) : ruleText(topic.definition));
      return EXIT_OK;
    case 'options':
      context.stdout.write(isJson ? optionsJson(topic) : optionsText(topic.definition, topic.options));
      return EXIT_OK;
    case 'reason':
      context.stdout.write(isJson ? json({ ...topic.facts }) : reasonText(topic.facts));
      return EXIT_OK;
    case 'field':
      return explainField(topic.fields, flags, context);
    case 'ruleOfPolicy':
      return explainRuleOfPolicy(topic.name, flags, context);
    default: {
      const meant = listed(topic.suggestions);
      const hint = meant === '' ? '' : `; did you mean ${meant}?`;
      return refused(
        `there is no rule, field or reason ${JSON.stringify(word)}${hint}\n${LIST_ALL}`,
        context,
      );
    }
  }
}

const LIST_ALL = '`helmgate explain` lists them all';

function refused(message: string, { stderr }: CliContext): number {
  stderr.write(`helmgate explain: ${message}\n`);
  return EXIT_USAGE;
}

/** `a, b or c` */
function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

async function explainRuleOfPolicy(
  name: string,
  { policies, output }: ExplainFlags,
  context: CliContext,
): Promise<number> {
  const shown = shortText(name);
  if (policies === undefined)
    return refused(`name the policies that ${shown} is in with --policies`, context);
  const sources = await sourcesIn(policies, context);
  if (sources === undefined) return EXIT_USAGE;
  const rules = rulesOfPolicies(sources);
  const found = rules.find(({ rule }) => rule === name);
  if (found === undefined) {
    const has = shortText(rules.map(({ rule }) => rule).join(', '), 400);
    return refused(`${policies} has no rule ${shown}${has === '' ? '' : `; it has ${has}`}`, context);
  }
  const { definition, ...place } = found;
  const data = { ...place, field: definition.field, summary: definition.summary };
  context.stdout.write(output === 'json' ? json(data) : ruleOfPolicyText(found));
  return EXIT_OK;
}

async function explainField(
  fields: readonly FieldOfKind[],
  { policies, output }: ExplainFlags,
  context: CliContext,
): Promise<number> {
  const sources = policies === undefined ? [] : await sourcesIn(policies, context);
  if (sources === undefined) return EXIT_USAGE;
  const uses = policies === undefined ? undefined : findUses(sources, fields[0]?.tokens ?? []);
  const facts = fields.map(factsOfField);
  const document = { fields: facts.map((fact) => ({ ...fact })), ...(uses === undefined ? {} : { uses }) };
  context.stdout.write(output === 'json' ? json(document as unknown as JsonObject) : fieldText(facts, uses));
  return EXIT_OK;
}

/** The texts of policies; undefined after the error was told. */
async function sourcesIn(policies: string, context: CliContext): Promise<readonly YamlSource[] | undefined> {
  try {
    return await readPolicySources([policies], context.cwd);
  } catch (error) {
    if (!(error instanceof PolicySourcesError)) throw error;
    refused(error.message, context);
    return undefined;
  }
}

function optionsJson({ definition, options }: Extract<Topic, { is: 'options' }>): string {
  return json({ options: options.map((option) => ({ rule: definition.field, ...option })) });
}

function ruleJson(definition: RuleDefinition): string {
  const stated = { ...definition, enforcement: defaultEnforcement(definition) };
  const data = Object.entries(stated).filter(([, value]) => typeof value !== 'function');
  return json(Object.fromEntries(data) as JsonObject);
}

function json(document: JsonObject): string {
  return `${stringifyJson(document)}\n`;
}
