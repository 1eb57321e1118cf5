/**
 * Where a HelmRelease's Helm release lives and what it is called. Helm allows 53 characters for a name, so a longer
 * one is cut and told apart by a digest, exactly as Flux does it: a release keeps its name on hand-over.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { isJsonObject, type Json } from '../json/json.ts';

/** Helm's limit for a release name. */
const MAX_NAME_LENGTH = 53;
const DIGEST_LENGTH = 12;
/** What is left of a long name in front of `-` and the digest: 53 - 1 - 12. */
const KEPT_LENGTH = MAX_NAME_LENGTH - 1 - DIGEST_LENGTH;

/**
 * The part of a HelmRelease that names are made of. Both a typed HelmRelease and an object that was not validated
 * yet fit; a field of another type than text counts as absent.
 */
export interface NamedRelease {
  readonly metadata?: { readonly name?: string; readonly namespace?: string } | Json;
  readonly spec?: object | Json;
}

/** Cuts a release name to Helm's limit: 40 characters, `-` and 12 hex digits of the name's SHA-256. */
export function shortenReleaseName(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  const digest = bytesToHex(sha256(utf8ToBytes(name))).slice(0, DIGEST_LENGTH);
  return `${name.slice(0, KEPT_LENGTH)}-${digest}`;
}

/** Name of the Helm release: `spec.releaseName`, else `[targetNamespace-]name`, shortened. */
export function releaseNameOf(release: NamedRelease): string {
  const target = text(release.spec, 'targetNamespace');
  const name = text(release.metadata, 'name') ?? '';
  const composed = target === undefined ? name : `${target}-${name}`;
  return shortenReleaseName(text(release.spec, 'releaseName') ?? composed);
}

/** Namespace that the release's objects go to: `spec.targetNamespace`, else the HelmRelease's own. */
export function releaseNamespaceOf(release: NamedRelease): string {
  return text(release.spec, 'targetNamespace') ?? text(release.metadata, 'namespace') ?? '';
}

/** Namespace of Helm's release Secrets: `spec.storageNamespace`, else the HelmRelease's own (never the target). */
export function storageNamespaceOf(release: NamedRelease): string {
  return text(release.spec, 'storageNamespace') ?? text(release.metadata, 'namespace') ?? '';
}

/** A non-empty text field; the API treats an empty text as absent. */
function text(parent: object | Json | undefined, field: string): string | undefined {
  if (!isJsonObject(parent as Json | undefined) || !Object.hasOwn(parent as object, field)) return undefined;
  const value = (parent as Record<string, unknown>)[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
