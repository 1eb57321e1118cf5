/**
 * Source URLs are accepted in one spelling only, so that two texts are the same place exactly when they are equal part by
 * part; a URL that needs interpreting is refused with the canonical spelling as the hint. Different programs read the other
 * spellings differently: `good.example\@evil.example`, `127.1`, `good.example%2eevil` have all been used to pass allow-lists.
 *
 * One trailing slash is accepted and does not count, as Flux strips it before it fetches.
 */

export interface CanonicalUrl {
  readonly scheme: 'http' | 'https' | 'oci';
  readonly host: string;
  /** The scheme's default when none is written. */
  readonly port: number;
  /** The parts of the path between slashes, none of them empty. */
  readonly segments: readonly string[];
  /** The text, without a trailing slash. */
  readonly text: string;
}

export type UrlResult =
  | { readonly ok: true; readonly url: CanonicalUrl }
  /** `hint` is the canonical spelling, when there is one. */
  | { readonly ok: false; readonly problem: string; readonly hint?: string };

/** The longest URL accepted: what browsers and proxies commonly bear, far above any chart repository's. */
export const MAX_URL_LENGTH = 2048;

const DEFAULT_PORTS = { http: 80, https: 443, oci: 443 } as const;
const URL_PARTS = /^(?<scheme>https?|oci):\/\/(?<authority>[^/]*)(?<path>\/.*)?$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** RFC 3986 unreserved and sub-delims, `:` and `@`; percent-escapes are looked at on their own. */
const SEGMENT = /^([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+$/;
/** The OCI distribution specification's name components. */
const OCI_SEGMENT = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;

/** Results that are remembered: the rules of a set ask for the same few URLs at every request. */
const MAX_REMEMBERED = 256;
const remembered = new Map<string, UrlResult>();

/** Reads a URL that is already in canonical spelling. */
export function parseCanonicalUrl(text: string): UrlResult {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const result = read(text);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  if (text.length <= MAX_URL_LENGTH) remembered.set(text, result);
  return result;
}

function read(text: string): UrlResult {
  const result = parse(text);
  if (result.ok) return result;
  const hint = canonicalSpelling(text);
  return hint === undefined ? result : { ...result, hint };
}

/** Same scheme, host and port, and the same path, or with `subpaths` a path below it, compared by segments. */
export function coversUrl(allowed: CanonicalUrl, subpaths: boolean, url: CanonicalUrl): boolean {
  return (
    allowed.scheme === url.scheme &&
    allowed.host === url.host &&
    allowed.port === url.port &&
    (subpaths
      ? allowed.segments.length <= url.segments.length
      : allowed.segments.length === url.segments.length) &&
    allowed.segments.every((segment, index) => segment === url.segments[index])
  );
}

/**
 * The URL under which a chart lies: for an OCI repository the chart's name may begin with a path, which belongs to the address that
 * is fetched (`oci://ghcr.io/acme` and `charts/flagger` are `oci://ghcr.io/acme/charts` and `flagger`). Elsewhere a name is a key of
 * the index, and the URL stays.
 */
export function withChartPath(url: CanonicalUrl, chart: string): CanonicalUrl {
  const path = url.scheme === 'oci' ? chart.split('/').slice(0, -1) : [];
  if (path.length === 0) return url;
  return { ...url, segments: [...url.segments, ...path], text: [url.text, ...path].join('/') };
}

/** A URL for messages: without what may be a password or a token in it. */
export function redactUrl(text: string): string {
  const start = text.indexOf('//') + 2;
  const cut = text.replace(/[?#].*$/s, '?...');
  const at = cut.lastIndexOf('@');
  return at > start && start > 1 ? `${cut.slice(0, start)}...@${cut.slice(at + 1)}` : cut;
}

function parse(text: string): UrlResult {
  if (text.length > MAX_URL_LENGTH) return problem(`it is longer than ${MAX_URL_LENGTH} characters`);
  if (/[^\u0021-\u007e]/.test(text))
    return problem('it holds a blank, a control character or a letter outside ASCII');
  if (text.includes('\\')) return problem('it holds a backslash');
  const groups = URL_PARTS.exec(text)?.groups;
  if (groups === undefined)
    return problem('it does not begin with http://, https:// or oci:// in lower case');
  if (/[?#]/.test(text)) return problem('it has a query or a fragment');
  const scheme = groups['scheme'] as CanonicalUrl['scheme'];
  const authority = parseAuthority(groups['authority'] ?? '', DEFAULT_PORTS[scheme]);
  if (typeof authority === 'string') return problem(authority);
  const path = (groups['path'] ?? '').replace(/\/$/, '');
  const segments = path === '' ? [] : path.slice(1).split('/');
  for (const segment of segments) {
    const wrong = segmentProblem(segment, scheme);
    if (wrong !== undefined) return problem(wrong);
  }
  return { ok: true, url: { scheme, ...authority, segments, text: text.replace(/\/$/, '') } };
}

function parseAuthority(authority: string, defaultPort: number): { host: string; port: number } | string {
  if (authority.includes('@')) return 'it has a user name or password in front of the host';
  const [, host = '', portText] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? [];
  const wrong = hostProblem(host);
  if (wrong !== undefined) return wrong;
  if (portText === undefined) return { host, port: defaultPort };
  if (!/^[1-9][0-9]{0,4}$/.test(portText) || Number(portText) > 65_535)
    return 'its port is not a number from 1 to 65535';
  if (Number(portText) === defaultPort) return `it writes the default port ${defaultPort}`;
  return { host, port: Number(portText) };
}

function hostProblem(host: string): string | undefined {
  if (host === '') return 'it has no host';
  if (host.startsWith('[')) return ipv6Problem(host);
  if (host.includes('%')) return 'its host holds a percent-escape';
  if (host.endsWith('.')) return 'its host ends in a dot';
  if (host !== host.toLowerCase()) return 'its host is not in lower case';
  const labels = host.split('.');
  if (host.length > 253 || !labels.every((label) => LABEL.test(label))) return 'its host is not a DNS name';
  // WHATWG URL: a host whose last label is a number is read as an IPv4 address, in forms that differ between programs.
  if (!/^([0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return undefined;
  const decimal =
    labels.length === 4 &&
    labels.every((label) => /^(0|[1-9][0-9]{0,2})$/.test(label) && Number(label) < 256);
  return decimal ? undefined : 'its host is an IPv4 address that is not written as four decimal numbers';
}

function ipv6Problem(host: string): string | undefined {
  if (!/^\[[0-9a-f:]+\]$/.test(host)) return 'its host is not an IPv6 address in lower-case hexadecimal';
  const spelt = URL.canParse(`https://${host}/`) ? new URL(`https://${host}/`).hostname : undefined;
  if (spelt === undefined) return 'its host is not an IPv6 address';
  if (spelt.startsWith('[::ffff:')) return 'its host is an IPv4 address written as IPv6';
  return spelt === host ? undefined : 'its host is not the shortest spelling of the IPv6 address';
}

function segmentProblem(segment: string, scheme: CanonicalUrl['scheme']): string | undefined {
  if (segment === '') return 'its path has an empty part';
  if (segment === '.' || segment === '..') return 'its path has a dot part';
  if (scheme === 'oci')
    return OCI_SEGMENT.test(segment) ? undefined : 'its path is not an OCI repository name';
  if (!SEGMENT.test(segment))
    return 'its path holds a character that is not allowed, or a lower-case percent-escape';
  for (const [, hex = ''] of segment.matchAll(/%(..)/g)) {
    const code = Number.parseInt(hex, 16);
    // Unreserved characters must stand as themselves; an escaped separator, percent sign or control character hides structure.
    if (code < 0x20 || code === 0x7f || /[A-Za-z0-9._~/\\%-]/.test(String.fromCharCode(code))) {
      return `its path escapes a character (%${hex}) that must stand as itself or not at all`;
    }
  }
  return undefined;
}

/** How a URL parser would spell it; only when that spelling is canonical and names no user. */
function canonicalSpelling(text: string): string | undefined {
  // A backslash or a user part means different hosts to different programs: there is no spelling to propose.
  if (text.length > MAX_URL_LENGTH || /[\\@\t\r\n]/.test(text)) return undefined;
  const [, scheme = '', rest = ''] = /^\s*(https?|oci):\/\/(.*?)\s*$/is.exec(text) ?? [];
  const oci = scheme.toLowerCase() === 'oci';
  const readable = `${oci ? 'https' : scheme.toLowerCase()}://${rest}`;
  if (!URL.canParse(readable)) return undefined;
  const { protocol, host, pathname } = new URL(readable);
  const spelt = `${oci ? 'oci:' : protocol}//${host.replace(/\.(?=$|:)/, '')}${pathname.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')}`;
  const parsed = parse(spelt);
  return parsed.ok ? parsed.url.text : undefined;
}

function problem(text: string): UrlResult {
  return { ok: false, problem: text };
}
