import type { JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { SourceFact } from '../policy/facts.ts';
import type { SourceNeed } from '../policy/rule.ts';
import { sourceBehindChart, sourceFactOf } from '../policy/source-fact.ts';
import { sourceOf } from '../policy/source-of.ts';

/** Who uses a source. */
export interface Dependents {
  /** HelmReleases, in the order of their namespaces and names. */
  readonly releases: readonly JsonObject[];
  /** HelmCharts in between, by their own specs: without the URL of what is behind them. */
  readonly charts: readonly SourceFact[];
}

/** The HelmReleases, of all there are, that take their chart from a source: by a reference to it, or to a HelmChart that refers to it. */
export function findDependents(
  source: SourceNeed,
  all: { readonly releases: readonly JsonObject[]; readonly charts: readonly JsonObject[] },
): Dependents {
  const charts = source.kind === 'HelmChart' ? [] : chartsFrom(source, all.charts);
  const wanted = new Set([source, ...charts].map(keyOf));
  const releases = all.releases.filter((object) => {
    const used = sourceOf('HelmRelease', object, identityOf(object).namespace);
    return used !== undefined && wanted.has(keyOf(used));
  });
  const place = (object: JsonObject): string => `${identityOf(object).namespace}/${identityOf(object).name}`;
  return { charts, releases: releases.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)) };
}

function chartsFrom(source: SourceNeed, all: readonly JsonObject[]): readonly SourceFact[] {
  return all.flatMap((object) => {
    const { namespace, name } = identityOf(object);
    const chart = sourceFactOf({ kind: 'HelmChart', namespace, name }, valueAt(object, ['spec']));
    const behind = sourceBehindChart(chart);
    return behind !== undefined && keyOf(behind) === keyOf(source) ? [chart] : [];
  });
}

function identityOf(object: JsonObject): { readonly namespace: string; readonly name: string } {
  const namespace = valueAt(object, ['metadata', 'namespace']);
  const name = valueAt(object, ['metadata', 'name']);
  return {
    namespace: typeof namespace === 'string' ? namespace : '',
    name: typeof name === 'string' ? name : '',
  };
}

function keyOf({ kind, namespace, name }: SourceNeed): string {
  return `${kind}/${namespace}/${name}`;
}
