import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCrdSchema, METADATA_SCHEMA } from '../../../src/core/crds/crd-schema.ts';
import { schemaProblems } from '../../../src/core/crds/schema-problems.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { formatPath } from '../../../src/core/json/path.ts';

const CHART = { spec: { chart: 'x', sourceRef: { kind: 'HelmRepository', name: 'r' } } };

/** Each problem as `path: message (meant, hint)`. */
function problemsOf(
  spec: JsonObject,
  { kind = 'HelmRelease', version = 'v2', written = '' } = {},
): readonly string[] {
  const schema = findCrdSchema(kind, version);
  assert.ok(schema !== undefined);
  return schemaProblems(schema, spec, ['spec'], () => (written === '' ? undefined : written)).map(
    ({ tokens, message, meant, hint }) => {
      const more = [meant, hint].filter((text) => text !== undefined).join(', ');
      return `${formatPath(tokens)}: ${message}${more === '' ? '' : ` (${more})`}`;
    },
  );
}

const UNKNOWN = 'there is no such field: the API server drops it, or refuses the object';
const DURATION = 'must be a duration such as 30s, 5m or 1h30m';

describe('the spec of a HelmRelease', () => {
  const table: readonly (readonly [spec: JsonObject, ...problems: readonly string[]])[] = [
    [{}],
    [{ suspend: 'true' }, 'spec.suspend: must be true or false (true)'],
    [{ suspend: 'yes' }, 'spec.suspend: must be true or false'],
    [{ suspend: 1 }, 'spec.suspend: must be true or false'],
    [{ suspend: null }],
    [{ maxHistory: '7' }, 'spec.maxHistory: must be a whole number (7)'],
    [{ maxHistory: 1.5 }, 'spec.maxHistory: must be a whole number'],
    [{ maxHistory: 7n }],
    [{ timeout: 5 }, `spec.timeout: ${DURATION}`],
    [{ timeout: '5 minutes' }, `spec.timeout: ${DURATION}`],
    [{ timeout: '1h30m' }],
    [{ dependsOn: { name: 'x' } }, 'spec.dependsOn: must be a list'],
    [
      { dependsOn: [{ nam: 'x' }] },
      'spec.dependsOn[0].name: is required',
      `spec.dependsOn[0].nam: ${UNKNOWN} (did you mean "name"?)`,
    ],
    [{ dependsOn: [null] }, 'spec.dependsOn[0]: must be an object'],
    [{ install: { crds: 'Sometimes' } }, 'spec.install.crds: must be one of Skip, Create, CreateReplace'],
    [{ install: { remediaton: {} } }, `spec.install.remediaton: ${UNKNOWN} (did you mean "remediation"?)`],
    [{ intall: { retries: 3 } }, `spec.intall: ${UNKNOWN} (did you mean "install"?)`],
    [{ wholly: 1 }, `spec.wholly: ${UNKNOWN}`],
    [{ install: 'x', upgrade: [] }, 'spec.install: must be an object', 'spec.upgrade: must be an object'],
    [{ releaseName: '' }, 'spec.releaseName: must not be empty'],
    [{ releaseName: 'x'.repeat(54) }, 'spec.releaseName: is longer than 53 characters'],
    [{ values: { any: [{ thing: null }] } }],
    [{ commonMetadata: { labels: { a: 1 } } }, 'spec.commonMetadata.labels.a: must be a text ("1")'],
    [{ chartRef: { kind: 'OCIRepository', name: 'x' } }, 'spec: either chart or chartRef must be set'],
    [
      { kubeConfig: {} },
      'spec.kubeConfig: exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
    ],
    [{ constructor: 1 }, `spec.constructor: ${UNKNOWN}`],
  ];
  for (const [spec, ...problems] of table) {
    it(`${JSON.stringify(spec, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)).slice(0, 60)}: ${problems[0] ?? 'is fine'}`, () => {
      const indexed = problems.map((text) => text.replaceAll('[0]', '["0"]').replaceAll('.["0"]', '["0"]'));
      const found = problemsOf({ interval: '5m', chart: CHART, ...spec }).map((text) =>
        text.replaceAll('.0', '["0"]'),
      );
      assert.deepEqual(found, indexed);
    });
  }

  it('lacks what is required, with all else that is wrong', () => {
    assert.deepEqual(
      problemsOf({ chart: { spec: { verison: '1.0.0', sourceRef: { kind: 'HelmRepositry' } } } }),
      [
        'spec.interval: is required',
        'spec.chart.spec.chart: is required',
        `spec.chart.spec.verison: ${UNKNOWN} (did you mean "version"?)`,
        'spec.chart.spec.sourceRef.name: is required',
        'spec.chart.spec.sourceRef.kind: must be one of HelmRepository, GitRepository, Bucket',
      ],
    );
  });

  it('has a version that is a number: the text is told as it was written', () => {
    const spec = { interval: '5m', chart: { spec: { ...CHART.spec, version: 1.1 } } };
    assert.deepEqual(problemsOf(spec, { written: '1.10' }), [
      'spec.chart.spec.version: must be a text ("1.10")',
    ]);
    assert.deepEqual(problemsOf(spec), ['spec.chart.spec.version: must be a text ("1.1")']);
  });

  it('has the fields of its version', () => {
    const spec = { interval: '5m', chart: CHART, waitStrategy: { name: 'poller' } };
    assert.deepEqual(problemsOf(spec), []);
    assert.deepEqual(problemsOf(spec, { version: 'v2beta2' }), [`spec.waitStrategy: ${UNKNOWN}`]);
  });
});

describe('the spec of a source', () => {
  it('keeps the patterns and lists of its kind', () => {
    const repository = { url: 'ftp://x', timeout: '1h', provider: null };
    assert.deepEqual(problemsOf(repository, { kind: 'HelmRepository', version: 'v1' }), [
      'spec.url: must match ^(http|https|oci)://.*$',
      'spec.timeout: must be a duration without hours, such as 30s, 5m or 90m',
    ]);
  });
});

describe('the metadata of an object', () => {
  const table: readonly (readonly [metadata: Json, ...problems: readonly string[]])[] = [
    [{ name: 'x', namespace: 'y', labels: null }],
    [{ generateName: 'x-' }],
    [{}, 'metadata: either name or generateName must be set'],
    [
      { name: 'Flagger_X' },
      'metadata.name: must be lower case letters, digits, - and ., and begin and end with a letter or digit',
    ],
    [
      { name: 'x', namespace: 'a.b' },
      'metadata.namespace: must be lower case letters, digits and -, and begin and end with a letter or digit',
    ],
    [{ name: 'x', label: {} }, `metadata.label: ${UNKNOWN} (did you mean "labels"?)`],
    [{ name: 'x', labels: { a: true } }, 'metadata.labels.a: must be a text ("true")'],
    [{ name: 1 }, 'metadata.name: must be a text ("1")'],
    ['x', 'metadata: must be an object'],
  ];
  for (const [metadata, ...problems] of table) {
    it(`${JSON.stringify(metadata)}: ${problems[0] ?? 'is fine'}`, () => {
      const found = schemaProblems(METADATA_SCHEMA, metadata, ['metadata'], () => undefined);
      const texts = found.map(({ tokens, message, meant, hint }) => {
        const more = meant ?? hint;
        return `${formatPath(tokens)}: ${message}${more === undefined ? '' : ` (${more})`}`;
      });
      assert.deepEqual(texts, problems);
    });
  }
});
