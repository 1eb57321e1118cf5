import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { lastField, readFields, writeField } from './protobuf-fields.ts';

/** What the gate reads of a Secret in a request body. */
export interface SecretBody {
  readonly name: string;
  readonly namespace: string;
  readonly type: string;
  readonly resourceVersion: string;
  /** `data.release` after Kubernetes' base64. */
  readonly release?: Buffer;
}

/** Prefix of Kubernetes' protobuf bodies; a `runtime.Unknown` message follows. */
const MAGIC = Buffer.from('k8s\0', 'latin1');
/** Field numbers of runtime.Unknown, v1.Secret and metav1.ObjectMeta (generated.proto of the API groups). */
const UNKNOWN_RAW = 2;
const SECRET = { metadata: 1, data: 2, type: 3 } as const;
const META = { name: 1, namespace: 3, resourceVersion: 6 } as const;
const ENTRY = { key: 1, value: 2 } as const;

/** Reads a Secret from a protobuf or JSON body. Throws on bytes that are neither. */
export function readSecretBody(body: Buffer): SecretBody {
  return isProtobuf(body) ? readProtobuf(body) : readJson(body);
}

/** The same body with `metadata.resourceVersion` set, which makes the API server refuse it when the object has moved on. */
export function withResourceVersion(body: Buffer, resourceVersion: string): Buffer {
  if (!isProtobuf(body)) {
    const secret = parseObject(body);
    const metadata = isJsonObject(secret['metadata']) ? secret['metadata'] : {};
    return Buffer.from(stringifyJson({ ...secret, metadata: { ...metadata, resourceVersion } }));
  }
  const version = writeField(META.resourceVersion, Buffer.from(resourceVersion));
  const unknown = readFields(body.subarray(MAGIC.length));
  const raw = Buffer.concat(
    readFields(lastField(unknown, UNKNOWN_RAW) ?? Buffer.alloc(0)).map((field) =>
      // A repeated scalar overrides the earlier one, so the rest of the message stays byte for byte.
      field.number === SECRET.metadata
        ? writeField(SECRET.metadata, Buffer.concat([field.payload, version]))
        : field.whole,
    ),
  );
  const rewritten = unknown.map((field) =>
    field.number === UNKNOWN_RAW ? writeField(UNKNOWN_RAW, raw) : field.whole,
  );
  return Buffer.concat([MAGIC, ...rewritten]);
}

function isProtobuf(body: Buffer): boolean {
  return body.subarray(0, MAGIC.length).equals(MAGIC);
}

function readProtobuf(body: Buffer): SecretBody {
  const unknown = readFields(body.subarray(MAGIC.length));
  const secret = readFields(lastField(unknown, UNKNOWN_RAW) ?? Buffer.alloc(0));
  const meta = readFields(lastField(secret, SECRET.metadata) ?? Buffer.alloc(0));
  const release = secret
    .filter((field) => field.number === SECRET.data)
    .map((field) => readFields(field.payload))
    .findLast((entry) => lastField(entry, ENTRY.key)?.toString('utf8') === 'release');
  const releaseBytes = release === undefined ? undefined : lastField(release, ENTRY.value);
  const text = (bytes: Buffer | undefined): string => bytes?.toString('utf8') ?? '';
  return {
    name: text(lastField(meta, META.name)),
    namespace: text(lastField(meta, META.namespace)),
    resourceVersion: text(lastField(meta, META.resourceVersion)),
    type: text(lastField(secret, SECRET.type)),
    ...(releaseBytes === undefined ? {} : { release: releaseBytes }),
  };
}

function readJson(body: Buffer): SecretBody {
  const secret = parseObject(body);
  const metadata = isJsonObject(secret['metadata']) ? secret['metadata'] : {};
  const data = isJsonObject(secret['data']) ? secret['data'] : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    name: text(metadata['name']),
    namespace: text(metadata['namespace']),
    resourceVersion: text(metadata['resourceVersion']),
    type: text(secret['type']),
    ...(typeof data['release'] === 'string' ? { release: Buffer.from(data['release'], 'base64') } : {}),
  };
}

function parseObject(body: Buffer): JsonObject {
  const parsed = parseJson(body.toString('utf8'));
  if (!parsed.ok) throw new SyntaxError(parsed.message);
  if (!isJsonObject(parsed.value)) throw new SyntaxError('the body is not a JSON object');
  return parsed.value;
}
