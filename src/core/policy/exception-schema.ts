import type { JsonObject } from '../json/json.ts';
import { MATCH_SCHEMA } from './match-schema.ts';

const NAME = { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' };

/** JSON Schema of a document of kind Exception. That the policy and its rules exist is checked by `compile`. */
export const EXCEPTION_SCHEMA: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Helmgate exception',
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'helmgate.dev/v1alpha1' },
    kind: { const: 'Exception' },
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
      required: ['policy', 'match', 'owner', 'reason', 'expires'],
      additionalProperties: false,
      properties: {
        policy: { ...NAME, description: 'Name of the policy.' },
        rules: {
          type: 'array',
          minItems: 1,
          maxItems: 1000,
          uniqueItems: true,
          items: NAME,
          description: 'Ids of its rules; all of them when absent.',
        },
        match: { ...MATCH_SCHEMA, minProperties: 1 },
        owner: { type: 'string', minLength: 1, maxLength: 63, description: 'Who answers for it.' },
        reason: { type: 'string', minLength: 1, maxLength: 500, description: 'Why, with a ticket.' },
        expires: {
          type: 'string',
          description:
            'A date (its first second in UTC) or an RFC 3339 time; from then on it no longer holds.',
        },
      },
    },
  },
};
