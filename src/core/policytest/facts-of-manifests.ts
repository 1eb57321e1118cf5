/** Facts from the manifests of other objects. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { type ReleaseFact, type SourceFact, sourceKey, type UnknownReason } from '../policy/facts.ts';
import { describeRelease } from '../policy/release-fact.ts';
import { chartFact, SOURCE_KINDS, sourceBehindChart, sourceFactOf } from '../policy/source-fact.ts';
import { FactMap } from './fact-map.ts';

/** Group, version, kind, namespace and name of a manifest; empty texts where they are absent, `default` for the namespace. */
export function identityOf(object: JsonObject): {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
} {
  const apiVersion = textAt(object, ['apiVersion']) ?? '';
  const at = apiVersion.lastIndexOf('/');
  return {
    group: at === -1 ? '' : apiVersion.slice(0, at),
    version: apiVersion.slice(at + 1),
    kind: textAt(object, ['kind']) ?? '',
    namespace: textAt(object, ['metadata', 'namespace']) ?? 'default',
    name: textAt(object, ['metadata', 'name']) ?? '',
  };
}

/**
 * The sources by key, as the webhook would know them: of a kind whose URL cannot be read the fact is Unsupported. What is not among the
 * manifests does not exist; a text in the place of the manifests is why none of them is known.
 */
export function sourceFactsOf(written: Json | undefined): FactMap<SourceFact> {
  if (typeof written === 'string') return new FactMap([], { known: false, why: written as UnknownReason });
  const manifests = Array.isArray(written) ? (written as readonly Json[]).filter(isJsonObject) : [];
  const sources = new FactMap<SourceFact>([], { known: false, why: 'NotFound' });
  for (const object of manifests) {
    const { kind, namespace, name } = identityOf(object);
    const value = sourceFactOf({ kind, namespace, name }, valueAt(object, ['spec']));
    const fact = SOURCE_KINDS.has(kind) ? { known: true, value } : { known: false, why: 'Unsupported' };
    sources.set(sourceKey(kind, namespace, name), fact as ReturnType<typeof sources.get>);
  }
  for (const [key, fact] of sources) {
    if (!fact.known || fact.value.kind !== 'HelmChart') continue;
    const behind = sourceBehindChart(fact.value);
    const found =
      behind === undefined ? undefined : sources.get(sourceKey(behind.kind, behind.namespace, behind.name));
    sources.set(key, chartFact(fact.value, found));
  }
  return sources;
}

/** What rules about several releases see of a HelmRelease. */
export function releaseFactOf(object: JsonObject): ReleaseFact {
  const { namespace, name } = identityOf(object);
  return describeRelease({ namespace, name, object });
}

/** A text that is not empty. */
function textAt(root: Json | undefined, tokens: readonly string[]): string | undefined {
  const value = valueAt(root, tokens);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
