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
