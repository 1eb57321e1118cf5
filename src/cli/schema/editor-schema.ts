/** The schemas of policy files as editors want them: with texts at each field, for files that hold several kinds. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { EXCEPTION_SCHEMA } from '../../core/policy/exception-schema.ts';
import { POLICY_SCHEMA } from '../../core/policy/policy-schema.ts';
import type { RuleDefinition } from '../../core/policy/rule-definition.ts';
import { RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';
import { POLICY_TEST_SCHEMA } from '../../core/policytest/policy-test-schema.ts';
import { withDescription } from './with-description.ts';

export const SCHEMA_KINDS = ['policy', 'exception', 'policytest'] as const;
export type SchemaKind = (typeof SCHEMA_KINDS)[number];

/** JSON Schema (draft 7) of one kind of document, or without one of any document of a policy folder, told apart by `kind`. */
export function editorSchema(kind?: SchemaKind): JsonObject {
  const schemas: Readonly<Record<SchemaKind, JsonObject>> = {
    policy: describedPolicySchema(),
    exception: EXCEPTION_SCHEMA,
    policytest: POLICY_TEST_SCHEMA,
  };
  if (kind !== undefined) return schemas[kind];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Helmgate policies, exceptions and policy tests',
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { const: 'helmgate.dev/v1alpha1' },
      kind: { enum: Object.values(schemas).map(kindOf) },
    },
    allOf: Object.values(schemas).map((schema) => ({
      if: { properties: { kind: { const: kindOf(schema) } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits a schema
      then: without$schema(schema),
    })),
  };
}

function kindOf(schema: JsonObject): Json {
  return valueAt(schema, ['properties', 'kind', 'const']) ?? null;
}

function without$schema(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}

const RULE_PROPERTIES = ['properties', 'spec', 'properties', 'rules', 'items', 'properties'];

function describedPolicySchema(): JsonObject {
  return RULE_DEFINITIONS.reduce((schema: JsonObject, definition) => {
    const at = [...RULE_PROPERTIES, definition.field];
    const described = definition.options.reduce(
      (inner, { path, text }) => withDescription(inner, path, text),
      schemaAt(schema, at),
    );
    return replaced(schema, at, { ...described, ...textsOf(definition) });
  }, POLICY_SCHEMA);
}

/** `markdownDescription` is what the YAML language server shows instead, where it is there. */
function textsOf({ summary, why, verdicts, example }: RuleDefinition): JsonObject {
  const markdown = `**${summary}**\n\n${why}\n\n${verdicts}\n\n\`\`\`yaml\n${example.trim()}\n\`\`\``;
  return { description: summary, markdownDescription: markdown };
}

function schemaAt(root: JsonObject, tokens: readonly string[]): JsonObject {
  const value = valueAt(root, tokens);
  return isJsonObject(value) ? value : {};
}

function replaced(root: JsonObject, [head, ...rest]: readonly string[], value: JsonObject): JsonObject {
  if (head === undefined) return value;
  const child = root[head];
  return { ...root, [head]: replaced(isJsonObject(child) ? child : {}, rest, value) };
}
