import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { helmToOwner, helmToOwnerInPatch, ownerToHelm } from '../../../src/io/apigate/field-owner.ts';

const entry = (manager: string, operation: string, subresource?: string): object => ({
  manager,
  operation,
  ...(subresource === undefined ? {} : { subresource }),
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': { 'f:manager': {}, 'k:{"name":"owner"}': {} } },
});
const object = (...managedFields: object[]): string =>
  `{"metadata":{"name":"x","managedFields":${JSON.stringify(managedFields)}},"spec":{"manager":"owner","n":9007199254740993}}`;

test('shows the owner as helm in managedFields only, and changes nothing else', () => {
  const text = object(entry('owner', 'Apply'), entry('kubectl', 'Update'));
  assert.equal(ownerToHelm(text, 'owner'), object(entry('helm', 'Apply'), entry('kubectl', 'Update')));
});

test('keeps a real helm apart where the owner has an entry of the same kind', () => {
  const text = object(entry('owner', 'Apply'), entry('helm', 'Apply'), entry('helm', 'Update'));
  const shown = ownerToHelm(text, 'owner');
  assert.equal(
    shown,
    object(entry('helm', 'Apply'), entry('helm (by hand)', 'Apply'), entry('helm', 'Update')),
  );
  assert.equal(
    helmToOwner(shown, 'owner'),
    object(entry('owner', 'Apply'), entry('helm', 'Apply'), entry('owner', 'Update')),
  );
});

test('comes back to the same object, when helm itself had no entry', () => {
  const manager = fc.constantFrom('owner', 'kubectl', 'manager');
  const operation = fc.constantFrom('Apply', 'Update');
  const subresource = fc.constantFrom(undefined, 'status');
  fc.assert(
    fc.property(fc.array(fc.tuple(manager, operation, subresource)), (entries) => {
      const text = object(...entries.map((parts) => entry(...parts)));
      assert.equal(helmToOwner(ownerToHelm(text, 'owner'), 'owner'), text);
    }),
  );
});

for (const text of [
  '',
  '{}',
  'not json',
  '{"metadata":{"managedFields":null}}',
  '{"metadata":{"managedFields":["owner"]}}',
  object(entry('kubectl', 'Apply')),
]) {
  test(`leaves ${text.slice(0, 50)} alone`, () => {
    assert.equal(ownerToHelm(text, 'owner'), text);
    assert.equal(helmToOwnerInPatch(text, 'owner'), text);
  });
}

test('gives the fields back to the owner in the patch with which helm moves to server-side apply', () => {
  const patch = (manager: string): string =>
    JSON.stringify([
      { op: 'replace', path: '/metadata/managedFields', value: [entry(manager, 'Apply')] },
      { op: 'replace', path: '/metadata/resourceVersion', value: '5' },
    ]);
  assert.equal(helmToOwnerInPatch(patch('helm'), 'owner'), patch('owner'));
});
