/**
 * Small changes of a policy, each of which a good test notices: a rule is gone, denies no longer, or one of its options is another. Options are
 * changed without knowing what they mean, along the schema of the rule.
 */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import { textAt } from '../json/text-at.ts';
import { POLICY_SCHEMA } from '../policy/policy-schema.ts';
import { defaultEnforcement } from '../policy/rule-definition.ts';
import { RULE_CATALOGUE } from '../policy/rules/catalogue.ts';
import type { YamlDocument } from '../policy/yaml-file.ts';
import { nearbyExpressions } from './nearby-expressions.ts';
import { nearbyTexts } from './nearby-texts.ts';

/** A changed policy. */
export interface Mutant {
  /** What was changed, in the document. */
  readonly tokens: readonly string[];
  /** Whether a whole member was changed, so that its key is the place to show. */
  readonly at?: 'key';
  /** One line: `wider: Narrow -> Deny`, `removed`. */
  readonly change: string;
  /** The whole document after the change; undefined when it would be empty. */
  readonly value: Json | undefined;
}

/** The mutants of a Policy or Exception document, those of whole rules first; none for other kinds. */
export function mutantsOf({ value }: YamlDocument): readonly Mutant[] {
  const kind = valueAt(value, ['kind']);
  if (kind === 'Exception') return exceptionMutants(value);
  const rules = valueAt(value, ['spec', 'rules']);
  if (kind !== 'Policy' || !Array.isArray(rules)) return [];
  const list = rules as readonly Json[];
  const dropped = list.map((_, index): Mutant => {
    const tokens = ['spec', 'rules', String(index)];
    const left = list.length === 1 ? undefined : without(value, tokens);
    return { tokens, change: 'the rule removed', value: left };
  });
  return [
    ...dropped,
    ...list.flatMap((rule, index) => enforcementMutants(value, rule, index)),
    ...list.flatMap((rule, index) => optionMutants(value, rule, index)),
    ...policyMutants(value),
  ];
}

/** An exception that is gone, and one that reaches elsewhere. */
function exceptionMutants(value: Json): readonly Mutant[] {
  const gone: Mutant = { tokens: [], change: 'the exception removed', value: undefined };
  const parts = ['rules', 'match'].map((field) => ['spec', field]);
  return [gone, ...parts.flatMap((tokens) => valueMutants(value, tokens, undefined))];
}

const OTHER_ENFORCEMENT: Readonly<Record<string, string>> = { Deny: 'Warn', Warn: 'Deny', Audit: 'Deny' };

/** The rule with another action; where the actions are staged or differ by namespace, each of these changed as well. */
function enforcementMutants(value: Json, rule: Json, index: number): readonly Mutant[] {
  const own = valueAt(rule, ['enforcement']);
  const kind = Object.keys(isJsonObject(rule) ? rule : {}).find((field) => RULE_CATALOGUE.has(field));
  const unwritten = defaultEnforcement(RULE_CATALOGUE.get(kind ?? ''));
  const written = own ?? valueAt(value, ['spec', 'enforcement']) ?? unwritten;
  const now = textAt(written, ['action']) ?? textAt(written, []) ?? '';
  const other = OTHER_ENFORCEMENT[now];
  if (other === undefined) return [];
  const at = ['spec', 'rules', String(index)];
  const tokens = [...at, 'enforcement'];
  const change = `enforcement: ${now} -> ${other}`;
  return [
    { tokens: own === undefined ? at : tokens, change, value: replaced(value, tokens, other) },
    ...(isJsonObject(own) ? valueMutants(value, tokens, schemaOfRule('enforcement')) : []),
  ];
}

function optionMutants(value: Json, rule: Json, index: number): readonly Mutant[] {
  const fields = Object.keys(isJsonObject(rule) ? rule : {});
  return fields
    .filter((field) => field !== 'id' && field !== 'enforcement')
    .flatMap((field) => valueMutants(value, ['spec', 'rules', String(index), field], schemaOfRule(field)));
}

/** What the policy says about all of its rules: whom it is about, and staged enforcement. */
function policyMutants(value: Json): readonly Mutant[] {
  const enforcement = valueAt(value, ['spec', 'enforcement']);
  return [
    ...valueMutants(value, ['spec', 'match'], schemaAt(['spec', 'match'])),
    ...(isJsonObject(enforcement)
      ? valueMutants(value, ['spec', 'enforcement'], schemaAt(['spec', 'enforcement']))
      : []),
  ];
}

function schemaAt(tokens: readonly string[]): Json | undefined {
  return valueAt(
    POLICY_SCHEMA,
    tokens.flatMap((token) => ['properties', token]),
  );
}

