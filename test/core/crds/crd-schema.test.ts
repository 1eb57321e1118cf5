import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { findCrdSchema, METADATA_SCHEMA } from '../../../src/core/crds/crd-schema.ts';

const FOLDER = new URL('../../../charts/helmgate/crds/', import.meta.url);

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: object } } };
    }[];
  };
}

/** A schema without what is only for readers; a property may be called `description`. */
function withoutDescriptions(schema: unknown, isNamed = false): unknown {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const entries = Object.entries(schema).filter(([key]) => isNamed || key !== 'description');
  return Object.fromEntries(
    entries.map(([key, part]) => [key, withoutDescriptions(part, key === 'properties')]),
  );
}

describe('the schemas that manifests are checked with', () => {
  for (const file of readdirSync(FOLDER)) {
    it(`are those of ${file} in the chart: node scripts/write-crd-schemas.mjs`, () => {
      const { spec } = parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Definition;
      for (const { name, schema } of spec.versions) {
        const expected = withoutDescriptions(schema.openAPIV3Schema.properties.spec);
        assert.deepEqual(findCrdSchema(spec.names.kind, name), expected, name);
      }
    });
  }

  it('are not known of other kinds and versions', () => {
    assert.equal(findCrdSchema('HelmRelease', 'v3'), undefined);
    assert.equal(findCrdSchema('HelmRelease', 'toString'), undefined);
    assert.equal(findCrdSchema('constructor', 'v2'), undefined);
  });

  it('have only keywords that are looked at', () => {
    const read = new Set([
      ...[
        'type',
        'properties',
        'required',
        'items',
        'additionalProperties',
        'enum',
        'pattern',
        'minLength',
        'maxLength',
      ],
      ...['default', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-validations'],
    ]);
    const unread: string[] = [];
    const look = (schema: object): void => {
      for (const [keyword, value] of Object.entries(schema) as [string, object][]) {
        if (!read.has(keyword)) unread.push(keyword);
        if (keyword === 'properties') for (const part of Object.values(value)) look(part as object);
        if (keyword === 'items' || keyword === 'additionalProperties') look(value);
      }
    };
    for (const [kind, versions] of [
      ['HelmRelease', ['v2', 'v2beta2', 'v2beta1']],
      ['HelmRepository', ['v1', 'v1beta2']],
      ['HelmChart', ['v1']],
      ['OCIRepository', ['v1']],
    ] as const)
      for (const version of versions) look(findCrdSchema(kind, version) ?? { missing: kind });
    look(METADATA_SCHEMA);
    assert.deepEqual(unread, []);
  });
});
