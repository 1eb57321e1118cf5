import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonSpan } from '../../../src/io/apigate/json-span.ts';

test('finds the value that a parser finds, whatever stands around it and however it is indented', () => {
  const other = fc.jsonValue();
  fc.assert(
    fc.property(other, other, other, fc.nat({ max: 3 }), (value, before, after, indent) => {
      const text = JSON.stringify(
        { before, metadata: { before, managedFields: value, after }, after },
        null,
        indent,
      );
      const span = findJsonSpan(text, ['metadata', 'managedFields']);
      assert.ok(span);
      assert.deepEqual(JSON.parse(text.slice(span.start, span.end)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

for (const text of [
  '{}',
  '[]',
  '5',
  '"metadata"',
  '{"metadata":{}}',
  '{"metadata":[{"managedFields":1}]}',
  '{"spec":{"managedFields":1}}',
  '{"a":"\\"metadata\\":{\\"managedFields\\":1}"}',
]) {
  test(`finds nothing in ${text}`, () =>
    assert.equal(findJsonSpan(text, ['metadata', 'managedFields']), undefined));
}
