import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { isJudged, shapeProblem } from '../../../src/core/policy/object-shape.ts';
import { JUDGED_KINDS } from '../../../src/core/policy/rule.ts';

const SOURCE_GROUP = 'source.toolkit.fluxcd.io';
const object = (spec?: JsonObject): JsonObject => ({
  metadata: { name: 'x' },
  ...(spec === undefined ? {} : { spec }),
});

describe('the kinds that are judged', () => {
  it('are those of Flux, each in its own group', () => {
    for (const kind of JUDGED_KINDS) {
      const own = kind === 'HelmRelease' ? 'helm.toolkit.fluxcd.io' : SOURCE_GROUP;
      const other = kind === 'HelmRelease' ? SOURCE_GROUP : 'helm.toolkit.fluxcd.io';
      assert.deepEqual(
        [isJudged(own, kind), isJudged(other, kind), isJudged('', kind)],
        [true, false, false],
        kind,
      );
    }
    assert.deepEqual(
      ['Kustomization', 'toString', '__proto__', ''].filter((kind) => isJudged(SOURCE_GROUP, kind)),
      [],
    );
  });
});

/** What is wrong, behind its path. */
function problemText(kind: string, object: JsonObject): string | undefined {
  const problem = shapeProblem(kind, object);
  return problem === undefined ? undefined : `${problem.path} ${problem.message}`;
}

describe('the shape of a source', () => {
  const table: readonly (readonly [string, JsonObject | undefined, string | undefined])[] = [
    ['GitRepository', { url: 'https://a.example' }, undefined],
    ['GitRepository', {}, 'spec.url is required'],
    ['GitRepository', { url: 7 }, 'spec.url must be a text'],
    ['GitRepository', { url: 'a'.repeat(4097) }, 'spec.url is longer than 4096 characters'],
    ['Bucket', { endpoint: 'a', bucketName: 'b' }, undefined],
    ['Bucket', { endpoint: 'a' }, 'spec.bucketName is required'],
    ['Bucket', { endpoint: 'a', bucketName: {} }, 'spec.bucketName must be a text'],
    ['Bucket', { endpoint: 'a', bucketName: 'b', provider: 1 }, 'spec.provider must be a text'],
    ['OCIRepository', { url: 'oci://a.example', ref: { tag: '1' } }, undefined],
    ['OCIRepository', { url: 'oci://a.example', ref: 'latest' }, 'spec.ref must be an object'],
    ['OCIRepository', { url: 'oci://a.example', ref: { semver: 1 } }, 'spec.ref.semver must be a text'],
    ['OCIRepository', { url: 'oci://a.example', layerSelector: [] }, 'spec.layerSelector must be an object'],
    ['ExternalArtifact', undefined, undefined],
    ['ExternalArtifact', { sourceRef: { kind: 'X', name: 'y' } }, undefined],
    ['HelmRepository', undefined, 'spec is required'],
  ];
  for (const [kind, spec, problem] of table) {
    it(`of a ${kind} ${problem ?? 'is fine'}: ${JSON.stringify(spec)?.slice(0, 60)}`, () => {
      assert.equal(problemText(kind, object(spec)), problem);
    });
  }
});

describe('the metadata of an object', () => {
  const repository = (metadata: JsonObject): JsonObject => ({
    metadata: { name: 'x', ...metadata },
    spec: { url: 'https://a.example' },
  });
  for (const field of ['labels', 'annotations'] as const) {
    it(`may have ${field} that are null, which the API server drops however they are sent`, () => {
      assert.equal(shapeProblem('HelmRepository', repository({ [field]: null })), undefined);
      assert.equal(
        problemText('HelmRepository', repository({ [field]: 'x' })),
        `metadata.${field} must be an object`,
      );
    });
  }
});

describe('the spec of an object', () => {
  const release = (spec: JsonObject): JsonObject => ({
    metadata: { name: 'x' },
    spec: { interval: '5m', ...spec },
  });
  const chart = { spec: { chart: 'x', sourceRef: { kind: 'HelmRepository', name: 'r' } } };
  it('may have no null where rules read it: the API server drops it from a create and refuses it in a server-side apply', () => {
    assert.equal(shapeProblem('HelmRelease', release({ chart })), undefined);
    assert.equal(
      problemText('HelmRelease', release({ chart, releaseName: null })),
      'spec.releaseName must be a text',
    );
    assert.equal(
      problemText('HelmRelease', release({ chart, chartRef: null })),
      'spec either spec.chart or spec.chartRef must be set',
    );
  });
});

describe('a text without quotes that reads as something else', () => {
  it('is wanted in quotes', () => {
    const release = (version: number | JsonObject) => ({
      metadata: { name: 'x' },
      spec: {
        interval: '5m',
        chart: { spec: { chart: 'x', version, sourceRef: { kind: 'HelmRepository', name: 'r' } } },
      },
    });
    assert.deepEqual(shapeProblem('HelmRelease', release(1.1)), {
      path: 'spec.chart.spec.version',
      message: 'must be a text',
      wouldPass: 'a text: write it in quotes',
    });
    assert.equal(shapeProblem('HelmRelease', release({}))?.wouldPass, undefined);
  });
});
