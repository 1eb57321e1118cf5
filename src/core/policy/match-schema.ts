/** JSON Schema of what policies and exceptions are about. */
import type { JsonObject } from '../json/json.ts';
import { JUDGED_KINDS } from './rule.ts';

const NAME_PATTERN = {
  type: 'string',
  minLength: 1,
  maxLength: 253,
  pattern: '^[a-z0-9.*-]+$',
  description: 'A name; * stands for any run of characters.',
};
const NAME_PATTERNS = { type: 'array', minItems: 1, maxItems: 1000, items: NAME_PATTERN };

/** A qualified name and a label's value, as the API server validates them (apimachinery, util/validation). */
const LABEL_KEY = '^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$';
const LABEL_VALUE = {
  type: 'string',
  maxLength: 63,
  pattern: '^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$',
};

const LABELS = {
  type: 'object',
  minProperties: 1,
  maxProperties: 100,
  patternProperties: { [LABEL_KEY]: LABEL_VALUE },
  additionalProperties: false,
};

const LABEL_REQUIREMENT = {
  key: { type: 'string', minLength: 1, maxLength: 317, pattern: LABEL_KEY },
  operator: { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
};
const LABEL_VALUES = { type: 'array', minItems: 1, maxItems: 1000, items: LABEL_VALUE };
const hasOperator = (...operators: readonly string[]): JsonObject => ({
  type: 'object',
  required: ['operator'],
  properties: { operator: { enum: operators } },
});

/** `values` belongs to `In` and `NotIn` only, and must be there: without it the one fits nothing and the other everything. */
const LABEL_EXPRESSION: JsonObject = {
  type: 'object',
  required: ['key', 'operator'],
  if: hasOperator('Exists', 'DoesNotExist'),
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits a schema
  then: { type: 'object', additionalProperties: false, properties: LABEL_REQUIREMENT },
  else: {
    type: 'object',
    additionalProperties: false,
    properties: { ...LABEL_REQUIREMENT, values: LABEL_VALUES },
    if: hasOperator('In', 'NotIn'),
    // oxlint-disable-next-line unicorn/no-thenable -- as above
    then: { required: ['values'] },
  },
};

const LABEL_SELECTOR = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  description: 'A Kubernetes label selector; all of it must hold.',
  properties: {
    matchLabels: LABELS,
    matchExpressions: { type: 'array', minItems: 1, maxItems: 100, items: LABEL_EXPRESSION },
  },
};

/** Names and labels by which namespaces are told, as properties of an object that may have more. */
export const NAMESPACE_PROPERTIES: JsonObject = { names: NAME_PATTERNS, labels: LABEL_SELECTOR };

const NAMESPACES = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  description: "The object's own, its target or its storage namespace: one that fits is enough.",
  properties: NAMESPACE_PROPERTIES,
};

/** Users, groups and service accounts. */
export const SUBJECTS: JsonObject = {
  type: 'array',
  minItems: 1,
  maxItems: 1000,
  description: 'Who asks: one that fits is enough.',
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

/** `match` of a policy or an exception. */
export const MATCH_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  description: 'What it is about; each part that is written must hold.',
  properties: {
    kinds: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: [...JUDGED_KINDS] } },
    names: NAME_PATTERNS,
    namespaces: NAMESPACES,
    labels: LABEL_SELECTOR,
    kubeConfig: {
      type: 'boolean',
      description: 'true: releases into another cluster, by spec.kubeConfig; false: everything else.',
    },
    operations: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: ['CREATE', 'UPDATE'] } },
    subjects: SUBJECTS,
    exclude: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      description: 'Taken out again; each part on its own.',
      properties: {
        names: NAME_PATTERNS,
        namespaces: NAMESPACES,
        labels: LABEL_SELECTOR,
        subjects: SUBJECTS,
      },
    },
  },
};
