import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { formatPointer } from '../../../src/core/json/pointer.ts';
import { effectiveObject } from '../../../src/core/release/effective.ts';

const crdFolder = new URL('../../../charts/helmgate/crds/', import.meta.url);

interface Schema {
  readonly type?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

const SPEC_SCHEMAS: readonly { readonly kind: string; readonly version: string; readonly schema: Schema }[] =
  readdirSync(crdFolder)
    .map((file) => parse(readFileSync(new URL(file, crdFolder), 'utf8')) as Crd)
    .flatMap(({ spec }) =>
      spec.versions.map(({ name, schema }) => ({
        kind: spec.names.kind,
        version: name,
        schema: schema.openAPIV3Schema.properties?.['spec'] ?? {},
      })),
    );

function schemaOf(kind: string, version: string): Schema {
  const found = SPEC_SCHEMAS.find((entry) => entry.kind === kind && entry.version === version);
  assert.ok(found);
  return found.schema;
}

/** All groups written and empty. */
function emptyGroups(schema: Schema): JsonObject {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {})
      .filter(([, child]) => child.properties !== undefined)
      .map(([key, child]) => [key, emptyGroups(child)]),
  );
}

/** What the API server's structural defaulting adds, by pointer. */
function schemaDefaults(schema: Schema, at: string): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const pointer = `${at}${formatPointer([key])}`;
    if (child.default !== undefined) found.set(pointer, child.default);
    for (const [below, value] of schemaDefaults(child, pointer)) found.set(below, value);
  }
  return found;
}

/** A value of the schema's type; of an enum the first or the last one, since the other may be a default. */
function sample(schema: Schema, pick: 0 | -1): Json {
  if (schema.properties !== undefined) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([key, child]) => [key, sample(child, pick)]),
    );
  }
  if (schema.items !== undefined) return [sample(schema.items, pick)];
  if (schema.enum !== undefined) return schema.enum.at(pick) ?? null;
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return 77;
  if (schema.type === 'string') return schema.pattern?.includes('ms|s|m') === true ? '77s' : 'sample';
  return { sample: 'sample' };
}

/** What the API server's pruning leaves of a value. */
function prune(schema: Schema, value: Json): Json {
  if (schema.properties !== undefined && isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, member]) => {
        const child = schema.properties?.[key];
        return child === undefined || member === undefined ? [] : [[key, prune(child, member)]];
      }),
    );
  }
  const { items } = schema;
  return items !== undefined && Array.isArray(value)
    ? (value as readonly Json[]).map((item) => prune(items, item))
    : value;
}

function effective(kind: string, version: string, spec: Json): ReturnType<typeof effectiveObject> {
  return effectiveObject({ kind, version, namespace: 'team', name: 'web', object: { spec } });
}

describe('the defaults of the API', () => {
  for (const { kind, version, schema } of SPEC_SCHEMAS) {
    it(`are those of the schema of ${kind} ${version}`, () => {
      const { object, origins } = effective(kind, version, emptyGroups(schema));
      const fromApi = [...origins].filter(([, origin]) => origin === 'api').map(([pointer]) => pointer);
      const defaults = schemaDefaults(schema, '/spec');
      assert.deepEqual(fromApi.toSorted(), [...defaults.keys()].toSorted());
      for (const [pointer, value] of defaults) {
        const found = pointer
          .split('/')
          .slice(1)
          .reduce<Json | undefined>((at, key) => (isJsonObject(at) ? at[key] : undefined), object);
        assert.deepEqual(found, value, pointer);
      }
    });
  }
});

describe('every field of the API', () => {
  for (const { kind, version, schema } of SPEC_SCHEMAS) {
    it(`of ${kind} ${version} is kept when it is written`, () => {
      for (const pick of [0, -1] as const) {
        const { chartRef: _chartRef, ...spec } = sample(schema, pick) as JsonObject;
        const { object, origins } = effective(kind, version, spec);
        const pruned = effective(kind, version, prune(schema, spec)).object;
        assert.deepEqual(object['spec'], pruned['spec']);
        for (const [pointer, origin] of origins) assert.equal(origin, 'controller', pointer);
      }
    });

    it(`of ${kind} ${version} is what a default is for`, () => {
      const { object } = effective(kind, version, emptyGroups(schemaOf(kind, newestOf(kind))));
      assert.deepEqual(prune(schemaOf(kind, newestOf(kind)), object['spec'] ?? null), object['spec']);
    });
  }
});

describe('what an older version of the API does not have', () => {
  for (const { kind, version, schema } of SPEC_SCHEMAS) {
    it(`is lost when it is written as ${kind} ${version}`, () => {
      const newest = schemaOf(kind, newestOf(kind));
      for (const pick of [0, -1] as const) {
        const full = sample(newest, pick);
        const whole = effective(kind, version, full).object['spec'];
        const pruned = effective(kind, newestOf(kind), prune(schema, full)).object['spec'];
        assert.deepEqual(whole, pruned);
      }
    });
  }
});

function newestOf(kind: string): string {
  return kind === 'HelmRelease' ? 'v2' : 'v1';
}
