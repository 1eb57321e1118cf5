import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import {
  existsInVersion,
  type FieldType,
  fieldPaths,
  findField,
} from '../../../src/core/policy/known-fields.ts';

const crdFolder = new URL('../../../charts/helmgate/crds/', import.meta.url);

interface Schema {
  readonly type?: string;
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: Schema } } };
    }[];
  };
}

const CRDS = readdirSync(crdFolder).map(
  (file) => parse(readFileSync(new URL(file, crdFolder), 'utf8')) as Crd,
);

/** Fields that no policy can give a default: what is installed, what only beta versions have, what has no effect. */
const UNKNOWN: ReadonlySet<string> = new Set([
  ...[
    'chart',
    'sourceRef.apiVersion',
    'sourceRef.kind',
    'sourceRef.name',
    'sourceRef.namespace',
    'valuesFile',
  ].map((field) => `HelmRelease spec.chart.spec.${field}`),
  ...['apiVersion', 'kind', 'name', 'namespace'].map((field) => `HelmRelease spec.chartRef.${field}`),
  'HelmRepository spec.accessFrom.namespaceSelectors',
]);

function leaves(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  if (schema.properties === undefined) return [[path, schema]];
  return Object.entries(schema.properties).flatMap(([name, child]) => leaves(child, `${path}.${name}`));
}

/** The type that the table should have for a schema. */
function typeOf(schema: Schema): FieldType | readonly FieldType[] {
  if (schema.enum !== undefined) return schema.enum.toSorted();
  if (schema.pattern?.includes('|h)') === true) return 'duration';
  if (schema.pattern?.includes('(ms|s|m)') === true) return 'durationWithoutHours';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'string' || schema.type === 'boolean' || schema.type === 'integer') return schema.type;
  return ['strings', 'json'];
}

for (const { spec } of CRDS) {
  const { kind } = spec.names;
  const versions = spec.versions.map(({ name, storage, schema }) => ({
    name,
    storage,
    fields: new Map(leaves(schema.openAPIV3Schema.properties.spec, 'spec')),
  }));
  const stored = versions.find(({ storage }) => storage)?.fields ?? new Map<string, Schema>();

  describe(`the known fields of ${kind}`, () => {
    it('are those of its CRD', () => {
      const expected = [...stored.keys()].filter((path) => !UNKNOWN.has(`${kind} ${path}`));
      assert.deepEqual(fieldPaths(kind).toSorted(), expected.toSorted());
    });

    it('have the types and defaults of its schema', () => {
      for (const path of fieldPaths(kind)) {
        const field = findField(kind, path.split('.'))?.field;
        const schema = stored.get(path) ?? {};
        const expected = typeOf(schema);
        const type = typeof field?.type === 'object' ? field.type.toSorted() : field?.type;
        if (Array.isArray(expected) && schema.enum === undefined)
          assert.ok(expected.includes(type as FieldType), path);
        else assert.deepEqual(type, expected, path);
        assert.equal(field?.schemaDefault, schema.default, path);
      }
    });

    it('are known to be missing where an older version does not have them', () => {
      for (const { name, fields } of versions) {
        for (const path of fieldPaths(kind)) {
          const field = findField(kind, path.split('.'))?.field;
          assert.ok(field);
          assert.equal(existsInVersion(field, name), fields.has(path), `${path} in ${name}`);
        }
      }
    });
  });
}
