import { mutate, validate } from '../../core/admission/judge.ts';
import { toSubject } from '../../core/admission/to-subject.ts';
import type { KubeObject, Resource } from '../../core/api/kube-object.ts';
import {
  HELM_CHART,
  HELM_RELEASE,
  HELM_REPOSITORY,
  NAMESPACE,
  OCI_REPOSITORY,
} from '../../core/api/resources.ts';
import { applyPatch } from '../../core/json/apply.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { Facts } from '../../core/policy/facts.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { compareDecisions } from '../../core/replay/compare.ts';
import type { JudgedRow } from '../../core/replay/judged-row.ts';
import type { Summarizer } from '../../core/replay/summary.ts';
import { createKubeClient } from '../../io/kube/kube-client.ts';
import { loadAccess } from '../../io/kube/load-access.ts';
import { gatherFacts } from '../../runtime/facts.ts';
import type { ObjectLookup } from '../../runtime/object-lookup.ts';
import type { CliContext } from '../context.ts';

export interface ReplayClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  /** RFC 3339. */
  readonly now: string;
}

const JUDGED: readonly Resource[] = [HELM_RELEASE, HELM_REPOSITORY, HELM_CHART, OCI_REPOSITORY];

/** Judges what is stored in the cluster as if each object was created now: what is there counts as allowed so far. */
export async function replayCluster(
  set: PolicySet,
  summarizer: Summarizer,
  options: ReplayClusterOptions,
  { env, signal }: CliContext,
): Promise<void> {
  const { kubeconfig, context, namespace, now } = options;
  const access = await loadAccess({
    env,
    allowPlugins: true,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  const kube = createKubeClient(access, { userAgent: 'helmgate' });
  try {
    const listed = new Map<string, readonly KubeObject[]>();
    for (const resource of [...JUDGED, NAMESPACE]) {
      listed.set(resource.kind, await kube.list(resource, { metadataOnly: resource === NAMESPACE }, signal));
    }
    const lookup = lookupIn(listed);
    for (const object of JUDGED.flatMap(({ kind }) => listed.get(kind) ?? [])) {
      if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
      const { row, change } = await judgeLive(set, object, lookup, now, signal);
      summarizer.add(row, change);
    }
  } finally {
    await kube.close();
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
): Promise<{ readonly row: JudgedRow; readonly change: ReturnType<typeof compareDecisions> }> {
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
  const policies = { current: set };
  const { mutations, patch } = mutate(request, policies, facts);
  const patched = applyPatch(object, patch);
  const decision = validate(
    { ...request, object: isJsonObject(patched) ? patched : object },
    policies,
    facts,
  );
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
  return {
    row,
    change: compareDecisions(row, { kind: 'Decided', decision, mutated: { mutations, patch }, redacted: [] }),
  };
}
