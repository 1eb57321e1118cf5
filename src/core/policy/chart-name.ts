/** The name of the chart that a HelmRelease takes, as far as the object and its sources tell it. */
import type { JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Facts } from './facts.ts';
import { findSource, sourceOf } from './source-of.ts';

export interface WrittenChart {
  /** The chart as the object names it: `flagger`, `./charts/app`, `OCIRepository team/app`. */
  readonly text: string;
  /**
   * The chart's own name; absent when it is not known. Of a path or an OCI address its last part: helm pushes charts so, and
   * repositories in Git hold them so, though nothing forces them to.
   */
  readonly name?: string;
}

const HELM_RELEASE = 'HelmRelease';
const CHART = ['spec', 'chart', 'spec', 'chart'];

/** The chart of a HelmRelease; undefined when it has neither `chart` nor `chartRef`. */
export function chartOf(
  object: JsonObject,
  namespace: string,
  facts: Pick<Facts, 'sources'>,
): WrittenChart | undefined {
  const source = sourceOf(HELM_RELEASE, object, namespace);
  if (source?.path !== 'spec.chartRef') {
    const chart = valueAt(object, CHART);
    return typeof chart === 'string' ? { text: chart, name: lastPart(chart) } : undefined;
  }
  const text = `${source.kind} ${source.namespace}/${source.name}`;
  const fact = findSource(facts, source);
  if (!fact.known) return { text };
  const chart = source.kind === 'HelmChart' ? valueAt(fact.value.spec, ['chart']) : fact.value.url;
  return typeof chart === 'string' ? { text, name: lastPart(chart) } : { text };
}

/** The last part of a path that is neither empty nor a dot; the whole text when there is none. */
function lastPart(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.at(-1) ?? path;
}
