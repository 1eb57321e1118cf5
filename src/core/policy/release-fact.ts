/** A HelmRelease as rules about several releases see it. */
import { canonicalJson } from '../json/canonical.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { releaseNameOf, storageNamespaceOf } from '../release/names.ts';
import type { ReleaseFact } from './facts.ts';
import { shortText } from './short-text.ts';

/** A {@link ReleaseFact} that also tells whether the controller leaves the release alone. */
export interface DescribedRelease extends ReleaseFact {
  /** A suspended release is neither reconciled nor uninstalled when it is deleted (flux.md 1.2). */
  readonly suspended?: boolean;
}

/** What a reference to another release says. */
export type ReleaseReference = ReleaseFact['dependsOn'][number];

/** An object's name as the API server knows it: one that is generated may stand in the object only. */
export interface NamedObject {
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
}

/** Longest text for a cluster: two names of at most 253 characters, a namespace of 63, a key of 253. */
const MAX_CLUSTER_TEXT = 1024;

/**
 * Describes a HelmRelease of any version. Fields of wrong types count as absent. The name of the release is empty while the
 * object's own is not generated yet and no other is written.
 */
export function describeRelease({ namespace, name, object }: NamedObject): DescribedRelease {
  const own = name === '' ? (textAt(object, ['metadata', 'name']) ?? '') : name;
  const release = { metadata: { namespace, name: own }, spec: object['spec'] ?? {} };
  const uid = textAt(object, ['metadata', 'uid']);
  const created = textAt(object, ['metadata', 'creationTimestamp']);
  const unnamed = own === '' && textAt(object, ['spec', 'releaseName']) === undefined;
  return {
    namespace,
    name: own,
    ...(uid === undefined ? {} : { uid }),
    storageNamespace: storageNamespaceOf(release),
    releaseName: unnamed ? '' : releaseNameOf(release),
    cluster: clusterOf(namespace, valueAt(object, ['spec', 'kubeConfig'])),
    dependsOn: dependenciesOf(namespace, object),
    ...(created === undefined ? {} : { created }),
    ...(valueAt(object, ['spec', 'suspend']) === true ? { suspended: true } : {}),
  };
}

/**
 * A text for the cluster that `spec.kubeConfig` leads to, equal for equal references: empty for the local one. Two references
 * may lead to one cluster; nothing here can tell. A Secret without a key is read at `value` (or, failing that, `value.yaml`).
 */
export function clusterOf(namespace: string, kubeConfig: Json | undefined): string {
  if (!isJsonObject(kubeConfig) || Object.keys(kubeConfig).length === 0) return '';
  const secret = textAt(kubeConfig, ['secretRef', 'name']);
  const configMap = textAt(kubeConfig, ['configMapRef', 'name']);
  if (secret !== undefined && configMap === undefined) {
    const key = textAt(kubeConfig, ['secretRef', 'key']) ?? 'value';
    return shortText(`Secret ${namespace}/${secret} (${key})`, MAX_CLUSTER_TEXT);
  }
  if (secret === undefined && configMap !== undefined) {
    return shortText(`ConfigMap ${namespace}/${configMap}`, MAX_CLUSTER_TEXT);
  }
  return shortText(`kubeConfig ${canonicalJson(kubeConfig)}`, MAX_CLUSTER_TEXT);
}

/** The releases that `spec.dependsOn` names; entries without a name are left out. */
export function dependenciesOf(namespace: string, object: JsonObject): readonly ReleaseReference[] {
  const list = valueAt(object, ['spec', 'dependsOn']);
  if (!Array.isArray(list)) return [];
  return (list as readonly Json[]).flatMap((entry) => readReference(entry, namespace) ?? []);
}

/** One entry of `spec.dependsOn`; undefined when it names nothing. */
export function readReference(entry: Json | undefined, ownNamespace: string): ReleaseReference | undefined {
  const name = textAt(entry, ['name']);
  if (name === undefined) return undefined;
  return { namespace: textAt(entry, ['namespace']) ?? ownNamespace, name };
}

/** A text that is not empty; the API reads an empty one as absent. */
function textAt(value: Json | undefined, tokens: readonly string[]): string | undefined {
  const text = valueAt(value, tokens);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
