#!/usr/bin/env node
// Writes src/core/crds/schemas.json from the chart's custom resource definitions. test/core/crds/crd-schema.test.ts fails while it is not fresh.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '../charts/helmgate/crds');

/** By kind and version the schema of the spec, without what is only for readers. */
function crdSchemas() {
  const definitions = readdirSync(FOLDER).map((file) => parse(readFileSync(join(FOLDER, file), 'utf8')).spec);
  return Object.fromEntries(
    definitions.map(({ names, versions }) => [
      names.kind,
      Object.fromEntries(
        versions.map(({ name, schema }) => [name, withoutDescriptions(schema.openAPIV3Schema.properties.spec)]),
      ),
    ]),
  );
}

function withoutDescriptions({ description: _description, properties, items, additionalProperties, ...rest }) {
  const named = Object.entries(properties ?? {}).map(([name, part]) => [name, withoutDescriptions(part)]);
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(named) }),
    ...(items === undefined ? {} : { items: withoutDescriptions(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: withoutDescriptions(additionalProperties) }),
  };
}

const target = join(import.meta.dirname, '../src/core/crds/schemas.json');
writeFileSync(target, `${JSON.stringify(crdSchemas())}\n`);
