/** The options of rule `chartVersion`, as a policy file has them and as they are judged with. */
import { parseDuration } from '../duration.ts';
import type { ChartFilter } from './chart-filter.ts';
import { compileUrl } from './compile-url.ts';
import type { ChartDemands } from './judge-resolved-chart.ts';
import type { VersionDemands } from './judge-written-version.ts';
import { compileVersionRange, rangeComparer, type VersionRange } from './narrowing.ts';
import type { RuleContext } from './rule-definition.ts';

/** As it is written; it fits the schema. */
export interface WrittenChartVersion {
  readonly charts?: readonly { readonly name: string; readonly source?: string }[];
  readonly within?: string;
  readonly wider?: 'Deny' | 'Narrow';
  readonly pinned?: boolean;
  readonly prereleases?: 'Allow' | 'Deny';
  readonly minimumAge?: string;
  readonly deprecated?: 'Deny' | 'Warn';
  readonly kubeVersion?: 'Deny' | 'Warn';
}

export interface ChartVersionOptions extends VersionDemands, ChartDemands {
  /** The charts that the rule is about; absent means all. */
  readonly charts?: readonly ChartFilter[];
  readonly within?: VersionRange;
  readonly wider: 'Deny' | 'Narrow';
  readonly noPrereleases: boolean;
}

/** Above a year a minimum age is a mistake in the unit. */
const MAX_AGE_MS = 366 * 24 * 3_600_000;

/** Reads the options; undefined after their errors were reported. */
export function compileChartVersion(
  written: WrittenChartVersion,
  at: readonly string[],
  context: RuleContext,
): ChartVersionOptions | undefined {
  const { within: text, wider, minimumAge: age, deprecated, kubeVersion } = written;
  const pinned = written.pinned === true;
  const noPrereleases = written.prereleases === 'Deny';
  const within = text === undefined ? undefined : compileVersionRange(text);
  const ageMs = parseDuration(age ?? '1s');
  const charts = compileCharts(written.charts ?? [], [...at, 'charts'], context);
  if (within?.ok === false)
    context.error([...at, 'within'], `${JSON.stringify(text)} is no version constraint: ${within.message}`);
  if (ageMs === undefined || ageMs <= 0 || ageMs > MAX_AGE_MS)
    context.error([...at, 'minimumAge'], 'minimumAge must be a duration of at most 8784h, such as 72h');
  if (wider !== undefined && text === undefined)
    context.error([...at, 'wider'], 'wider says what to do with a range outside of within, which is missing');
  const asks =
    [text, age, deprecated, kubeVersion].some((option) => option !== undefined) || pinned || noPrereleases;
  if (!asks) {
    const known = 'within, pinned, prereleases, minimumAge, deprecated or kubeVersion';
    context.error(at, `the rule asks for nothing: it needs ${known}`);
  }
  const faulty = within?.ok === false || ageMs === undefined || charts === undefined || !asks;
  if (faulty || ageMs > MAX_AGE_MS) return undefined;
  return {
    wider: wider ?? 'Deny',
    pinned,
    noPrereleases,
    ...(within === undefined ? {} : { within: within.range, compareText: rangeComparer(within.range) }),
    ...(written.charts === undefined ? {} : { charts }),
    ...(age === undefined ? {} : { minimumAge: { text: age, ms: ageMs } }),
    ...(deprecated === undefined ? {} : { deprecated }),
    ...(kubeVersion === undefined ? {} : { kubeVersion }),
  };
}

function compileCharts(
  written: NonNullable<WrittenChartVersion['charts']>,
  at: readonly string[],
  context: RuleContext,
): readonly ChartFilter[] | undefined {
  const filters: ChartFilter[] = [];
  for (const [index, { name, source }] of written.entries()) {
    const url =
      source === undefined ? undefined : compileUrl(source, [...at, String(index), 'source'], context);
    if (source !== undefined && url === undefined) return undefined;
    filters.push(url === undefined ? { name } : { name, source: url });
  }
  return filters;
}
