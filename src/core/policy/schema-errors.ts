/** Checks a YAML document against the policy schema and tells each error at its place. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { parsePointer } from '../json/pointer.ts';
import { didYouMean } from './did-you-mean.ts';
import { fitsSchema } from './fits-schema.ts';
import { type LocatedError, locatedError } from './located-error.ts';
import { PLANNED_FIELDS, POLICY_SCHEMA } from './policy-schema.ts';
import type { YamlDocument } from './yaml-file.ts';

/** Errors that one document reports: more are follow-ups, and the frame of each costs as much as the file is long. */
const MAX_ERRORS = 20;

const validators = new WeakMap<JsonObject, ValidateFunction>();

/** Errors in the shape of one document; empty when it fits the schema. */
export function schemaErrors(
  document: YamlDocument,
  schema: JsonObject = POLICY_SCHEMA,
): readonly LocatedError[] {
  if (fitsSchema(schema, document.value) === true) return [];
  const validator = validators.get(schema) ?? compileSchema(schema);
  if (validator(document.value)) return [];
  // The error of an `if` only says that one of its branches has errors, and those are there as well.
  const errors = (validator.errors ?? []).filter(({ keyword }) => keyword !== 'if');
  return errors.slice(0, MAX_ERRORS).map((error) => toLocated(document, error));
}

function compileSchema(schema: JsonObject): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, verbose: true });
  const validator = ajv.compile(schema);
  validators.set(schema, validator);
  return validator;
}

function toLocated(document: YamlDocument, error: ErrorObject): LocatedError {
  const tokens = parsePointer(error.instancePath) ?? [];
  const path = formatPath(tokens) || 'the document';
  const params = error.params as Readonly<Record<string, Json>>;
  const word = (name: string) => textOf(params[name]);
  const at = (message: string, hint?: string, field?: string) =>
    locatedError(
      document.source,
      field === undefined ? document.placeOf(tokens) : document.placeOf([...tokens, field], 'key'),
      message,
      hint,
    );
  switch (error.keyword) {
    case 'additionalProperties': {
      const field = word('additionalProperty');
      if (PLANNED_FIELDS.has(field))
        return at(`${field} is not supported yet`, 'remove it; it would not be enforced', field);
      const known = isJsonObject(error.parentSchema?.['properties'])
        ? Object.keys(error.parentSchema['properties'])
        : [];
      return at(
        `unknown field ${JSON.stringify(field)} in ${path}`,
        didYouMean(field, known) ?? `known are ${known.join(', ')}`,
        field,
      );
    }
    case 'required':
      return at(`${path} lacks the field ${word('missingProperty')}`);
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly Json[]).map(String);
      return at(`${path} must be one of ${allowed.join(', ')}`, didYouMean(String(error.data), allowed));
    }
    case 'const':
      return at(`${path} must be ${JSON.stringify(params['allowedValue'])}`);
    case 'type':
      return at(`${path} must be ${article(word('type'))}`, typeHint(error));
    default:
      return at(`${path} ${error.message ?? 'is not valid'}`);
  }
}

function article(type: string): string {
  return (
    { object: 'an object', array: 'a list', string: 'a text', boolean: 'true or false' }[type] ?? `a ${type}`
  );
}

/** `within: 1.10` is the number 1.1 in YAML. */
function typeHint(error: ErrorObject): string | undefined {
  const scalar =
    typeof error.data === 'number' || typeof error.data === 'bigint' || typeof error.data === 'boolean';
  return error.params['type'] === 'string' && scalar ? 'put it in quotes' : undefined;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
