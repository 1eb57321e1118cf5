import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_CHART_YAML_BYTES, readChartMetadata } from '../../../src/core/chart/chart-metadata.ts';

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
  [`a: ${'['.repeat(40_000)}`, /^Chart\.yaml: YAML nested deeper than 32 levels$/],
  ['[]', /^Chart\.yaml is not a map$/],
  ['apiVersion: ""\nname: web\nversion: 1.0.0\n', /^Chart\.yaml: apiVersion is required$/],
  ['apiVersion: [v2]\nname: web\nversion: 1.0.0\n', /^Chart\.yaml: apiVersion is required$/],
  ['apiVersion: v2\nname: ""\nversion: 1.0.0\n', /^Chart\.yaml: name is required$/],
  ['apiVersion: v2\nname: web\nversion: ""\n', /^Chart\.yaml: version is required$/],
  ['apiVersion: v2\nname: web\nversion: {a: b}\n', /^Chart\.yaml: version is required$/],
  [' '.repeat(MAX_CHART_YAML_BYTES + 1), /^Chart\.yaml: YAML of 262145 characters/],
];
test('refuses a Chart.yaml that is incomplete, ambiguous or hostile', () => {
  for (const [text, why] of REFUSED) {
    const read = readChartMetadata(text);
    if (read.ok) assert.fail(text.slice(0, 40));
    assert.match(read.message, why);
  }
});

test('leaves out an appVersion that is no text', () => {
  for (const written of ['null', '', '[1]', '{a: b}']) {
    const read = readChartMetadata(`apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: ${written}\n`);
    assert.deepEqual(read, { ok: true, metadata: { name: 'web', version: '1.0.0' } }, written);
  }
});

test('reads a Chart.yaml that is as long as its bound', () => {
  const text = 'apiVersion: v2\nname: web\nversion: 1.0.0\n';
  assert.ok(readChartMetadata(text + '\n'.repeat(10)).ok);
  assert.ok(readChartMetadata(`${text}#${'x'.repeat(MAX_CHART_YAML_BYTES - text.length - 1)}`).ok);
});
