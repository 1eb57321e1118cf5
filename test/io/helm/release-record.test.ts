import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import {
  decodeRelease,
  encodeRelease,
  parseReleaseSecretName,
  releaseSecretName,
} from '../../../src/io/release-record.ts';

const packed = (text: string | Buffer, zip = true): Buffer =>
  Buffer.from((zip ? gzipSync(text) : Buffer.from(text)).toString('base64'));

const record = {
  name: 'web',
  namespace: 'apps',
  version: 3,
  apply_method: 'ssa',
  manifest: '---\nkind: ConfigMap\n',
  config: { replicas: 2, big: 9007199254740993n },
  info: {
    status: 'deployed',
    description: 'Upgrade complete',
    first_deployed: 'a',
    last_deployed: 'b',
    deleted: '',
  },
  chart: { metadata: { name: 'podinfo', version: '1.2.3', appVersion: '9' } },
} satisfies JsonObject;

test('reads a record as helm stores it, integers beyond 2^53 included', async () => {
  const release = await decodeRelease(await encodeRelease(record), '77');
  const { raw, ...fields } = release;
  assert.deepEqual(raw, record);
  assert.deepEqual(fields, {
    name: 'web',
    namespace: 'apps',
    version: 3,
    status: 'deployed',
    description: 'Upgrade complete',
    chartName: 'podinfo',
    chartVersion: '1.2.3',
    appVersion: '9',
    config: record.config,
    manifest: record.manifest,
    firstDeployed: 'a',
    lastDeployed: 'b',
    deleted: '',
    applyMethod: 'ssa',
    resourceVersion: '77',
  });
});

test('reads a record without gzip, and one in which everything optional is missing', async () => {
  const release = await decodeRelease(packed('{"name":"web","version":1,"config":null}', false));
  assert.deepEqual([release.status, release.config, release.applyMethod], ['', {}, undefined]);
});

const unreadable: readonly (readonly [string, Buffer, RegExp])[] = [
  [
    'that unpacks to more than 64 MiB',
    packed(Buffer.alloc(65 * 1024 * 1024, ' ')),
    /more than 67108864 bytes/,
  ],
  ['whose gzip is cut', packed(gzipSync('{}').subarray(0, 12), false), /cut/],
  ['that is nested without end', packed('['.repeat(1_000_000)), /deeper than 256/],
  ['that is no JSON', packed('name: web'), /not valid JSON/],
  ['that is a list', packed('[]'), /not a JSON object/],
  ['without a name', packed('{"version":1}'), /no name or no version/],
  ['over the size of any Secret', Buffer.alloc(3 * 1024 * 1024 + 1, 'A'), /longer than/],
];
for (const [what, data, message] of unreadable) {
  test(`refuses a record ${what}`, async () => {
    await assert.rejects(decodeRelease(data), (error: Error) => {
      assert.equal(error.name, 'ReleaseRecordError');
      assert.match(error.message, message);
      return true;
    });
  });
}

test('counts depth outside of strings only', async () => {
  const manifest = `${'['.repeat(5_000)}\\"{`;
  const release = await decodeRelease(packed(JSON.stringify({ name: 'web', version: 1, manifest })));
  assert.equal(release.manifest, manifest);
});

test('reads back every name that it writes, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/),
      fc.integer({ min: 1, max: 999_999_999 }),
      (release, version) => {
        assert.deepEqual(parseReleaseSecretName(releaseSecretName(release, version)), { release, version });
      },
    ),
  );
  for (const name of [
    'web',
    'sh.helm.release.v1.web',
    'sh.helm.release.v1.web.v0',
    'sh.helm.release.v1..v1',
    'sh.helm.release.v1.web.v01',
    'xsh.helm.release.v1.web.v1',
  ]) {
    assert.equal(parseReleaseSecretName(name), undefined, name);
  }
});
