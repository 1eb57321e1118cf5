/** Facts as JSON and back: what a store keeps of them, without the moment, which the row has. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import type { DependentFact, Fact, Facts, SourceFact } from '../policy/facts.ts';

type Labels = Readonly<Record<string, string>>;

/** The facts but for `now`; members that were not gathered are left out. */
export function factsToJson(facts: Facts): JsonObject {
  const { now: _now, otherNamespaceLabels, sources, dependents, ...plain } = facts;
  return {
    ...(plain as unknown as JsonObject),
    sources: Object.fromEntries(sources) as unknown as Json,
    ...(otherNamespaceLabels === undefined
      ? {}
      : { otherNamespaceLabels: labelsToJson(otherNamespaceLabels) }),
    ...(dependents === undefined ? {} : { dependents: dependentsToJson(dependents) }),
  };
}

/** Facts that were written by {@link factsToJson}; undefined when the text is nothing of that kind. */
export function factsFromJson(json: Json, now: string): Facts | undefined {
  if (!isJsonObject(json)) return undefined;
  const { sources, otherNamespaceLabels, dependents, ...plain } = json;
  if (!isJsonObject(sources) || !REQUIRED.every((name) => isJsonObject(plain[name]))) return undefined;
  return {
    ...(plain as unknown as Omit<Facts, 'now' | 'sources'>),
    now,
    sources: mapOf<Fact<SourceFact>>(sources),
    ...(isJsonObject(otherNamespaceLabels)
      ? { otherNamespaceLabels: mapOf<Fact<Labels>>(otherNamespaceLabels) }
      : {}),
    ...(isJsonObject(dependents) ? { dependents: dependentsFromJson(dependents) } : {}),
  };
}

const REQUIRED = ['namespaceLabels', 'chart', 'values'];

function labelsToJson(labels: NonNullable<Facts['otherNamespaceLabels']>): Json {
  return Object.fromEntries(labels) as unknown as Json;
}

function dependentsToJson(dependents: Fact<readonly DependentFact[]>): Json {
  if (!dependents.known) return dependents as unknown as Json;
  const value = dependents.value.map((each) => ({
    ...each,
    otherNamespaceLabels: labelsToJson(each.otherNamespaceLabels),
  }));
  return { known: true, value: value as unknown as Json };
}

function dependentsFromJson(json: JsonObject): Fact<readonly DependentFact[]> {
  const { known, value } = json;
  if (known !== true || !Array.isArray(value)) return json as unknown as Fact<readonly DependentFact[]>;
  const dependents = (value as readonly JsonObject[]).map((each) => ({
    ...(each as unknown as DependentFact),
    otherNamespaceLabels: mapOf<Fact<Labels>>(each['otherNamespaceLabels']),
  }));
  return { known: true, value: dependents };
}

function mapOf<T>(json: Json | undefined): ReadonlyMap<string, T> {
  return new Map(isJsonObject(json) ? (Object.entries(json) as unknown as [string, T][]) : []);
}
