/** A request line that may go on: the path split into decoded segments, without the token. */
export interface RequestTarget {
  readonly token: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/** Longest request line; label selectors and continue tokens stay under 2 KiB. */
const MAX_TARGET_CHARS = 8_192;
/** `/apis/group/version/namespaces/ns/resource/name/subresource` has 8; OpenAPI paths have fewer. */
const MAX_SEGMENTS = 10;
const ROOTS: ReadonlySet<string> = new Set(['api', 'apis', 'openapi', 'version']);
/** Printable ASCII without what a URL must escape or may not hold. */
const ALLOWED = /^[!$%&'()*+,\-./0-9:;=?@A-Z_a-z~[\]|^`{}<>"]*$/;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN_IN_SEGMENT = /[/\\%\u0000-\u001f\u007f]/;

/**
 * Takes a request target apart, or says undefined when it is not exactly one canonical API path: absolute forms, empty
 * and dot segments, encoded slashes, doubly encoded or control characters. What passes is encoded anew when forwarded, so the API
 * server reads the same segments as every check here.
 */
export function parseTarget(target: string): RequestTarget | undefined {
  if (target.length > MAX_TARGET_CHARS || !target.startsWith('/') || !ALLOWED.test(target)) return undefined;
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const [token, ...segments] = path.slice(1).split('/').map(decodeSegment);
  if (token === undefined || segments.length === 0 || segments.length > MAX_SEGMENTS) return undefined;
  const decoded = segments.filter((segment) => segment !== undefined);
  if (decoded.length !== segments.length || !ROOTS.has(decoded[0] ?? '')) return undefined;
  return { token, segments: decoded, query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)) };
}

/** The path as it is sent on. */
export function formatPath(segments: readonly string[]): string {
  // Colons stand in the names of RBAC objects; escaping them is allowed, but nobody else does.
  return `/${segments.map((segment) => encodeURIComponent(segment).replaceAll('%3A', ':')).join('/')}`;
}

function decodeSegment(text: string): string | undefined {
  let segment: string;
  try {
    segment = decodeURIComponent(text);
  } catch {
    return undefined;
  }
  if (segment === '' || segment === '.' || segment === '..') return undefined;
  return FORBIDDEN_IN_SEGMENT.test(segment) ? undefined : segment;
}
