import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChartMetadata } from '../../../src/core/chart/chart-metadata.ts';

test('reads name, version and appVersion as they are written', () => {
  assert.deepEqual(readChartMetadata('apiVersion: v2\nname: web\nversion: 1.10\nappVersion: 2.0\n'), {
    ok: true,
    metadata: { name: 'web', version: '1.10', appVersion: '2.0' },
  });
  assert.deepEqual(readChartMetadata('apiVersion: v1\nname: web\nversion: "1.0.0"\n'), {
    ok: true,
    metadata: { name: 'web', version: '1.0.0' },
  });
});

const REFUSED: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /not a map/],
  ['name: web\nversion: 1.0.0\n', /apiVersion is required/],
  ['apiVersion: v2\nversion: 1.0.0\n', /name is required/],
  ['apiVersion: v2\nname: web\nversion: null\n', /version is required/],
  ['apiVersion: v2\nname: [web]\nversion: 1.0.0\n', /name is required/],
  ['apiVersion: v2\nname: web\nname: other\nversion: 1.0.0\n', /unique/],
  ['apiVersion: v2\nname: &a web\nversion: *a\n', /alias/],
  [`a: ${'['.repeat(40_000)}`, /nested deeper/],
];
test('refuses a Chart.yaml that is incomplete, ambiguous or hostile', () => {
  for (const [text, why] of REFUSED) {
    const read = readChartMetadata(text);
    if (read.ok) assert.fail(text.slice(0, 40));
    assert.match(read.message, why);
  }
});
