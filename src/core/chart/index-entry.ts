import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';

/** One version of one chart as an index states it. */
export interface ChartIndexEntry {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
  readonly created?: string;
  readonly deprecated?: boolean;
  readonly digest?: string;
  /** The chart's constraint on the version of Kubernetes. */
  readonly kubeVersion?: string;
  readonly urls: readonly string[];
}

/** The keys of an entry that are read; `type` only for its validity. */
export const ENTRY_KEYS: ReadonlySet<string> = new Set([
  'name',
  'version',
  'appVersion',
  'created',
  'deprecated',
  'digest',
  'kubeVersion',
  'type',
  'urls',
]);

/** What Masterminds semver accepts as a version: fewer than three numbers and a leading `v` too. */
const VERSION =
  /^v?\d{1,20}(?:\.\d{1,20}){0,2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Versions of one chart. The largest public charts have some 1,500; their entries take some 10 MB at this limit. */
const MAX_ENTRIES = 20_000;

/** helm writes one URL, and the first one alone is fetched. */
const MAX_URLS = 16;

/**
 * Reads the list of versions under a chart's key, in the order of the index.
 *
 * Entries that helm's chart metadata validation would reject (no or a path-like name, no or no semantic version, an
 * unknown type) are dropped, as Flux does; the rest stays usable. A list that is no list has no versions.
 */
export function readIndexEntries(list: Json | undefined): readonly ChartIndexEntry[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly Json[]).slice(0, MAX_ENTRIES).flatMap((item) => {
    const entry = isJsonObject(item) ? readIndexEntry(item) : undefined;
    return entry === undefined ? [] : [entry];
  });
}

/** Whether a chart may have this name: one path segment without control characters (helm: `filepath.Base(name) == name`). */
export function isChartName(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    name.length <= 250 &&
    !/[/\\\u0000-\u001f\u007f]/.test(name)
  );
}

function readIndexEntry(item: JsonObject): ChartIndexEntry | undefined {
  const name = readText(item['name']);
  const version = readText(item['version']);
  const type = readText(item['type']) ?? '';
  if (name === undefined || !isChartName(name)) return undefined;
  if (version === undefined || version.length > 256 || !VERSION.test(version)) return undefined;
  if (type !== '' && type !== 'application' && type !== 'library') return undefined;
  const appVersion = readText(item['appVersion']);
  const created = readText(item['created']);
  const digest = readDigest(item['digest']);
  const kubeVersion = readText(item['kubeVersion']);
  return {
    name,
    version,
    ...(appVersion === undefined ? {} : { appVersion }),
    ...(created === undefined ? {} : { created }),
    ...(item['deprecated'] === true || item['deprecated'] === 'true' ? { deprecated: true } : {}),
    ...(digest === undefined ? {} : { digest }),
    ...(kubeVersion === undefined || kubeVersion === '' ? {} : { kubeVersion }),
    urls: readUrls(item['urls']),
  };
}

function readUrls(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).slice(0, MAX_URLS).filter((url) => typeof url === 'string');
}

/** The digest in lower case without an algorithm prefix. One that is no sha256 stays as it is, and then never matches. */
function readDigest(value: Json | undefined): string | undefined {
  const text = readText(value);
  return text === undefined || text === '' ? undefined : text.toLowerCase().replace(/^sha256:/, '');
}

function readText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
