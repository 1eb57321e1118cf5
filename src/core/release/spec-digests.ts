/**
 * Digests of the parts of a spec that change a release without changing its values: SHA-256 over what Go's
 * `json.Encoder` writes for the API's structs, in field order, empty fields left out, a newline at the end.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { HelmReleaseSpec } from '../api/helm-release.ts';
import { compareBytewise } from '../json/go-yaml-key-order.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { stringifyJson } from '../json/stringify.ts';

const SELECTOR_FIELDS = [
  'group',
  'version',
  'kind',
  'namespace',
  'name',
  'annotationSelector',
  'labelSelector',
] as const;
const IMAGE_FIELDS = ['newName', 'newTag', 'digest'] as const;

/** `status.observedPostRenderersDigest`; undefined when the spec has no post renderers. */
export function postRenderersDigest(spec: HelmReleaseSpec): string | undefined {
  return spec.postRenderers === undefined ? undefined : digest(spec.postRenderers.map(postRenderer));
}

/** `status.observedCommonMetadataDigest`; undefined when the spec has no common metadata. */
export function commonMetadataDigest(spec: HelmReleaseSpec): string | undefined {
  const metadata = spec.commonMetadata;
  if (metadata === undefined) return undefined;
  return digest({ ...sortedMap('annotations', metadata), ...sortedMap('labels', metadata) });
}

/** JSON as Go's encoder writes it: `<`, `>`, `&` and the two line separators of JavaScript are escaped. */
export function encodeGoJson(value: Json): string {
  const escaped = stringifyJson(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${escaped}\n`;
}

function digest(value: Json): string {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(encodeGoJson(value))))}`;
}

function postRenderer(renderer: JsonObject): JsonObject {
  const kustomize = renderer['kustomize'];
  if (!isJsonObject(kustomize)) return {};
  return {
    kustomize: { ...list('patches', kustomize, patch), ...list('images', kustomize, image) },
  };
}

function patch(entry: JsonObject): JsonObject {
  const target = entry['target'];
  return {
    patch: entry['patch'] ?? '',
    ...(isJsonObject(target) ? { target: nonEmpty(target, SELECTOR_FIELDS) } : {}),
  };
}

function image(entry: JsonObject): JsonObject {
  return { name: entry['name'] ?? '', ...nonEmpty(entry, IMAGE_FIELDS) };
}

function list(field: string, parent: JsonObject, convert: (entry: JsonObject) => JsonObject): JsonObject {
  const entries = parent[field];
  if (!Array.isArray(entries) || entries.length === 0) return {};
  return { [field]: entries.filter(isJsonObject).map(convert) };
}

function nonEmpty(entry: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = entry[field];
      return value === undefined || value === null || value === '' ? [] : [[field, value] as const];
    }),
  );
}

function sortedMap(field: string, parent: JsonObject): JsonObject {
  const map = parent[field];
  if (!isJsonObject(map) || Object.keys(map).length === 0) return {};
  const entries = Object.entries(map).toSorted(([left], [right]) => compareBytewise(left, right));
  return { [field]: Object.fromEntries(entries) };
}
