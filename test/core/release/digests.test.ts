import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { digestValues } from '../../../src/core/release/config-digest.ts';
import {
  commonMetadataDigest,
  encodeGoJson,
  postRenderersDigest,
} from '../../../src/core/release/spec-digests.ts';

function hash(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

describe('the digest of values', () => {
  // Vectors of fluxcd/pkg chartutil.
  const golden: readonly (readonly [JsonObject, string])[] = [
    [{}, 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [
      {
        replicas: 3,
        ports: [
          { protocol: 'TCP', port: 8080 },
          { port: 9090, protocol: 'UDP' },
        ],
        image: { tag: 'latest', repository: 'nginx' },
      },
      'sha256:fcdc2b0de1581a3633ada4afee3f918f6eaa5b5ab38c3fef03d5b48d3f85d9f6',
    ],
    [
      {
        test: {
          '632bd80ddf416cf32fd50679': 'value2',
          '632bd80235a05f4192aefade': 'value1',
          '632bd82398e71231a98004b6': 'value4',
          '632bd817c559818a52307da2': 'value3',
        },
        replicas: 3,
      },
      'sha256:8a980fcbeadd6f05818f07e8aec14070c22250ca3d96af1fcd5f93b3e85b4d70',
    ],
  ];
  for (const [index, [values, digest]] of golden.entries()) {
    it(`is Flux's for vector ${index}, whatever the order of keys`, () =>
      assert.equal(digestValues(values), digest));
  }

  it('sorts keys by their bytes, not by UTF-16 units', () => {
    assert.equal(digestValues({ '\u{1f600}': 1, '\uff5e': 2 }), hash('\uff5e: 2\n"\\U0001F600": 1\n'));
  });

  it('rounds integers beyond 2^53 as a float64 does', () => {
    assert.equal(digestValues({ a: 9007199254740993n }), digestValues({ a: 9007199254740992n }));
    assert.notEqual(digestValues({ a: 9007199254740993n }), digestValues({ a: 9007199254740994n }));
  });

  it('does not count members that are undefined', () => {
    assert.equal(digestValues({ a: 1, b: undefined }), digestValues({ a: 1 }));
  });
});

describe('the digest of post renderers and common metadata', () => {
  const base = { interval: '1m' };

  it('is absent when the spec has none, and that of an empty list when it is empty', () => {
    assert.equal(postRenderersDigest(base), undefined);
    assert.equal(commonMetadataDigest(base), undefined);
    assert.equal(postRenderersDigest({ ...base, postRenderers: [] }), hash('[]\n'));
  });

  it("is over Go's struct order with empty fields left out, and escapes HTML", () => {
    const postRenderers = [
      {
        kustomize: {
          images: [{ digest: '', newTag: 'v2', name: 'a&b' }],
          patches: [
            { target: { name: 'x', kind: 'Deployment', namespace: '' }, patch: '<p>' },
            { patch: 'q' },
          ],
        },
      },
      {},
    ];
    const text =
      '[{"kustomize":{"patches":[{"patch":"\\u003cp\\u003e","target":{"kind":"Deployment","name":"x"}},{"patch":"q"}],' +
      '"images":[{"name":"a\\u0026b","newTag":"v2"}]}},{}]\n';
    assert.equal(postRenderersDigest({ ...base, postRenderers }), hash(text));
  });

  it('has sorted maps, annotations before labels', () => {
    const commonMetadata = { labels: { b: '2', a: '1' }, annotations: { z: '' } };
    assert.equal(
      commonMetadataDigest({ ...base, commonMetadata }),
      hash('{"annotations":{"z":""},"labels":{"a":"1","b":"2"}}\n'),
    );
  });

  it('escapes what HTML and JavaScript would read, as Go does', () => {
    assert.equal(encodeGoJson({ a: '\u2028\u2029<' }), '{"a":"\\u2028\\u2029\\u003c"}\n');
  });
});
