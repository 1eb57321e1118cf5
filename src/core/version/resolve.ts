import { type ConstraintError, check } from './constraint.ts';
import { parseChartVersion } from './narrow.ts';
import { compareVersions, parseVersion, type Version } from './version.ts';

/** What resolution reads of an index entry. */
export interface VersionEntry {
  readonly version: string;
  /** RFC 3339; an entry without one, or with another text, counts as older than all that have one. */
  readonly created?: string | undefined;
}

export type ResolveResult<Entry> =
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly reason: 'NoEntries' | 'NoMatch'; readonly message: string }
  | {
      readonly ok: false;
      readonly reason: 'InvalidConstraint';
      readonly message: string;
      readonly error: ConstraintError;
    };

interface Candidate<Entry> {
  readonly entry: Entry;
  readonly version: Version;
}

/**
 * Picks the entry of an index that a chart version text stands for, as Flux's source-controller does (flux.md 1.7):
 * the entry with exactly this text if there is one, before anything is parsed; else the highest that satisfies it,
 * where the empty text and `*` admit releases only. Entries that are not versions are skipped, and so are those of
 * fewer than three dot-separated parts, which Flux takes by exact text only. Of equal versions (build metadata does
 * not count) the newest wins, and of equally old ones the later in the list.
 */
export function resolve<Entry extends VersionEntry>(
  text: string,
  entries: readonly Entry[],
): ResolveResult<Entry> {
  if (entries.length === 0)
    return { ok: false, reason: 'NoEntries', message: 'the index has no version of this chart' };
  const exact = text === '' ? undefined : entries.find((entry) => entry.version === text);
  if (exact !== undefined) return { ok: true, entry: exact };
  const parsed = parseChartVersion(text);
  if (!parsed.ok) {
    const { error } = parsed;
    const message = `${JSON.stringify(text)} is no version constraint: ${error.message} (character ${error.position + 1})`;
    return { ok: false, reason: 'InvalidConstraint', message, error };
  }
  let best: Candidate<Entry> | undefined;
  for (const entry of entries) {
    if (entry.version.split('.', 3).length < 3) continue;
    const read = parseVersion(entry.version);
    if (!read.ok || !check(parsed.constraint, read.version)) continue;
    const candidate = { entry, version: read.version };
    if (best === undefined || isPreferred(candidate, best)) best = candidate;
  }
  if (best !== undefined) return { ok: true, entry: best.entry };
  const message = `none of the ${entries.length} versions in the index satisfies ${JSON.stringify(text || '*')}`;
  return { ok: false, reason: 'NoMatch', message };
}

function isPreferred<Entry extends VersionEntry>(
  candidate: Candidate<Entry>,
  best: Candidate<Entry>,
): boolean {
  const order = compareVersions(candidate.version, best.version);
  if (order !== 0) return order > 0;
  return createdNanoseconds(candidate.entry.created) >= createdNanoseconds(best.entry.created);
}

const RFC_3339 =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,30}))?(Z|z|[+-][0-9]{2}:[0-9]{2})$/;

/** Helm writes nanoseconds, which `Date.parse` would cut to milliseconds. */
function createdNanoseconds(created: string | undefined): bigint {
  const match = RFC_3339.exec(created ?? '');
  const [, seconds = '', fraction = '', zone = ''] = match ?? [];
  const milliseconds = Date.parse(`${seconds}${zone}`.toUpperCase());
  // Below the year 0, the earliest that RFC 3339 can write (-62167219200 s).
  if (Number.isNaN(milliseconds)) return -(10n ** 20n);
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
