import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { bucketUrl } from '../../../src/core/policy/bucket-url.ts';
import { parseCanonicalUrl } from '../../../src/core/policy/canonical-url.ts';
import { chartFact, sourceBehindChart, sourceFactOf } from '../../../src/core/policy/source-fact.ts';

const place = { namespace: 'team', name: 'x' };

describe('the URL of a Bucket', () => {
  const table: readonly (readonly [JsonObject, string | undefined])[] = [
    [{ endpoint: 'minio.example.com', bucketName: 'charts' }, 'bucket://minio.example.com/charts'],
    [
      { endpoint: 'minio.example.com:9000', bucketName: 'charts', insecure: true },
      'bucket+http://minio.example.com:9000/charts',
    ],
    [
      { endpoint: 's3.amazonaws.com', bucketName: 'charts', provider: 'aws' },
      'bucket://s3.amazonaws.com/charts',
    ],
    [
      { endpoint: 'anything', bucketName: 'charts', provider: 'gcp', insecure: true },
      'bucket://storage.googleapis.com/charts',
    ],
    [
      { endpoint: 'https://a.blob.core.windows.net', bucketName: 'charts', provider: 'azure' },
      'bucket://a.blob.core.windows.net/charts',
    ],
    [
      { endpoint: 'https://a.blob.core.windows.net/', bucketName: 'charts', provider: 'azure' },
      'bucket://a.blob.core.windows.net/charts',
    ],
    [
      { endpoint: 'http://127.0.0.1:10000', bucketName: 'charts', provider: 'azure' },
      'bucket+http://127.0.0.1:10000/charts',
    ],
    [
      { endpoint: 'a.blob.core.windows.net', bucketName: 'charts', provider: 'azure' },
      'bucket://a.blob.core.windows.net/charts',
    ],
    [{ endpoint: 'minio.example.com' }, undefined],
    [{ bucketName: 'charts' }, undefined],
    [{ endpoint: 'minio.example.com', bucketName: '' }, undefined],
    [{ endpoint: 7, bucketName: 'charts' }, undefined],
  ];
  for (const [spec, url] of table) {
    it(`is ${url} for ${JSON.stringify(spec)}`, () => assert.equal(bucketUrl(spec), url));
  }

  it('is canonical only where endpoint and name are what they seem to be', () => {
    const piece = fc.constantFrom(
      'minio.example.com',
      '@',
      '/',
      '\\',
      '?',
      '#',
      ':',
      '9000',
      'evil.example',
      '..',
      '%2f',
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (endpoint, bucketName) => {
        const parsed = parseCanonicalUrl(bucketUrl({ endpoint, bucketName }) ?? '');
        if (!parsed.ok) return;
        const { host, port, segments } = parsed.url;
        assert.equal(port === 443 ? host : `${host}:${port}`, endpoint);
        assert.deepEqual(segments, [bucketName]);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the fact about a source', () => {
  it('holds its URL, whether it is suspended or includes others, and its spec', () => {
    const spec = {
      url: 'ssh://git@github.com/acme',
      suspend: true,
      include: [{ repository: { name: 'y' } }],
    };
    assert.deepEqual(sourceFactOf({ kind: 'GitRepository', ...place }, spec), {
      ...{ kind: 'GitRepository', ...place, url: spec.url, suspended: true, includes: true, spec },
    });
    assert.deepEqual(sourceFactOf({ kind: 'HelmRepository', ...place }, { url: 5, include: [1] }), {
      ...{ kind: 'HelmRepository', ...place, spec: { url: 5, include: [1] } },
    });
    assert.deepEqual(sourceFactOf({ kind: 'HelmRepository', ...place }, undefined), {
      kind: 'HelmRepository',
      ...place,
    });
  });

  it('of a HelmChart takes URL and state from behind it and the spec from itself', () => {
    const spec = {
      chart: 'app',
      url: 'https://not.read',
      sourceRef: { kind: 'HelmRepository', name: 'repo' },
    };
    const chart = sourceFactOf({ kind: 'HelmChart', ...place }, spec);
    assert.equal(chart.url, undefined);
    assert.deepEqual(sourceBehindChart(chart), { kind: 'HelmRepository', namespace: 'team', name: 'repo' });
    const behind = sourceFactOf(
      { kind: 'HelmRepository', ...place },
      { url: 'https://a.example', suspend: true },
    );
    assert.deepEqual(chartFact(chart, { known: true, value: behind }), {
      known: true,
      value: { kind: 'HelmChart', ...place, url: 'https://a.example', suspended: true, spec },
    });
    assert.deepEqual(chartFact(chart, { known: false, why: 'Forbidden' }), {
      known: false,
      why: 'Forbidden',
    });
    assert.deepEqual(chartFact(chart, undefined), { known: false, why: 'Unsupported' });
    assert.equal(
      sourceBehindChart(sourceFactOf({ kind: 'HelmChart', ...place }, { sourceRef: { name: 1 } })),
      undefined,
    );
  });
});
