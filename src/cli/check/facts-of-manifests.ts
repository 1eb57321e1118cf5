/** The facts that a set of manifests gives about its own objects: offline, what is not among them does not exist. */
import { SOURCE_GROUP } from '../../core/api/resources.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { type Fact, type Facts, type SourceFact, sourceKey } from '../../core/policy/facts.ts';
import type { Labels } from '../../core/policy/label-selector.ts';
import type { SourceNeed } from '../../core/policy/rule.ts';
import { findSource, sourceOf } from '../../core/policy/source-of.ts';
import type { Manifest } from './manifest.ts';

/** Facts for judging one manifest among others. */
export function factsFor(
  manifest: Manifest,
  needs: readonly SourceNeed[],
  manifests: readonly Manifest[],
  now: string,
): Facts {
  const known = knownSources(manifests);
  const sources = new Map<string, Fact<SourceFact>>();
  for (const need of needs) {
    const key = sourceKey(need.kind, need.namespace, need.name);
    sources.set(key, known.get(key) ?? { known: false, why: 'NotFound' });
  }
  const namespaces = new Map(
    manifests
      .filter(({ group, kind }) => group === '' && kind === 'Namespace')
      .map(({ name, object }) => [name, labelsOf(object)]),
  );
  return {
    now,
    namespaceLabels: namespaces.get(manifest.namespace) ?? { known: false, why: 'NotFound' },
    otherNamespaceLabels: namespaces,
    sources,
    chart: { known: false, why: 'Unsupported' },
    values: { known: false, why: 'Unsupported' },
  };
}

function knownSources(manifests: readonly Manifest[]): ReadonlyMap<string, Fact<SourceFact>> {
  const sources = new Map<string, Fact<SourceFact>>();
  const given = manifests.filter(({ group }) => group === SOURCE_GROUP);
  for (const { kind, namespace, name, object } of given) {
    const url = valueAt(object, ['spec', 'url']);
    const fact = { kind, namespace, name, ...(typeof url === 'string' ? { url } : {}) };
    sources.set(sourceKey(kind, namespace, name), { known: true, value: fact });
  }
  for (const { kind, namespace, name, object } of given) {
    if (kind !== 'HelmChart') continue;
    const source = sourceOf(kind, object, namespace);
    const behind: Fact<SourceFact> =
      source === undefined || !sources.has(sourceKey(source.kind, source.namespace, source.name))
        ? { known: false, why: 'NotFound' }
        : findSource({ sources }, source);
    sources.set(sourceKey(kind, namespace, name), behind);
  }
  return sources;
}

function labelsOf(namespace: JsonObject): Fact<Labels> {
  const labels = valueAt(namespace, ['metadata', 'labels']);
  const entries = isJsonObject(labels) ? Object.entries(labels) : [];
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { known: true, value: Object.fromEntries(texts) };
}
