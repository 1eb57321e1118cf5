/**
 * Source URLs are accepted in one spelling only, so that two texts are the same place exactly when they are equal part by
 * part; a URL that needs interpreting is refused with the canonical spelling as the hint. Different programs read the other
 * spellings differently: `good.example\@evil.example`, `127.1`, `good.example%2eevil` have all been used to pass allow-lists.
 *
 * One trailing slash is accepted and does not count, as Flux strips it before it fetches. A user name is accepted for ssh, where
 * it is part of the place; `git@host:path`, which git reads as ssh, is not canonical. A Bucket, which has no URL of its own, is
 * written `bucket://endpoint/name`, or `bucket+http://endpoint/name` where it is reached without TLS.
 */
import { type Authority, parseAuthority } from './canonical-host.ts';
import { segmentProblem } from './canonical-segment.ts';

/** The port of each scheme when none is written; `bucket` is HTTPS to an endpoint. */
const DEFAULT_PORTS = { http: 80, https: 443, oci: 443, ssh: 22, bucket: 443, 'bucket+http': 80 } as const;

export type UrlScheme = keyof typeof DEFAULT_PORTS;

export interface CanonicalUrl extends Authority {
  readonly scheme: UrlScheme;
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

const URL_PARTS = /^(?<scheme>https?|oci|ssh|bucket(?:\+http)?):\/\/(?<authority>[^/]*)(?<path>\/.*)?$/;
/** The OCI distribution specification's name components. */
const OCI_SEGMENT = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;

/** S3's, Google's and Azure's bucket and container names together. */
const BUCKET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

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

/** Same scheme, user, host and port, and the same path, or with `subpaths` a path below it, compared by segments. */
export function coversUrl(allowed: CanonicalUrl, subpaths: boolean, url: CanonicalUrl): boolean {
  return (
    allowed.scheme === url.scheme &&
    allowed.user === url.user &&
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
  // What is canonical has no password and no query; the user name of ssh says which account is meant.
  if (parseCanonicalUrl(text).ok) return text;
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
    return problem('it does not begin with https://, http://, oci://, ssh:// or bucket:// in lower case');
  if (/[?#]/.test(text)) return problem('it has a query or a fragment');
  const scheme = groups['scheme'] as UrlScheme;
  const authority = parseAuthority(groups['authority'] ?? '', DEFAULT_PORTS[scheme], scheme === 'ssh');
  if (typeof authority === 'string') return problem(authority);
  const path = (groups['path'] ?? '').replace(/\/$/, '');
  const segments = path === '' ? [] : path.slice(1).split('/');
  for (const segment of segments) {
    const wrong = pathProblem(segment, scheme);
    if (wrong !== undefined) return problem(wrong);
  }
  if (scheme.startsWith('bucket') && segments.length > 1) return problem('its path is not one bucket name');
  return { ok: true, url: { scheme, ...authority, segments, text: text.replace(/\/$/, '') } };
}

function pathProblem(segment: string, scheme: UrlScheme): string | undefined {
  if (segment === '') return 'its path has an empty part';
  if (segment === '.' || segment === '..') return 'its path has a dot part';
  if (scheme === 'oci')
    return OCI_SEGMENT.test(segment) ? undefined : 'its path is not an OCI repository name';
  if (scheme === 'bucket' || scheme === 'bucket+http')
    return BUCKET_NAME.test(segment) ? undefined : 'its path is not one bucket name';
  return segmentProblem(segment);
}

/** What git reads as ssh: a user, a host and, behind a colon, a path. */
const SCP_FORM = /^\s*([A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9.-]+):(?!\/\/)\/?([^@]+?)\s*$/;
const LOOSE_PARTS = /^\s*(https?|oci|ssh|bucket(?:\+http)?):\/\/(.*?)\s*$/is;

/** How a URL parser would spell it; only when that spelling is canonical and names no user but ssh's. */
function canonicalSpelling(text: string): string | undefined {
  if (text.length > MAX_URL_LENGTH || /[\\\t\r\n]/.test(text)) return undefined;
  const [, scpHost, scpPath] = SCP_FORM.exec(text) ?? [];
  const loose = scpHost === undefined ? text : `ssh://${scpHost}/${scpPath}`;
  const [, written = '', rest = ''] = LOOSE_PARTS.exec(loose) ?? [];
  const scheme = written.toLowerCase() as UrlScheme;
  const [, user = '', place = ''] = (scheme === 'ssh' && /^([^@/:]+@)(.*)$/s.exec(rest)) || ['', '', rest];
  // A user part means different hosts to different programs: there is no spelling to propose.
  if (place.includes('@')) return undefined;
  const readable = `https://${place}`;
  if (!URL.canParse(readable)) return undefined;
  const { hostname, port, pathname } = new URL(readable);
  const authority = /^[^/?#]*/.exec(place)?.[0] ?? '';
  // The port that the reading as https leaves out is another scheme's port.
  const asked =
    port === '' ? Number(/:([0-9]+)$/.exec(authority)?.[1] ?? DEFAULT_PORTS[scheme]) : Number(port);
  const shownPort = asked === DEFAULT_PORTS[scheme] ? '' : `:${asked}`;
  const path = pathname.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
  const parsed = parse(`${scheme}://${user}${hostname.replace(/\.$/, '')}${shownPort}${path}`);
  return parsed.ok ? parsed.url.text : undefined;
}

function problem(text: string): UrlResult {
  return { ok: false, problem: text };
}
