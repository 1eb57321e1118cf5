/**
 * JSON Schema of policy files, for the loader and for editors. What only makes sense across fields (exactly one kind of rule, paths
 * that exist, constraints that can be read) is checked after it, by `compile`.
 */
import type { JsonObject } from '../json/json.ts';
import { ENFORCEMENT_SCHEMA } from './enforcement-schema.ts';
import { MATCH_SCHEMA } from './match-schema.ts';
import { RULE_DEFINITIONS } from './rules/catalogue.ts';

const NAME = { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' };
const RULE = {
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: {
    id: NAME,
    enforcement: ENFORCEMENT_SCHEMA,
    ratchet: {
      type: 'boolean',
      description:
        'On an update, findings that were there before and did not change warn instead of denying.',
    },
    ...Object.fromEntries(RULE_DEFINITIONS.map(({ field, schema }) => [field, schema])),
  },
};

/** Schema of one document of a policy file. */
export const POLICY_SCHEMA: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Helmgate policy',
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'helmgate.dev/v1alpha1' },
    kind: { const: 'Policy' },
    metadata: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: NAME,
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        annotations: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    spec: {
      type: 'object',
      required: ['rules'],
      additionalProperties: false,
      properties: {
        match: MATCH_SCHEMA,
        enforcement: ENFORCEMENT_SCHEMA,
        rules: { type: 'array', minItems: 1, maxItems: 1000, items: RULE },
      },
    },
  },
};

/** Fields of a rule that are planned and refused until they work: a rule that is silently not enforced is worse than none. */
export const PLANNED_FIELDS: ReadonlySet<string> = new Set<string>();
