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
