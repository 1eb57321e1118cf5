/** The facts that a set of manifests gives about its own objects: offline, what is not among them does not exist. */

import { findDependents } from '../../core/admission/find-dependents.ts';
import { relatedReleases } from '../../core/admission/related-releases.ts';
import { requiredNeeds } from '../../core/admission/required-facts.ts';
import { requiredSources } from '../../core/admission/required-sources.ts';
import { HELM_GROUP, SOURCE_GROUP } from '../../core/api/resources.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { textAt } from '../../core/json/text-at.ts';
import {
  type DependentFact,
  type Fact,
  type Facts,
  type SourceFact,
  sourceKey,
} from '../../core/policy/facts.ts';
import type { Labels } from '../../core/policy/label-selector.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { chartFact, SOURCE_KINDS, sourceBehindChart, sourceFactOf } from '../../core/policy/source-fact.ts';
import type { Subject } from '../../core/policy/subject.ts';
import { isSubstituted } from './flux-substitution.ts';
import type { Manifest } from './manifest.ts';

/** Facts for judging one manifest among others; `subject` is what it is judged as, `now` is RFC 3339. */
export function factsFor(
  set: PolicySet,
  subject: Subject,
  manifests: readonly Manifest[],
  now: string,
): Facts {
  const { namespaces, sources, releases, charts } = indexOf(manifests);
  const found = requiredSources(set, subject).map(({ kind, namespace, name }) => {
    const key = sourceKey(kind, namespace, name);
    return [key, SOURCE_KINDS.has(kind) ? (sources.get(key) ?? NOT_FOUND) : UNSUPPORTED] as const;
  });
  const needs = requiredNeeds(set, subject);
  return {
    now,
    namespaceLabels: namespaces.get(subject.namespace) ?? NOT_FOUND,
    otherNamespaceLabels: namespaces,
    sources: new Map(found),
    chart: UNSUPPORTED,
    values: UNSUPPORTED,
    ...(needs.has('releases') ? { releases: relatedReleases(subject, releases) } : {}),
    ...(needs.has('dependents')
      ? {
          dependents: {
            known: true,
            value: findDependents(subject, { releases, charts }).releases.map((object) =>
              dependentFact(object, namespaces),
            ),
          },
        }
      : {}),
    ...(needs.has('kubeVersion') ? { kubeVersion: UNSUPPORTED } : {}),
  };
}

/** Fields that say where a source has its charts from. */
const ADDRESS = ['url', 'endpoint', 'bucketName', 'sourceRef'];
const NOT_FOUND = { known: false, why: 'NotFound' } as const;
const UNSUPPORTED = { known: false, why: 'Unsupported' } as const;

interface ManifestIndex {
  readonly namespaces: ReadonlyMap<string, Fact<Labels>>;
  readonly sources: ReadonlyMap<string, Fact<SourceFact>>;
  /** With the namespace that counts for objects that name none. */
  readonly releases: readonly JsonObject[];
  readonly charts: readonly JsonObject[];
}

/** Made once for all that are judged among the same manifests. */
const indexes = new WeakMap<readonly Manifest[], ManifestIndex>();

function indexOf(manifests: readonly Manifest[]): ManifestIndex {
  const known = indexes.get(manifests);
  if (known !== undefined) return known;
  const placed = (group: string, kind: string) =>
    manifests.filter((manifest) => manifest.group === group && manifest.kind === kind);
  const index: ManifestIndex = {
    namespaces: new Map(placed('', 'Namespace').map(({ name, object }) => [name, labelsOf(object)])),
    sources: sourcesOf(manifests.filter(({ group }) => group === SOURCE_GROUP)),
    releases: placed(HELM_GROUP, 'HelmRelease').map(withNamespace),
    charts: placed(SOURCE_GROUP, 'HelmChart').map(withNamespace),
  };
  indexes.set(manifests, index);
  return index;
}

function sourcesOf(manifests: readonly Manifest[]): ReadonlyMap<string, Fact<SourceFact>> {
  const sources = new Map<string, Fact<SourceFact>>();
  const facts = manifests
    // What Flux fills in later is as little known as a source that is not there yet.
    .filter(({ object }) => !ADDRESS.some((field) => isSubstituted(object, ['spec', field])))
    .map(({ kind, namespace, name, object }) =>
      sourceFactOf({ kind, namespace, name }, valueAt(object, ['spec'])),
    );
  const put = (fact: SourceFact, value: Fact<SourceFact>) =>
    sources.set(sourceKey(fact.kind, fact.namespace, fact.name), value);
  for (const fact of facts) if (fact.kind !== 'HelmChart') put(fact, { known: true, value: fact });
  for (const fact of facts) {
    if (fact.kind !== 'HelmChart') continue;
    const behind = sourceBehindChart(fact);
    const key = behind === undefined ? '' : sourceKey(behind.kind, behind.namespace, behind.name);
    put(fact, chartFact(fact, behind === undefined ? undefined : (sources.get(key) ?? NOT_FOUND)));
  }
  return sources;
}

function withNamespace({ object, namespace }: Manifest): JsonObject {
  const metadata = valueAt(object, ['metadata']);
  return { ...object, metadata: { ...(isJsonObject(metadata) ? metadata : {}), namespace } };
}

function dependentFact(object: JsonObject, namespaces: ManifestIndex['namespaces']): DependentFact {
  const namespace = textAt(object, ['metadata', 'namespace']) ?? '';
  return {
    object,
    version: textAt(object, ['apiVersion'])?.split('/').at(-1) ?? '',
    namespaceLabels: namespaces.get(namespace) ?? NOT_FOUND,
    otherNamespaceLabels: namespaces,
  };
}

function labelsOf(namespace: JsonObject): Fact<Labels> {
  const labels = valueAt(namespace, ['metadata', 'labels']);
  const entries = isJsonObject(labels) ? Object.entries(labels) : [];
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { known: true, value: Object.fromEntries(texts) };
}