function schemaOfRule(field: string): Json | undefined {
  return valueAt(schemaAt(['spec', 'rules']), ['items', 'properties', field]);
}

/** Members that only say something to people: no verdict depends on them. */
const SPOKEN: ReadonlySet<string> = new Set(['message', 'messageExpression', 'wouldPass', 'reason']);

/** The mutants of what stands at the tokens and below it. */
function valueMutants(root: Json, tokens: readonly string[], schema: Json | undefined): readonly Mutant[] {
  const value = valueAt(root, tokens);
  if (value === undefined) return [];
  const name = formatPath(tokens.slice(-1));
  if (isJsonObject(value)) {
    const keys = Object.keys(value).filter((key) => !SPOKEN.has(key));
    return keys.flatMap((key) => [
      removal(root, [...tokens, key]),
      ...valueMutants(
        root,
        [...tokens, key],
        inSchema(
          schema,
          (own) => valueAt(own, ['properties', key]) ?? valueAt(own, ['additionalProperties']),
        ),
      ),
    ]);
  }
  if (Array.isArray(value)) {
    return value.flatMap((_, index) => [
      removal(root, [...tokens, String(index)]),
      ...valueMutants(
        root,
        [...tokens, String(index)],
        inSchema(schema, (own) => valueAt(own, ['items'])),
      ),
    ]);
  }
  const isExpression = typeof value === 'string' && tokens.at(-1) === 'expression';
  const others = isExpression ? nearbyExpressions(value) : nearbyValues(value, schema);
  return others.map((other) => ({
    tokens,
    change: `${name}: ${shown(value)} -> ${shown(other)}`,
    value: replaced(root, tokens, other),
  }));
}

function removal(root: Json, tokens: readonly string[]): Mutant {
  const value = valueAt(root, tokens) ?? null;
  const name = formatPath(tokens.slice(-1));
  const shownValue = typeof value === 'object' ? '' : `: ${shown(value)}`;
  const isEntry = Array.isArray(valueAt(root, tokens.slice(0, -1)));
  if (isEntry) return { tokens, change: `the entry removed${shownValue}`, value: without(root, tokens) };
  return { tokens, at: 'key', change: `${name} removed`, value: without(root, tokens) };
}

/** Other values for a scalar: the next word of a closed list, the neighbours of a number, the opposite of a boolean. */
function nearbyValues(value: Json, schema: Json | undefined): readonly Json[] {
  const words = valueAt(schema, ['enum']);
  if (Array.isArray(words) && words.length > 1) {
    const list = words as readonly Json[];
    return [list[(list.indexOf(value) + 1) % list.length] ?? null];
  }
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'bigint') return [value + 1n, value - 1n];
  if (typeof value === 'number') return [value + 1, value - 1];
  return typeof value === 'string' ? nearbyTexts(value) : [];
}

/** What is found in a schema, or else in the first branch of a combined one that has it. */
function inSchema(
  schema: Json | undefined,
  find: (schema: JsonObject) => Json | undefined,
): JsonObject | undefined {
  if (!isJsonObject(schema)) return undefined;
  const own = find(schema);
  if (isJsonObject(own)) return own;
  const branches = ['anyOf', 'oneOf', 'allOf'].flatMap((word) => {
    const list = schema[word];
    return Array.isArray(list) ? (list as readonly Json[]) : [];
  });
  for (const branch of [...branches, schema['then'], schema['else']]) {
    const found = inSchema(branch, find);
    if (found !== undefined) return found;
  }
  return undefined;
}

function shown(value: Json): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function replaced(root: Json, tokens: readonly string[], other: Json): Json {
  return changed(root, tokens, () => other) ?? null;
}

function without(root: Json, tokens: readonly string[]): Json {
  return changed(root, tokens, () => undefined) ?? null;
}

/** A copy with another value at the tokens, or without one; the rest is shared. */
function changed(
  value: Json | undefined,
  [head, ...rest]: readonly string[],
  change: () => Json | undefined,
): Json | undefined {
  if (head === undefined) return change();
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    return list.flatMap((item, index) => {
      if (String(index) !== head) return [item];
      const other = changed(item, rest, change);
      return other === undefined ? [] : [other];
    });
  }
  const object: JsonObject = isJsonObject(value) ? value : {};
  const other = changed(object[head], rest, change);
  const entries = Object.entries(object).filter(([key]) => key !== head || other !== undefined);
  const copy: JsonObject = Object.fromEntries(entries.map(([key, own]) => [key, key === head ? other : own]));
  return other === undefined || Object.hasOwn(object, head) ? copy : { ...copy, [head]: other };
}
