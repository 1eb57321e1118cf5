/** One entry of an allow-list of chart sources: a URL, whether what lies below it counts, and the kinds of source it is about. */
import { type CanonicalUrl, coversUrl, type UrlScheme } from './canonical-url.ts';
import { compileUrl } from './compile-url.ts';
import type { RuleContext } from './rule-definition.ts';

/** The kinds of object that have the address of a place where charts lie. */
export const ADDRESSED_KINDS = ['HelmRepository', 'OCIRepository', 'GitRepository', 'Bucket'] as const;
export type AddressedKind = (typeof ADDRESSED_KINDS)[number];

export interface AllowedSource {
  readonly url: CanonicalUrl;
  readonly subpaths: boolean;
  readonly kinds: readonly AddressedKind[];
}

/** As it is written in a policy file. */
export interface WrittenSource {
  readonly url: string;
  readonly subpaths?: boolean;
  readonly kinds?: readonly AddressedKind[];
}

/** What an entry is about that names no kinds: one written for chart repositories lets no chart out of a Git repository in. */
const USUAL_KINDS: Readonly<Record<UrlScheme, readonly AddressedKind[]>> = {
  http: ['HelmRepository'],
  https: ['HelmRepository'],
  oci: ['HelmRepository', 'OCIRepository'],
  ssh: ['GitRepository'],
  bucket: ['Bucket'],
  'bucket+http': ['Bucket'],
};

/** What can have a URL of a scheme, as Flux's schemas say. */
const POSSIBLE_KINDS: Readonly<Record<UrlScheme, readonly AddressedKind[]>> = {
  ...USUAL_KINDS,
  http: ['HelmRepository', 'GitRepository'],
  https: ['HelmRepository', 'GitRepository'],
};

/** Reads one entry; undefined after its errors were reported. */
export function compileAllowedSource(
  { url: text, subpaths = false, kinds }: WrittenSource,
  at: readonly string[],
  context: RuleContext,
): AllowedSource | undefined {
  const url = compileUrl(text, [...at, 'url'], context);
  if (url === undefined) return undefined;
  const possible = POSSIBLE_KINDS[url.scheme];
  const impossible = (kinds ?? []).findIndex((kind) => !possible.includes(kind));
  if (impossible !== -1) {
    const message = `a ${kinds?.[impossible] ?? ''} has no URL of the scheme ${url.scheme}`;
    context.error([...at, 'kinds', String(impossible)], message, `it is one of ${possible.join(', ')}`);
    return undefined;
  }
  return { url, subpaths, kinds: kinds ?? USUAL_KINDS[url.scheme] };
}

/** Whether an entry is about the kind and covers the URL. */
export function isAllowed(
  allowed: readonly AllowedSource[],
  kind: AddressedKind,
  url: CanonicalUrl,
): boolean {
  return allowed.some((entry) => entry.kinds.includes(kind) && coversUrl(entry.url, entry.subpaths, url));
}

/** The entries in words; those about the kind only, when one is given. */
export function formatAllowed(allowed: readonly AllowedSource[], kind?: AddressedKind): string {
  const fitting = allowed.filter(({ kinds }) => kind === undefined || kinds.includes(kind));
  if (fitting.length === 0) return 'none';
  return fitting.map(({ url, subpaths }) => (subpaths ? `${url.text} or below it` : url.text)).join(', ');
}
