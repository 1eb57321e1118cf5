import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { compilePolicySet } from '../../src/core/policy/compile.ts';
import { formatLocatedError } from '../../src/core/policy/located-error.ts';
import { readYaml } from '../../src/core/policy/yaml-file.ts';
import { parsePolicyTest } from '../../src/core/policytest/policy-test.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

const CRDS = join(import.meta.dirname, '../../charts/helmgate/crds');
let validators: ReadonlyMap<string, ValidateFunction> | undefined;

/** What is wrong with the text of a YAML example: a policy must compile, an object of ours must fit its CRD, the rest must parse. */
export function yamlProblems(text: string): readonly string[] {
  const problems: string[] = [];
  // An exception is about a policy that stands beside it.
  const policies: string[] = [];
  for (const document of parseAllDocuments(text)) {
    if (document.errors.length > 0) return document.errors.map(({ message }) => message);
    const { apiVersion, kind } = (document.toJS() ?? {}) as { apiVersion?: string; kind?: string };
    if (apiVersion?.startsWith('helmgate.dev/') === true) {
      if (kind === 'PolicyTest') problems.push(...testProblems(String(document)));
      else policies.push(String(document));
    } else if (/\.toolkit\.fluxcd\.io\//.test(apiVersion ?? '')) {
      validators ??= readValidators();
      const validate = validators.get(`${apiVersion} ${kind}`);
      if (validate === undefined) problems.push(`no CRD has ${apiVersion} ${kind}`);
      else if (!validate(document.toJS())) {
        const said = validate.errors ?? [];
        problems.push(
          ...said.map(
            ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`,
          ),
        );
      }
    }
  }
  return policies.length === 0 ? problems : [...problems, ...policyProblems(policies.join('\n---\n'))];
}

function policyProblems(text: string): readonly string[] {
  const compiled = compilePolicySet([{ path: 'example.yaml', text }]);
  if (!compiled.ok) return compiled.errors.map(formatLocatedError);
  return compiled.set.ruleCount === 0 ? ['the policy holds no rule'] : [];
}

/** The files that a test names need not be there. */
function testProblems(text: string): readonly string[] {
  const read = readYaml({ file: 'example.yaml', text }, 'manifest');
  const errors = read.ok
    ? read.documents.map(parsePolicyTest).flatMap((parsed) => (parsed.ok ? [] : parsed.errors))
    : read.errors;
  return errors.map(formatLocatedError);
}

/** A validator for each version of each CRD, keyed `group/version Kind`; fields that the schema does not know are refused. */
function readValidators(): ReadonlyMap<string, ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const found = new Map<string, ValidateFunction>();
  for (const file of readdirSync(CRDS)) {
    const { spec } = parseYaml(readFileSync(join(CRDS, file), 'utf8'));
    for (const { name, schema } of spec.versions) {
      const key = `${spec.group}/${name} ${spec.names.kind}`;
      found.set(key, ajv.compile(closed(schema.openAPIV3Schema, true)));
    }
  }
  return found;
}

function closed(schema: Schema, isRoot = false): object {
  const { properties, items, additionalProperties } = schema;
  const isOpen = properties === undefined || schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, inner]) => [
              name,
              isRoot && name === 'metadata' ? { type: 'object', required: ['name'] } : closed(inner),
            ]),
          ),
        }),
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: closed(additionalProperties) }
      : isOpen
        ? {}
        : { additionalProperties: false }),
  };
}
