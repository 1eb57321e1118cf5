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
      assert.equal(shapeProblem(kind, object(spec))?.message, problem);
    });
  }
});
