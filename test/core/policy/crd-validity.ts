import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { Language } from '../../../src/core/cel/compile-expression.ts';
import { fromJson } from '../../../src/core/cel/value.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { textAt } from '../../../src/core/json/text-at.ts';

const FILES = ['helmreleases', 'helmrepositories'];
const language = new Language([{ name: 'self', type: 'dyn', text: 'the value that the rule stands at' }]);
const ajv = new Ajv({ strict: false, validateFormats: false });

interface Version {
  readonly schema: Json;
  readonly validate: ValidateFunction;
}

const versions: ReadonlyMap<string, Version> = new Map(FILES.flatMap(readVersions));

/** Whether the API server accepts an object, as its custom resource definition says: its schema, and the rules in it. */
export function isValid(object: JsonObject): boolean {
  const key = `${textAt(object, ['apiVersion'])} ${textAt(object, ['kind'])}`;
  const version = versions.get(key);
  assert.ok(version !== undefined, `no definition of ${key}`);
  return Boolean(version.validate(object)) && keepsRules(version.schema, object);
}

function readVersions(name: string): readonly (readonly [string, Version])[] {
  const url = new URL(`../../../charts/helmgate/crds/${name}.yaml`, import.meta.url);
  const { spec } = parse(readFileSync(url, 'utf8')) as { readonly spec: JsonObject };
  const group = textAt(spec, ['group']);
  return (spec['versions'] as readonly JsonObject[]).map((version) => {
    const schema = valueAt(version, ['schema', 'openAPIV3Schema']) ?? {};
    const key = `${group}/${textAt(version, ['name'])} ${textAt(spec, ['names', 'kind'])}`;
    return [key, { schema, validate: ajv.compile(schema as Record<string, unknown>) }];
  });
}

/** Goes through the rules of a schema (x-kubernetes-validations) wherever the value has something for them. */
function keepsRules(schema: Json | undefined, value: Json | undefined): boolean {
  if (!isJsonObject(schema) || value === undefined) return true;
  const { 'x-kubernetes-validations': rules = [], properties, items } = schema;
  const ownRules = (rules as readonly JsonObject[]).every((rule) =>
    holds(textAt(rule, ['rule']) ?? '', value),
  );
  if (!ownRules) return false;
  if (Array.isArray(value)) return (value as readonly Json[]).every((item) => keepsRules(items, item));
  if (!isJsonObject(value) || !isJsonObject(properties)) return true;
  return Object.entries(properties).every(([key, part]) => keepsRules(part, value[key]));
}

function holds(rule: string, self: Json): boolean {
  const compiled = language.compile(rule, 'bool');
  assert.ok(compiled.ok, `cannot read ${rule}`);
  const outcome = compiled.expression.evaluate(() => fromJson(self));
  return outcome.kind === 'value' && outcome.value === true;
}
