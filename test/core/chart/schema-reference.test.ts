import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSchemaReferences } from '../../../src/core/chart/schema-reference.ts';

const STAYS: readonly string[] = [
  '{}',
  '{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/a"}}}',
  '{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{"x":{"$anchor":"x"}},"$ref":"#x"}',
  '{"properties":{"$ref":{"type":"string"}}}',
  '{"$id":"https://example.com/own"}',
];
const LEAVES: readonly string[] = [
  '{"$ref":"http://127.0.0.1/x.json"}',
  '{"properties":{"a":{"items":[{"$ref":"file:///etc/passwd"}]}}}',
  '{"$ref":"other.json#/a"}',
  '{"$ref":""}',
  '{"$dynamicRef":"https://example.com/x"}',
  '{"$recursiveRef":"x"}',
  '{"$schema":"https://example.com/my-draft"}',
  '{"\\u0024ref":"http://example.com/"}',
  '{"$ref":"#/a","$ref":"http://example.com/"}',
  'not json',
  '',
];

const DRAFTS: readonly (readonly [schema: string, known: boolean])[] = [
  ['http://json-schema.org/draft-04/schema', true],
  ['http://json-schema.org/draft-06/schema#', true],
  ['https://json-schema.org/draft-07/schema#', true],
  ['https://json-schema.org/draft/2019-09/schema', true],
  ['https://json-schema.org/draft/2020-12/schema#', true],
  ['http://json-schema.org/schema#', true],
  ['http://json-schema.org/schema', true],
  ['http://json-schema.org/draft-05/schema', false],
  ['http://json-schema.org/draft-04/schema##', false],
  ['http://json-schema.org/draft-04/schema/x', false],
  ['http://json-schema.org/draft/2021-12/schema', false],
  ['httpss://json-schema.org/schema', false],
  ['ftp://json-schema.org/schema', false],
  ['xhttp://json-schema.org/schema', false],
  ['http://json-schemaxorg/schema', false],
  ['', false],
];
test('knows the drafts that a compiler carries itself, and no other', () => {
  for (const [schema, known] of DRAFTS)
    assert.equal(checkSchemaReferences(JSON.stringify({ $schema: schema })).ok, known, schema);
});

test('names the reference that leaves the file, cut to what a line takes', () => {
  const refused = (text: string) => {
    const verdict = checkSchemaReferences(text);
    return verdict.ok ? '' : verdict.message;
  };
  assert.equal(refused('{"a":[null,{"$ref":"b.json"}]}'), '$ref "b.json" leaves the file');
  assert.equal(
    refused(JSON.stringify({ $ref: 'x'.repeat(500) })),
    `$ref "${'x'.repeat(200)}" leaves the file`,
  );
  assert.equal(refused('{'), 'not JSON');
});

test('passes over names of references in lists and in values that are no text', () => {
  for (const text of [
    '["$ref","x"]',
    '{"enum":["http://a.example"]}',
    '{"$ref":null}',
    '{"$ref":1}',
    'null',
    '"$ref"',
  ])
    assert.deepEqual(checkSchemaReferences(text), { ok: true }, text);
});

test('passes schemas that refer to themselves only', () => {
  for (const text of STAYS) assert.deepEqual(checkSchemaReferences(text), { ok: true }, text);
});

test('refuses schemas that make a compiler load something, and texts that are no JSON', () => {
  for (const text of LEAVES) assert.equal(checkSchemaReferences(text).ok, false, text);
});

test('finds a reference under 100,000 levels of nesting', () => {
  const text = `${'{"a":'.repeat(100_000)}{"$ref":"x"}${'}'.repeat(100_000)}`;
  assert.equal(checkSchemaReferences(text).ok, false);
});
