/** Where a repository's index or chart lies, or why the text names no usable place. */
export type ChartUrl =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly message: string };

/** Reads a repository URL. Only http and https without credentials in them. */
export function readRepositoryUrl(text: string): ChartUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') return { ok: false, message: 'not an absolute URL' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { ok: false, message: `scheme "${url.protocol.slice(0, -1)}" is not http or https` };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      ok: false,
      message: 'credentials in the URL are not accepted, put them into the Secret of secretRef',
    };
  }
  url.hash = '';
  return { ok: true, url };
}

/** `index.yaml` under the repository's path; the repository's query is kept (helm: `DownloadIndexFile`). */
export function indexUrl(repository: URL): URL {
  const url = new URL(repository);
  url.pathname = `${withoutTrailingSlashes(url.pathname)}/index.yaml`;
  return url;
}

/**
 * The URL of a chart as its entry gives it. An absolute reference stands as it is; a relative one lies under the
 * repository's path and takes the repository's query instead of its own (helm: `repo.ResolveReferenceURL`).
 */
export function resolveChartUrl(repository: URL, reference: string): ChartUrl {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(reference)) return readRepositoryUrl(reference);
  const base = new URL(repository);
  base.pathname = `${withoutTrailingSlashes(base.pathname)}/`;
  if (!URL.canParse(reference, base.href)) return { ok: false, message: 'not a URL' };
  const url = new URL(reference, base);
  url.search = repository.search;
  return readRepositoryUrl(url.href);
}

/** The URL as messages show it: without its query, which may hold a token. */
export function displayUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?...'}`;
}

/** Whether a request may go on from one URL to another: never down from https to http. */
export function isDowngrade(from: URL, to: URL): boolean {
  return from.protocol === 'https:' && to.protocol !== 'https:';
}

function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
