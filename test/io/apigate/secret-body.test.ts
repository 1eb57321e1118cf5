import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtobufError, readFields, writeField } from '../../../src/io/apigate/protobuf-fields.ts';
import { readSecretBody, withResourceVersion } from '../../../src/io/apigate/secret-body.ts';

interface Parts {
  readonly name: string;
  readonly namespace: string;
  readonly release: string;
}

const text = (number: number, value: string): Buffer => writeField(number, Buffer.from(value));

/** A Secret as client-go's generated marshaller writes it: every string of the metadata, the empty ones too. */
function protobufSecret({ name, namespace, release }: Parts): Buffer {
  const label = writeField(11, Buffer.concat([text(1, 'owner'), text(2, 'helm')]));
  const generation = Buffer.from([7 * 8, 0x80, 0x01]);
  const metadata = Buffer.concat([
    text(1, name),
    text(2, ''),
    text(3, namespace),
    text(6, ''),
    generation,
    label,
  ]);
  const secret = Buffer.concat([
    writeField(1, metadata),
    writeField(2, Buffer.concat([text(1, 'other'), text(2, 'x')])),
    writeField(2, Buffer.concat([text(1, 'release'), text(2, release)])),
    text(3, 'helm.sh/release.v1'),
  ]);
  const typeMeta = writeField(1, Buffer.concat([text(1, 'v1'), text(2, 'Secret')]));
  return Buffer.concat([Buffer.from('k8s\0'), typeMeta, writeField(2, secret), text(3, ''), text(4, '')]);
}

function jsonSecret({ name, namespace, release }: Parts): Buffer {
  return Buffer.from(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'helm.sh/release.v1',
      data: { release: Buffer.from(release).toString('base64') },
    }),
  );
}

const parts = fc.record({
  name: fc.string(),
  namespace: fc.string(),
  release: fc.string({ maxLength: 2_000 }),
});

for (const [encoding, write] of [
  ['protobuf', protobufSecret],
  ['JSON', jsonSecret],
] as const) {
  test(`reads any Secret from ${encoding}, and sets its resourceVersion without touching the rest`, () => {
    fc.assert(
      fc.property(parts, fc.stringMatching(/^\d{1,10}$/), (secret, version) => {
        const expected = {
          name: secret.name,
          namespace: secret.namespace,
          type: 'helm.sh/release.v1',
          resourceVersion: '',
          release: Buffer.from(secret.release),
        };
        const body = write(secret);
        assert.deepEqual(readSecretBody(body), expected);
        const guarded = withResourceVersion(body, version);
        assert.deepEqual(readSecretBody(guarded), { ...expected, resourceVersion: version });
      }),
    );
  });
}

test('refuses protobuf that is cut anywhere, or reads less from it, but never loops or crashes otherwise', () => {
  const whole = protobufSecret({ name: 'a', namespace: 'b', release: 'c' });
  for (let length = 4; length < whole.length; length += 1) {
    try {
      readSecretBody(whole.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof ProtobufError, String(error));
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        readFields(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

for (const body of ['', 'x', '[]', 'null', '{"metadata":']) {
  test(`refuses ${JSON.stringify(body)} as a Secret`, () => {
    assert.throws(() => readSecretBody(Buffer.from(body)), SyntaxError);
  });
}

test('takes fields of other types in JSON for absent', () => {
  const body = Buffer.from('{"metadata":{"name":5},"data":{"release":7},"type":null}');
  assert.deepEqual(readSecretBody(body), { name: '', namespace: '', type: '', resourceVersion: '' });
});
