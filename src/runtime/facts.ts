import { MAX_DEPENDENTS } from '../core/admission/dependents.ts';
import { findDependents } from '../core/admission/find-dependents.ts';
import { relatedReleases } from '../core/admission/related-releases.ts';
import { concernsReleases, requiredNeeds, sourcesBehindEdit } from '../core/admission/required-facts.ts';
import { requiredSources } from '../core/admission/required-sources.ts';
import { HELM_CHART, HELM_RELEASE } from '../core/api/resources.ts';
import type { JsonObject } from '../core/json/json.ts';
import { textAt } from '../core/json/text-at.ts';
import {
  type DependentFact,
  type Fact,
  type Facts,
  type ReleaseFact,
  type SourceFact,
  sourceKey,
} from '../core/policy/facts.ts';
import { namespacesOf } from '../core/policy/match-context.ts';
import type { SourceNeed } from '../core/policy/rule.ts';
import type { Subject } from '../core/policy/subject.ts';
import type { PoliciesInForce } from '../io/contract.ts';
import { FactFinder, type LabelsFact } from './fact-finder.ts';
import type { ObjectLookup } from './object-lookup.ts';

/**
 * Gathers what judging a subject at admission needs: the labels of the namespaces it touches, the sources that the loaded rules
 * follow, and what else they ask for. What cannot be had is a fact with its reason, never an exception; only an aborted signal
 * rejects. `now` is RFC 3339 in UTC.
 */
export async function gatherFacts(
  { current, previous }: PoliciesInForce,
  subject: Subject,
  lookup: ObjectLookup,
  now: string,
  signal: AbortSignal,
): Promise<Facts> {
  // The set before may have to be asked about the same object (NotMutated).
  const sets = [current, ...(previous === undefined ? [] : [previous])];
  const needs = new Set(sets.flatMap((set) => [...requiredNeeds(set, subject)]));
  const asksForUsers = needs.has('dependents') || sets.some((set) => concernsReleases(set, subject));
  const sources = sets.flatMap((set) => requiredSources(set, subject));
  const finder = new FactFinder(lookup, signal);
  const [namespaceLabels, otherNamespaceLabels, found, users, kubeVersion] = await Promise.all([
    finder.labels(subject.namespace),
    labelsOfOthers(finder, subject),
    findSources(finder, [...sources, ...(asksForUsers ? sourcesBehindEdit(subject) : [])]),
    asksForUsers ? findUsers(finder, subject) : undefined,
    needs.has('kubeVersion') ? finder.kubeVersion() : undefined,
  ]);
  signal.throwIfAborted();
  return {
    now,
    namespaceLabels,
    otherNamespaceLabels,
    sources: new Map([...(users?.charts ?? []), ...found]),
    // The range is resolved, and the values merged, at release time only.
    chart: { known: false, why: 'Unavailable' },
    values: { known: false, why: 'Unavailable' },
    ...(needs.has('releases') ? { releases: findReleases(finder, subject) } : {}),
    ...(users === undefined ? {} : { dependents: users.dependents }),
    ...(kubeVersion === undefined ? {} : { kubeVersion }),
  };
}

type Labelled = readonly [namespace: string, labels: LabelsFact];
type Sourced = readonly [key: string, source: Fact<SourceFact>];

/** Labels of target and storage namespace of a release, when they are not its own; of an edit, those of both sides. */
async function labelsOfOthers(
  finder: FactFinder,
  subject: Subject,
): Promise<ReadonlyMap<string, LabelsFact>> {
  const { object, oldObject = object } = subject;
  const touched = [...namespacesOf(subject, object), ...namespacesOf(subject, oldObject)];
  const others = [...new Set(touched)].filter((name) => name !== subject.namespace);
  const labels = others.map(async (name): Promise<Labelled> => [name, await finder.labels(name)]);
  return new Map(await Promise.all(labels));
}

function findSources(finder: FactFinder, needs: readonly SourceNeed[]): Promise<readonly Sourced[]> {
  const facts = needs.map(async (need): Promise<Sourced> => {
    return [sourceKey(need.kind, need.namespace, need.name), await finder.source(need)];
  });
  return Promise.all(facts);
}

function findReleases(finder: FactFinder, subject: Subject): Fact<readonly ReleaseFact[]> {
  const all = finder.list(HELM_RELEASE);
  return all.known ? relatedReleases(subject, all.value) : all;
}

/** The releases that use the source, as far as an edit can be judged for them, and the HelmCharts in between. */
async function findUsers(
  finder: FactFinder,
  source: Subject,
): Promise<{ readonly dependents: NonNullable<Facts['dependents']>; readonly charts: readonly Sourced[] }> {
  const [releases, charts] = [finder.list(HELM_RELEASE), finder.list(HELM_CHART)];
  if (!releases.known) return { dependents: releases, charts: [] };
  if (!charts.known) return { dependents: charts, charts: [] };
  const found = findDependents(source, { releases: releases.value, charts: charts.value });
  // One more than can be judged tells that there are too many.
  const judged = found.releases.slice(0, MAX_DEPENDENTS + 1);
  return {
    dependents: {
      known: true,
      value: await Promise.all(judged.map((object) => dependentOf(finder, object))),
    },
    charts: found.charts.map((chart): Sourced => {
      return [sourceKey(chart.kind, chart.namespace, chart.name), { known: true, value: chart }];
    }),
  };
}

async function dependentOf(finder: FactFinder, object: JsonObject): Promise<DependentFact> {
  const subject = {
    operation: 'UPDATE',
    group: HELM_RELEASE.group,
    version: textAt(object, ['apiVersion'])?.split('/').at(-1) ?? '',
    kind: HELM_RELEASE.kind,
    namespace: textAt(object, ['metadata', 'namespace']) ?? '',
    name: textAt(object, ['metadata', 'name']) ?? '',
    object,
    dryRun: false,
  } as const;
  return {
    object,
    version: subject.version,
    namespaceLabels: await finder.labels(subject.namespace),
    otherNamespaceLabels: await labelsOfOthers(finder, subject),
  };
}
