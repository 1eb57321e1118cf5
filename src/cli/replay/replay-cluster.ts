import { toSubject } from '../../core/admission/to-subject.ts';
import type { KubeObject, Resource } from '../../core/api/kube-object.ts';
import {
  BUCKET,
  EXTERNAL_ARTIFACT,
  GIT_REPOSITORY,
  HELM_CHART,
  HELM_RELEASE,
  HELM_REPOSITORY,
  NAMESPACE,
  OCI_REPOSITORY,
} from '../../core/api/resources.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Facts } from '../../core/policy/facts.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { shortText } from '../../core/policy/short-text.ts';
import { type AdmittedAgain, admitAgain } from '../../core/replay/admit-again.ts';
import { compareDecisions } from '../../core/replay/compare.ts';
import type { JudgedRow } from '../../core/replay/judged-row.ts';
import type { Summarizer } from '../../core/replay/summary.ts';
import type { KubeClient } from '../../io/contract.ts';
import { AccessError } from '../../io/kube/access-error.ts';
import { createKubeClient } from '../../io/kube/kube-client.ts';
import { hasStatus, KubeError } from '../../io/kube/kube-error.ts';
import { loadAccess } from '../../io/kube/load-access.ts';
import { gatherFacts } from '../../runtime/facts.ts';
import type { ObjectLookup } from '../../runtime/object-lookup.ts';
import type { CliContext } from '../context.ts';
import { ReplayError } from './replay-error.ts';

export interface ReplayClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  /** RFC 3339. */
  readonly now: string;
}

const NEEDED: readonly Resource[] = [HELM_RELEASE, HELM_REPOSITORY, HELM_CHART, OCI_REPOSITORY];
/** Their CRDs need not be there. */
const OPTIONAL: readonly Resource[] = [GIT_REPOSITORY, BUCKET, EXTERNAL_ARTIFACT];
const JUDGED: readonly Resource[] = [...NEEDED, ...OPTIONAL];

/**
 * Judges what is stored in a cluster as if each object was created now: what is there counts as allowed so far. Rejects with a
 * {@link ReplayError} when the cluster cannot be reached or read.
 */
export async function replayCluster(
  set: PolicySet,
  summarizer: Summarizer,
  options: ReplayClusterOptions,
  { env, signal }: CliContext,
): Promise<void> {
  const { kubeconfig, context } = options;
  try {
    const access = await loadAccess({ env, allowPlugins: true, kubeconfig, context });
    const kube = createKubeClient(access, { userAgent: 'helmgate' });
    try {
      await replayObjects(set, summarizer, options, { kube, signal });
    } finally {
      await kube.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AccessError || error instanceof KubeError)
      throw new ReplayError(error.message, { cause: error });
    throw error;
  }
}

/** As {@link replayCluster}, through a client. Rejects with its errors, and with a {@link ReplayError} for a namespace that is not there. */
export async function replayObjects(
  set: PolicySet,
  summarizer: Summarizer,
  { namespace, now }: Pick<ReplayClusterOptions, 'namespace' | 'now'>,
  { kube, signal }: { readonly kube: Pick<KubeClient, 'list'>; readonly signal: AbortSignal },
): Promise<void> {
  const listed = new Map<string, readonly KubeObject[]>();
  const namespaces = await kube.list(NAMESPACE, { metadataOnly: true }, signal);
  if (namespace !== undefined && !namespaces.some(({ metadata }) => metadata.name === namespace))
    throw new ReplayError(`the cluster has no namespace ${shortText(namespace)}`);
  listed.set(NAMESPACE.kind, namespaces);
  for (const resource of NEEDED) listed.set(resource.kind, await kube.list(resource, {}, signal));
  for (const resource of OPTIONAL) listed.set(resource.kind, await listServed(kube, resource, signal));
  const lookup = lookupIn(listed);
  for (const object of JUDGED.flatMap(({ kind }) => listed.get(kind) ?? [])) {
    if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
    const { row, again } = await judgeLive(set, object, lookup, now, signal);
    summarizer.exceptionUses.add(again.decision, false);
    summarizer.add(row, compareDecisions(row, { kind: 'Decided', ...again, redacted: [] }));
  }
}

/** A cluster without the kind has none. */
async function listServed(
  kube: Pick<KubeClient, 'list'>,
  resource: Resource,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  try {
    return await kube.list(resource, {}, signal);
  } catch (error) {
    if (hasStatus(error, 404)) return [];
    throw error;
  }
}

/** Everything was listed at once: what is not there does not exist. */
function lookupIn(listed: ReadonlyMap<string, readonly KubeObject[]>): ObjectLookup {
  const keyOf = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;
  const byKey = new Map(
    [...listed].flatMap(([kind, objects]) =>
      objects.map(
        (object) => [keyOf(kind, object.metadata.namespace ?? '', object.metadata.name), object] as const,
      ),
    ),
  );
  return {
    find: async ({ kind }, namespace, name) => byKey.get(keyOf(kind, namespace, name)),
    list: ({ kind }) => listed.get(kind),
  };
}

async function judgeLive(
  set: PolicySet,
  live: KubeObject,
  lookup: ObjectLookup,
  now: string,
  signal: AbortSignal,
): Promise<{ readonly row: JudgedRow; readonly again: AdmittedAgain }> {
  const { apiVersion, kind, metadata } = live;
  const [group = '', version = ''] = apiVersion.split('/');
  const { namespace = '', name } = metadata;
  const object = live as unknown as JsonObject;
  const user = { username: '', groups: [] };
  const request = {
    uid: '',
    kind: { group, version, kind },
    resource: { group, version, resource: '' },
    operation: 'CREATE' as const,
    namespace,
    name,
    object,
    user,
    dryRun: true,
  };
  const gathered = await gatherFacts({ current: set }, toSubject(request), lookup, now, signal);
  // What stands against the releases of a source is said of each of them.
  const facts: Facts = { ...gathered, dependents: { known: true, value: [] } };
  const again = admitAgain(request, { current: set }, facts);
  const row: JudgedRow = {
    uid: '',
    time: now,
    endpoint: 'validate',
    operation: 'CREATE',
    apiVersion,
    kind,
    namespace,
    name,
    dryRun: true,
    verdict: 'Allow',
    findings: [],
    patchPaths: [],
  };
  return { row, again };
}
