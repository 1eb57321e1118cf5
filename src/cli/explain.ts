import { Command, Option } from 'commander';
import type { JsonObject } from '../core/json/json.ts';
import { stringifyJson } from '../core/json/stringify.ts';
import type { RuleDefinition } from '../core/policy/rule-definition.ts';
import type { CliContext } from './context.ts';
import { EXIT_OK, EXIT_USAGE } from './exit-code.ts';
import { factsOfField } from './explain/field-facts.ts';
import { type FieldOfKind, findTopic } from './explain/find-topic.ts';
import { type FieldUse, findUses } from './explain/find-uses.ts';
import { fieldText, reasonText, ruleText } from './explain/print-explanation.ts';
import { factsOfReason } from './explain/reason-facts.ts';
import { PolicySourcesError, readPolicySources } from './lint/read-policy-sources.ts';

interface ExplainFlags {
  readonly policies?: string;
  readonly output: 'text' | 'json';
}

/** `helmgate explain`: the reference of rules, fields and reasons. */
export function explainCommand(context: CliContext): Command {
  return new Command('explain')
    .description('explain a rule, a field or a reason')
    .argument('<topic>', 'a rule (chartVersion), a field (spec.timeout) or a reason (RangeTooWide)')
    .option('-p, --policies <path>', 'for a field: also where the policies of this folder or file name it')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
A field may stand without \`spec.\`, and with its kind in front.
Exit codes: 0 explained, 2 nothing of this name, or the policies cannot be read.

Examples:
  helmgate explain chartVersion
  helmgate explain install.remediation.retries --policies policies/baseline
  helmgate explain RangeTooWide -o json`,
    )
    .action(async (word: string, flags: ExplainFlags) => {
      context.setExitCode(await explain(word, flags, context));
    });
}

async function explain(word: string, flags: ExplainFlags, context: CliContext): Promise<number> {
  const isJson = flags.output === 'json';
  const topic = findTopic(word);
  switch (topic.is) {
    case 'rule':
      context.stdout.write(isJson ? ruleJson(topic.definition) : ruleText(topic.definition));
      return EXIT_OK;
    case 'reason': {
      const facts = factsOfReason(topic.reason);
      context.stdout.write(isJson ? json({ ...facts }) : reasonText(facts));
      return EXIT_OK;
    }
    case 'field':
      return explainField(topic.fields, flags, context);
    default: {
      const hint =
        topic.suggestion === undefined ? '' : `; did you mean ${JSON.stringify(topic.suggestion)}?`;
      context.stderr.write(
        `helmgate explain: there is no rule, field or reason ${JSON.stringify(word)}${hint}\n`,
      );
      return EXIT_USAGE;
    }
  }
}

async function explainField(
  fields: readonly FieldOfKind[],
  { policies, output }: ExplainFlags,
  { stdout, stderr, cwd }: CliContext,
): Promise<number> {
  let uses: readonly FieldUse[] | undefined;
  try {
    const tokens = fields[0]?.tokens ?? [];
    if (policies !== undefined) uses = findUses(await readPolicySources([policies], cwd), tokens);
  } catch (error) {
    if (!(error instanceof PolicySourcesError)) throw error;
    stderr.write(`helmgate explain: ${error.message}\n`);
    return EXIT_USAGE;
  }
  const facts = fields.map(factsOfField);
  const document = { fields: facts.map((fact) => ({ ...fact })), ...(uses === undefined ? {} : { uses }) };
  stdout.write(output === 'json' ? json(document as unknown as JsonObject) : fieldText(facts, uses));
  return EXIT_OK;
}

function ruleJson(definition: RuleDefinition): string {
  const data = Object.entries(definition).filter(([, value]) => typeof value !== 'function');
  return json(Object.fromEntries(data) as JsonObject);
}

function json(document: JsonObject): string {
  return `${stringifyJson(document)}\n`;
}
