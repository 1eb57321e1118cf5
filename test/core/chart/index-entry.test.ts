import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ENTRY_KEYS, isChartName, readIndexEntries } from '../../../src/core/chart/index-entry.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';

const read = (item: JsonObject) =>
  readIndexEntries([{ name: 'web', version: '1.0.0', urls: ['u'], ...item }])[0];

const NAMES: readonly (readonly [name: string, is: boolean])[] = [
  ['web', true],
  ['Web_1.x', true],
  ['...', true],
  ['a b', true],
  ['ä', true],
  ['x'.repeat(250), true],
  ['x'.repeat(251), false],
  ['', false],
  ['.', false],
  ['..', false],
  ['a/b', false],
  ['/web', false],
  ['web/', false],
  ['a\\b', false],
  ['a\u0000', false],
  ['a\nb', false],
  ['\u001fa', false],
  ['a\u007f', false],
];
for (const [name, is] of NAMES) {
  const shown = JSON.stringify(name.slice(0, 20));
  test(`${is ? 'takes' : 'does not take'} ${shown}, of ${name.length} characters, as the name of a chart`, () => {
    assert.equal(isChartName(name), is);
    assert.equal(read({ name })?.name, is ? name : undefined);
  });
}

const DIGITS = '1'.repeat(20);
const VERSIONS: readonly (readonly [version: string, is: boolean])[] = [
  ...['1', '1.2', '1.2.3', 'v1', 'v1.2.3', '0.0.0', '01.02.03', '1.2.3-0', '1.2.3-rc.1', '1.2.3--'].map(take),
  ...['1-a', '1.2+b', '1.2.3+b.2-c', '1.2.3-rc.1+b.0', `${DIGITS}.${DIGITS}.${DIGITS}`].map(take),
  take(`1.2.3-${'a'.repeat(250)}`),
  ...['', 'v', 'V1', 'vv1', 'latest', '1.', '.1', '1.2.3.4', '1.x', '1..2', ' 1', '1 ', '1\n', '>=1'].map(
    drop,
  ),
  ...['1-', '1+', '1-a..b', '1-a.', '1+a..b', '1+a.', '1-ä', '1+a_b', '1-a_b', '1.2.3+a+b', 'x1.2.3'].map(
    drop,
  ),
  ...[`1${DIGITS}`, `1.1${DIGITS}`, `1.1.1${DIGITS}`, `1.2.3-${'a'.repeat(251)}`].map(drop),
];
for (const [version, is] of VERSIONS) {
  test(`${is ? 'keeps' : 'drops'} an entry of version ${JSON.stringify(version.slice(0, 40))}`, () => {
    assert.equal(read({ version })?.version, is ? version : undefined);
  });
}

function take(version: string): readonly [string, boolean] {
  return [version, true];
}

function drop(version: string): readonly [string, boolean] {
  return [version, false];
}

/** What an entry has, beside name, version and a URL, when something is written under one key. */
const MEMBERS: readonly (readonly [key: string, written: Json, has: JsonObject | undefined])[] = [
  ['type', '', {}],
  ['type', null, {}],
  ['type', 'application', {}],
  ['type', 'library', {}],
  ['type', 'Library', undefined],
  ['type', true, undefined],
  ['name', null, undefined],
  ['name', ['web'], undefined],
  ['name', 3, { name: '3' }],
  ['name', true, { name: 'true' }],
  ['version', null, undefined],
  ['version', { a: 1 }, undefined],
  ['version', 2, { version: '2' }],
  ['version', 1.5, { version: '1.5' }],
  ['version', false, undefined],
  ['appVersion', '1.10', { appVersion: '1.10' }],
  ['appVersion', '', { appVersion: '' }],
  ['appVersion', 2, { appVersion: '2' }],
  ['appVersion', null, {}],
  ['appVersion', [], {}],
  ['created', '2026-01-01T00:00:00Z', { created: '2026-01-01T00:00:00Z' }],
  ['created', null, {}],
  ['deprecated', true, { deprecated: true }],
  ['deprecated', 'true', { deprecated: true }],
  ['deprecated', false, {}],
  ['deprecated', 'false', {}],
  ['deprecated', 'True', {}],
  ['deprecated', 1, {}],
  ['digest', 'sha256:ABCD', { digest: 'abcd' }],
  ['digest', 'SHA256:abcd', { digest: 'abcd' }],
  ['digest', 'ABCD', { digest: 'abcd' }],
  ['digest', 'sha512:ABCD', { digest: 'sha512:abcd' }],
  ['digest', 'xsha256:ab', { digest: 'xsha256:ab' }],
  ['digest', 'sha256:sha256:ab', { digest: 'sha256:ab' }],
  ['digest', '', {}],
  ['digest', null, {}],
  ['kubeVersion', '>=1.25.0-0', { kubeVersion: '>=1.25.0-0' }],
  ['kubeVersion', '', {}],
  ['kubeVersion', null, {}],
  ['urls', null, { urls: [] }],
  ['urls', 'w.tgz', { urls: [] }],
  ['urls', [], { urls: [] }],
  ['urls', ['a', null, 1, 'b', ['c']], { urls: ['a', 'b'] }],
  ['description', 'text', {}],
];
for (const [key, written, has] of MEMBERS) {
  const outcome = has === undefined ? 'no entry' : `${JSON.stringify(has)} besides the usual`;
  test(`makes of ${key}: ${JSON.stringify(written)} ${outcome}`, () => {
    const usual = { name: 'web', version: '1.0.0', urls: ['u'] };
    assert.deepEqual(read({ [key]: written }), has && { ...usual, ...has });
  });
}

test('reads 16 URLs of an entry and 20,000 entries of a chart', () => {
  const urls = Array.from({ length: 17 }, (_, index) => `u${index}`);
  assert.deepEqual(read({ urls })?.urls, urls.slice(0, 16));
  const rows = Array.from({ length: 20_001 }, (_, index) => ({ name: 'web', version: `${index}`, urls: [] }));
  const entries = readIndexEntries(rows);
  assert.deepEqual([entries.length, entries.at(-1)?.version], [20_000, '19999']);
});

test('has no versions for what is no list, and none for what is no map in one', () => {
  for (const list of [undefined, null, {}, 'web', 1, [], [null, 1, 'web', []]] satisfies readonly (
    | Json
    | undefined
  )[])
    assert.deepEqual(readIndexEntries(list), []);
});

test('reads from an entry what stands under the keys that are kept of it, whatever stands under others', () => {
  const more = fc.dictionary(
    fc.string().filter((key) => !ENTRY_KEYS.has(key) && key !== '__proto__'),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const kept = fc.record(
    {
      appVersion: fc.string(),
      created: fc.string(),
      deprecated: fc.boolean(),
      digest: fc.string(),
      kubeVersion: fc.string(),
      type: fc.constantFrom('', 'application', 'library', 'other'),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(kept, more, (item, other) => {
      assert.deepEqual(read({ ...other, ...item }), read(item));
    }),
  );
});
