/**
 * References to container images, as the distribution project's grammar has them: `[registry/]path[:tag][@digest]`. What that
 * grammar does not admit is refused, so that no two programs read one text as two places.
 */

export interface ImageReference {
  /** Host, and port when one is written, in lower case; docker.io when none is written. */
  readonly registry: string;
  /** The parts of the path; `library` in front of a bare name on docker.io. */
  readonly segments: readonly string[];
  readonly tag?: string;
  /** `sha256:<hex>` or `sha512:<hex>`. */
  readonly digest?: string;
}

/** The start of a reference: a registry, and parts of a path that must follow in full. */
export interface ImagePrefix {
  readonly registry: string;
  readonly segments: readonly string[];
}

/** A name has 255 characters at most, a tag 128, a digest 135 (`sha512:` and 128 digits), and two separators. */
const MAX_LENGTH = 255 + 128 + 135 + 2;
const MAX_NAME_LENGTH = 255;
const HOST =
  /^(?:[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?$/;
const SEGMENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const DOCKER = 'docker.io';

/** Reads a reference; undefined when it is none. */
export function parseImageReference(text: string): ImageReference | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const tagged = at === -1 ? text : text.slice(0, at);
  const colon = tagged.lastIndexOf(':');
  // A colon in front of the last slash belongs to the registry's port.
  const hasTag = colon > tagged.lastIndexOf('/');
  const tag = hasTag ? tagged.slice(colon + 1) : undefined;
  const name = hasTag ? tagged.slice(0, colon) : tagged;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  const place = placeOf(name);
  if (place === undefined || place.segments.length === 0) return undefined;
  return { ...place, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** Reads where images may come from, `ghcr.io/acme`: a registry with its host written out, and the beginning of a path. */
export function parseImagePrefix(text: string): ImagePrefix | undefined {
  const [first = '', ...rest] = text.split('/');
  if (!isRegistry(first) || !HOST.test(first) || !rest.every((part) => SEGMENT.test(part))) return undefined;
  return text.length > MAX_NAME_LENGTH ? undefined : { registry: canonicalRegistry(first), segments: rest };
}

/** Compared by parts: `ghcr.io/acme` covers `ghcr.io/acme/web` and not `ghcr.io/acme-evil/web`. */
export function coversImage(prefix: ImagePrefix, image: ImageReference): boolean {
  return (
    prefix.registry === image.registry &&
    prefix.segments.length <= image.segments.length &&
    prefix.segments.every((segment, index) => segment === image.segments[index])
  );
}

export function formatImagePrefix({ registry, segments }: ImagePrefix): string {
  return [registry, ...segments].join('/');
}

function placeOf(name: string): ImagePrefix | undefined {
  if (name === '' || name.length > MAX_NAME_LENGTH) return undefined;
  const parts = name.split('/');
  const [first = '', ...rest] = parts;
  const hasRegistry = parts.length > 1 && isRegistry(first);
  const segments = hasRegistry ? rest : parts;
  if ((hasRegistry && !HOST.test(first)) || !segments.every((part) => SEGMENT.test(part))) return undefined;
  const registry = hasRegistry ? canonicalRegistry(first) : DOCKER;
  // Docker's own short forms: `nginx` is docker.io/library/nginx.
  const official = registry === DOCKER && segments.length === 1;
  return { registry, segments: official ? ['library', ...segments] : segments };
}

/** The first part of a name is a registry when it cannot be part of a path on Docker Hub. */
function isRegistry(part: string): boolean {
  return /[.:]/.test(part) || part === 'localhost';
}

function canonicalRegistry(host: string): string {
  return host === 'index.docker.io' ? DOCKER : host;
}
