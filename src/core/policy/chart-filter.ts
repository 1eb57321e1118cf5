/** Which charts a rule is about: by name, and by the place that they come from. */
import { valueAt } from '../json/pointer.ts';
import { type CanonicalUrl, coversUrl, parseCanonicalUrl, withChartPath } from './canonical-url.ts';
import type { SourceFact } from './facts.ts';
import type { RuleInput } from './rule.ts';
import { chartNameTokens, findSource, sourceOf } from './source-of.ts';

export interface ChartFilter {
  readonly name: string;
  /** The chart lies at this URL or below it. */
  readonly source?: CanonicalUrl;
}

/**
 * Whether one of the filters fits the chart of an object; none at all fit every chart. What cannot be told fits: a name behind a
 * reference that was not followed, a source that is not known. At release time the name that the chart itself has counts as well.
 */
export function fitsChart(
  filters: readonly ChartFilter[] | undefined,
  input: RuleInput,
  resolvedName?: string,
): boolean {
  if (filters === undefined) return true;
  const place = placeOf(input);
  const names = [...place.names, ...(resolvedName === undefined ? [] : [resolvedName])];
  return filters.some(
    ({ name, source }) =>
      (names.length === 0 || names.includes(name)) &&
      (source === undefined || place.url === undefined || coversUrl(source, true, place.url)),
  );
}

interface ChartPlace {
  readonly names: readonly string[];
  readonly url?: CanonicalUrl;
}

function placeOf(input: RuleInput): ChartPlace {
  const { subject, object, facts } = input;
  if (subject.kind === 'OCIRepository') return artifactPlace(valueAt(object, ['spec', 'url']));
  const source = sourceOf(subject.kind, object, subject.namespace);
  const fact = source === undefined ? undefined : findSource(facts, source);
  const known = fact?.known === true ? fact.value : undefined;
  if (source?.kind === 'OCIRepository') return artifactPlace(known?.url);
  const behindChart = source?.kind === 'HelmChart';
  const chart = behindChart
    ? valueAt(known?.spec, ['chart'])
    : valueAt(object, chartNameTokens(subject.kind));
  const name = typeof chart === 'string' ? chart : undefined;
  const names = name === undefined ? [] : [name, lastPart(name)];
  const url = parseCanonicalUrl(known?.url ?? '');
  if (!url.ok) return { names };
  const inRepository = behindChart ? isFromRepository(known) : source?.kind === 'HelmRepository';
  return { names, url: inRepository && name !== undefined ? withChartPath(url.url, name) : url.url };
}

function isFromRepository(chart: SourceFact | undefined): boolean {
  return valueAt(chart?.spec, ['sourceRef', 'kind']) === 'HelmRepository';
}

/** An OCIRepository's URL ends in the chart's name. */
function artifactPlace(text: unknown): ChartPlace {
  const url = parseCanonicalUrl(typeof text === 'string' ? text : '');
  if (!url.ok) return { names: [] };
  const last = url.url.segments.at(-1);
  return { names: last === undefined ? [] : [last], url: url.url };
}

/** A chart may be written with the path that leads to it: its last part that is not empty or dots. */
function lastPart(written: string): string {
  let end = written.length;
  while (end > 0 && (written[end - 1] === '/' || written[end - 1] === '.')) end -= 1;
  return written.slice(written.lastIndexOf('/', end - 1) + 1, end);
}
