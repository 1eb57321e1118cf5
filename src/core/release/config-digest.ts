import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { emitGoYaml } from '../json/go-yaml.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';

/**
 * The digest of final values as Flux computes it (fluxcd/pkg chartutil `DigestValues`): SHA-256 over go-yaml v2 text
 * with the keys of every map in byte order; no values at all hash no bytes. Flux holds each number as a float64, so
 * an integer beyond 2^53 is rounded first.
 */
export function digestValues(values: JsonObject): string {
  const text =
    Object.keys(values).length === 0 ? '' : emitGoYaml(asGoValues(values), { keyOrder: 'bytewise' });
  return `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

function asGoValues(value: Json): Json {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(asGoValues);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [[key, asGoValues(member)] as const],
  );
  return Object.fromEntries(entries);
}
