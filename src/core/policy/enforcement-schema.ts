/** JSON Schema of `enforcement`: a text, or an object that says when and where it is another one. */
import type { JsonObject } from '../json/json.ts';
import { NAMESPACE_PROPERTIES } from './match-schema.ts';

const ACTION = { enum: ['Deny', 'Warn', 'Audit'] };

const STAGED = {
  action: ACTION,
  from: {
    type: 'string',
    description: 'A date (its first second in UTC) or an RFC 3339 time; from then on the action holds.',
  },
  before: { enum: ['Warn', 'Audit'], description: 'What holds until then; Warn when absent.' },
};

/** `enforcement` of a policy or a rule. */
export const ENFORCEMENT_SCHEMA: JsonObject = {
  description: 'Deny refuses and mutates, Warn tells the user, Audit only records.',
  if: { type: 'object' },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits a schema
  then: {
    type: 'object',
    required: ['action'],
    additionalProperties: false,
    properties: {
      ...STAGED,
      namespaces: {
        type: 'array',
        minItems: 1,
        maxItems: 1000,
        description: 'Other actions for some namespaces. The strictest of all that an object touches holds.',
        items: {
          type: 'object',
          required: ['action'],
          additionalProperties: false,
          properties: { ...NAMESPACE_PROPERTIES, ...STAGED },
        },
      },
    },
  },
  else: ACTION,
};
