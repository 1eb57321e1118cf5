import { requiredSources } from '../core/admission/required-sources.ts';
import type { KubeObject, Resource } from '../core/api/kube-object.ts';
import { HELM_CHART, HELM_REPOSITORY, NAMESPACE, OCI_REPOSITORY } from '../core/api/resources.ts';
import { isJsonObject, type Json } from '../core/json/json.ts';
import { valueAt } from '../core/json/pointer.ts';
import { type Fact, type Facts, type SourceFact, sourceKey } from '../core/policy/facts.ts';
import type { SourceNeed } from '../core/policy/rule.ts';
import type { Subject } from '../core/policy/subject.ts';
import type { KubeClient, PoliciesInForce, Reflector } from '../io/contract.ts';

/** Finds objects for facts: in a local copy, or by asking. Rejects when it cannot know. */
export interface ObjectLookup {
  find(
    resource: Resource,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined>;
}

/** Kinds whose URL can be read; any other one is a fact of the kind Unsupported. */
const SOURCES: ReadonlyMap<string, Resource> = new Map(
  [HELM_REPOSITORY, HELM_CHART, OCI_REPOSITORY].map((resource) => [resource.kind, resource]),
);

/**
 * Gathers what judging a subject at admission needs: the labels of the namespaces it touches, and the sources that the loaded rules
 * follow. What cannot be had is a fact with its reason, never an exception; only an aborted signal rejects. `now` is RFC 3339 in UTC.
 */
export async function gatherFacts(
  { current, previous }: PoliciesInForce,
  subject: Subject,
  lookup: ObjectLookup,
  now: string,
  signal: AbortSignal,
): Promise<Facts> {
  const others = otherNamespaces(subject);
  // The set before may have to be asked about the same object (NotMutated).
  const needed = [current, ...(previous === undefined ? [] : [previous])].flatMap((set) =>
    requiredSources(set, subject),
  );
  const [namespaceLabels, otherLabels, sources] = await Promise.all([
    labelsOf(lookup, subject.namespace, signal),
    Promise.all(others.map(async (name) => [name, await labelsOf(lookup, name, signal)] as const)),
    Promise.all(
      needed.map(async (source) => {
        const { kind, namespace, name } = source;
        return [sourceKey(kind, namespace, name), await sourceFact(lookup, source, signal)] as const;
      }),
    ),
  ]);
  signal.throwIfAborted();
  return {
    now,
    namespaceLabels,
    otherNamespaceLabels: new Map(otherLabels),
    sources: new Map(sources),
    // The range is resolved, and the values merged, at release time only.
    chart: { known: false, why: 'Unavailable' },
    values: { known: false, why: 'Unavailable' },
  };
}

/** Target and storage namespace of a release, when they are not its own. */
function otherNamespaces({ kind, namespace, object }: Subject): readonly string[] {
  if (kind !== 'HelmRelease') return [];
  const named = ['targetNamespace', 'storageNamespace'].map((field) => valueAt(object, ['spec', field]));
  return [...new Set(named)].filter(
    (name): name is string => typeof name === 'string' && name !== '' && name !== namespace,
  );
}

async function labelsOf(
  lookup: ObjectLookup,
  name: string,
  signal: AbortSignal,
): Promise<Fact<Readonly<Record<string, string>>>> {
  const found = await findFact(lookup, NAMESPACE, '', name, signal);
  return found.known ? { known: true, value: found.value.metadata.labels ?? {} } : found;
}

async function sourceFact(
  lookup: ObjectLookup,
  { kind, namespace, name }: SourceNeed,
  signal: AbortSignal,
): Promise<Fact<SourceFact>> {
  const resource = SOURCES.get(kind);
  if (resource === undefined) return { known: false, why: 'Unsupported' };
  const found = await findFact(lookup, resource, namespace, name, signal);
  if (!found.known) return found;
  const spec = found.value['spec'] as Json | undefined;
  if (kind === HELM_CHART.kind) return behindChart(lookup, { kind, namespace, name }, spec, signal);
  const url = valueAt(spec, ['url']);
  const suspended = valueAt(spec, ['suspend']);
  return {
    known: true,
    value: {
      kind,
      namespace,
      name,
      ...(typeof url === 'string' ? { url } : {}),
      ...(suspended === true ? { suspended } : {}),
    },
  };
}

/** A HelmChart has no URL of its own: it is that of the source it refers to, which lies in its namespace. */
async function behindChart(
  lookup: ObjectLookup,
  chart: SourceNeed,
  spec: Json | undefined,
  signal: AbortSignal,
): Promise<Fact<SourceFact>> {
  const reference = valueAt(spec, ['sourceRef']);
  const { kind, name } = isJsonObject(reference) ? reference : {};
  if (kind !== HELM_REPOSITORY.kind || typeof name !== 'string') return { known: false, why: 'Unsupported' };
  const source = await sourceFact(lookup, { kind, namespace: chart.namespace, name }, signal);
  return source.known ? { known: true, value: { ...source.value, ...chart } } : source;
}

async function findFact(
  lookup: ObjectLookup,
  resource: Resource,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Fact<KubeObject>> {
  try {
    const value = await lookup.find(resource, namespace, name, signal);
    return value === undefined ? { known: false, why: 'NotFound' } : { known: true, value };
  } catch (error) {
    return { known: false, why: isForbidden(error) ? 'Forbidden' : 'Unavailable' };
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 403;
}

/** A local copy that has heard nothing for this long is not believed: a watch gets a bookmark about every minute. */
const MAX_STALENESS_MS = 120_000;

/**
 * Looks in the local copies first and asks the API server for what they do not hold: an object applied a moment ago, together with the
 * one that refers to it, may not have reached the watch yet.
 */
export function lookupThrough(
  reflectors: ReadonlyMap<string, Pick<Reflector, 'find' | 'stalenessMs'>>,
  client: Pick<KubeClient, 'find'>,
): ObjectLookup {
  return {
    find: async (resource, namespace, name, signal) => {
      const copy = reflectors.get(resource.kind);
      const local =
        copy === undefined || copy.stalenessMs() > MAX_STALENESS_MS ? undefined : copy.find(namespace, name);
      if (local !== undefined) return local;
      const ref = resource.namespaced ? { resource, namespace, name } : { resource, name };
      return client.find(ref, signal);
    },
  };
}
