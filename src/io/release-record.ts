import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { isJsonObject, type JsonObject } from '../core/json/json.ts';
import { parseJson } from '../core/json/parse.ts';
import { stringifyJson } from '../core/json/stringify.ts';
import type { StoredRelease } from './contract.ts';

/** Type of the Secrets in which helm 3 and 4 keep their releases. */
export const RELEASE_SECRET_TYPE = 'helm.sh/release.v1';

/**
 * A Secret is limited to 1 MiB; gzip packs text at most about 1,000:1. Real releases unpack to 5-10 times their size:
 * 64 MiB leaves room and still fits a small pod.
 */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
/** Secret limit (1 MiB) with room for the encoding around it. */
const MAX_PACKED_BYTES = 3 * 1024 * 1024;
/** Deeper than any chart's values; the walks over a record recurse. */
const MAX_DEPTH = 256;

const NAME =
  /^sh\.helm\.release\.v1\.(?<release>[a-z0-9](?:[-a-z0-9.]{0,51}[a-z0-9])?)\.v(?<version>[1-9]\d{0,8})$/;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);

const gunzipAsync = promisify(gunzip);
const gzipAsync = promisify(gzip);

/** A release record that cannot be read; the message says why, without any of its content. */
export class ReleaseRecordError extends Error {
  override readonly name = 'ReleaseRecordError';
}

/** Name of the Secret that holds one revision. */
export function releaseSecretName(release: string, version: number): string {
  return `sh.helm.release.v1.${release}.v${version}`;
}

/** Release and revision that a Secret's name stands for, if it is a release record's. */
export function parseReleaseSecretName(
  name: string,
): { readonly release: string; readonly version: number } | undefined {
  const groups = NAME.exec(name)?.groups;
  return groups === undefined
    ? undefined
    : { release: groups['release'] ?? '', version: Number(groups['version']) };
}

/**
 * Reads a record from `data.release` after Kubernetes' own base64 was taken off: base64, gzip (or none, in very old
 * records), JSON. Rejects with a ReleaseRecordError.
 */
export async function decodeRelease(data: Uint8Array, resourceVersion?: string): Promise<StoredRelease> {
  if (data.length > MAX_PACKED_BYTES) throw new ReleaseRecordError(`longer than ${MAX_PACKED_BYTES} bytes`);
  const packed = Buffer.from(Buffer.from(data).toString('latin1'), 'base64');
  let bytes: Buffer = packed;
  if (packed.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) {
    try {
      bytes = await gunzipAsync(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
    } catch {
      throw new ReleaseRecordError(`not gzip, cut, or more than ${MAX_UNPACKED_BYTES} bytes unpacked`);
    }
  }
  if (depthOf(bytes) > MAX_DEPTH) throw new ReleaseRecordError(`nested deeper than ${MAX_DEPTH} levels`);
  const parsed = parseJson(bytes.toString('utf8'));
  if (!parsed.ok) throw new ReleaseRecordError(parsed.message);
  if (!isJsonObject(parsed.value)) throw new ReleaseRecordError('not a JSON object');
  return releaseOf(parsed.value, resourceVersion);
}

/** The opposite of `decodeRelease`: what stands in `data.release` before Kubernetes' own base64. */
export async function encodeRelease(raw: JsonObject): Promise<Uint8Array> {
  const packed = await gzipAsync(Buffer.from(stringifyJson(raw), 'utf8'), { level: 9 });
  return Buffer.from(packed.toString('base64'), 'latin1');
}

function releaseOf(raw: JsonObject, resourceVersion: string | undefined): StoredRelease {
  const info = objectIn(raw, 'info');
  const metadata = objectIn(objectIn(raw, 'chart'), 'metadata');
  const name = textIn(raw, 'name');
  const version = raw['version'];
  if (name === '' || typeof version !== 'number')
    throw new ReleaseRecordError('it has no name or no version');
  const applyMethod = textIn(raw, 'apply_method');
  return {
    name,
    namespace: textIn(raw, 'namespace'),
    version,
    status: textIn(info, 'status'),
    description: textIn(info, 'description'),
    chartName: textIn(metadata, 'name'),
    chartVersion: textIn(metadata, 'version'),
    appVersion: textIn(metadata, 'appVersion'),
    config: objectIn(raw, 'config'),
    manifest: textIn(raw, 'manifest'),
    firstDeployed: textIn(info, 'first_deployed'),
    lastDeployed: textIn(info, 'last_deployed'),
    deleted: textIn(info, 'deleted'),
    ...(applyMethod === '' ? {} : { applyMethod }),
    raw,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function objectIn(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isJsonObject(value) ? value : {};
}

function textIn(parent: JsonObject, key: string): string {
  const value = parent[key];
  return typeof value === 'string' ? value : '';
}

/** Deepest nesting of a JSON text, found without recursion. */
function depthOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return deepest;
}
