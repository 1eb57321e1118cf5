/**
 * JSON Schema of policy files, for the loader and for editors. What only makes sense across fields (exactly one kind of rule, paths
 * that exist, constraints that can be read) is checked after it, by `compile`.
 */
import type { JsonObject } from '../json/json.ts';
import { JUDGED_KINDS } from './rule.ts';
import { RULE_DEFINITIONS } from './rules/catalogue.ts';

const NAME = { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' };
const NAME_PATTERN = {
  type: 'string',
  minLength: 1,
  maxLength: 253,
  pattern: '^[a-z0-9.*-]+$',
  description: 'A name; * stands for any run of characters.',
};
const NAME_PATTERNS = { type: 'array', minItems: 1, maxItems: 1000, items: NAME_PATTERN };

const LABELS = {
  type: 'object',
  minProperties: 1,
  maxProperties: 100,
  additionalProperties: { type: 'string', maxLength: 63 },
};

const LABEL_SELECTOR = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  description: 'A Kubernetes label selector; all of it must hold.',
  properties: {
    matchLabels: LABELS,
    matchExpressions: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: {
        type: 'object',
        required: ['key', 'operator'],
        additionalProperties: false,
        properties: {
          key: { type: 'string', minLength: 1, maxLength: 317 },
          operator: { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
          values: { type: 'array', minItems: 1, maxItems: 1000, items: { type: 'string', maxLength: 63 } },
        },
      },
    },
  },
};

const NAMESPACES = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  description: "The object's own, its target or its storage namespace: one that fits is enough.",
  properties: { names: NAME_PATTERNS, labels: LABEL_SELECTOR },
};

const SUBJECTS = {
  type: 'array',
  minItems: 1,
  maxItems: 1000,
  items: {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    properties: {
      user: { type: 'string', minLength: 1, maxLength: 512 },
      group: { type: 'string', minLength: 1, maxLength: 512 },
      serviceAccount: { type: 'string', pattern: '^[a-z0-9-]+/[a-z0-9.-]+$', description: 'namespace/name' },
    },
  },
};

const MATCH = {
  type: 'object',
  additionalProperties: false,
  description: 'What the policy is about; without it, everything.',
  properties: {
    kinds: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: [...JUDGED_KINDS] } },
    names: NAME_PATTERNS,
    namespaces: NAMESPACES,
    labels: LABEL_SELECTOR,
    exclude: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: {
        names: NAME_PATTERNS,
        namespaces: NAMESPACES,
        labels: LABEL_SELECTOR,
        subjects: SUBJECTS,
      },
    },
  },
};

const ENFORCEMENT = {
  enum: ['Deny', 'Warn', 'Audit'],
  description: 'Deny refuses and mutates, Warn tells the user, Audit only records.',
};

const RULE = {
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: {
    id: NAME,
    enforcement: ENFORCEMENT,
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
        match: MATCH,
        enforcement: ENFORCEMENT,
        rules: { type: 'array', minItems: 1, maxItems: 1000, items: RULE },
      },
    },
  },
};

/** Fields of a rule that are planned and refused until they work: a rule that is silently not enforced is worse than none. */
export const PLANNED_FIELDS: ReadonlySet<string> = new Set([
  'from',
  'overrides',
  'bounds',
  'require',
  'forbid',
  'references',
  'values',
  'destructiveChange',
  'uniqueRelease',
  'dependencies',
  'ineffective',
  'signature',
  'schedule',
  'promotion',
  'rendered',
  'expression',
  'ratchet',
  'minimumAge',
  'deprecated',
  'kubeVersion',
  'pinned',
  'prereleases',
  'kubeConfig',
]);
