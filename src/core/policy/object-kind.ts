/** Kinds of objects by group, and what is known about their scope without asking an API server. */
import type { JsonObject } from '../json/json.ts';

/** `Deployment.apps`, as kubectl writes it; kinds of the core group have no dot: `Secret`. */
export type GroupKind = string;

/** Kubernetes 1.36's own cluster-scoped kinds, by group. */
const CLUSTER_SCOPED: Readonly<Record<string, readonly string[]>> = {
  '': ['ComponentStatus', 'Namespace', 'Node', 'PersistentVolume'],
  'admissionregistration.k8s.io': [
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
  ],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'authentication.k8s.io': ['SelfSubjectReview', 'TokenReview'],
  'authorization.k8s.io': ['SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'],
  'certificates.k8s.io': ['CertificateSigningRequest', 'ClusterTrustBundle'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'imagepolicy.k8s.io': ['ImageReview'],
  'internal.apiserver.k8s.io': ['StorageVersion'],
  'networking.k8s.io': ['IPAddress', 'IngressClass', 'ServiceCIDR'],
  'node.k8s.io': ['RuntimeClass'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'resource.k8s.io': ['DeviceClass', 'DeviceTaintRule', 'ResourcePoolStatusRequest', 'ResourceSlice'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass'],
  'storagemigration.k8s.io': ['StorageVersionMigration'],
};

/** Kubernetes 1.36's own namespaced kinds, by group. */
const NAMESPACED: Readonly<Record<string, readonly string[]>> = {
  '': [
    'Binding',
    'ConfigMap',
    'Endpoints',
    'Event',
    'LimitRange',
    'PersistentVolumeClaim',
    'Pod',
    'PodTemplate',
    'ReplicationController',
    'ResourceQuota',
    'Secret',
    'Service',
    'ServiceAccount',
  ],
  apps: ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'],
  'authorization.k8s.io': ['LocalSubjectAccessReview'],
  autoscaling: ['HorizontalPodAutoscaler'],
  batch: ['CronJob', 'Job'],
  'certificates.k8s.io': ['PodCertificateRequest'],
  'coordination.k8s.io': ['Lease', 'LeaseCandidate'],
  'discovery.k8s.io': ['EndpointSlice'],
  'events.k8s.io': ['Event'],
  'networking.k8s.io': ['Ingress', 'NetworkPolicy'],
  policy: ['Eviction', 'PodDisruptionBudget'],
  'rbac.authorization.k8s.io': ['Role', 'RoleBinding'],
  'resource.k8s.io': ['ResourceClaim', 'ResourceClaimTemplate'],
  'scheduling.k8s.io': ['PodGroup', 'Workload'],
  'storage.k8s.io': ['CSIStorageCapacity'],
};

const SCOPES: ReadonlyMap<GroupKind, 'Cluster' | 'Namespaced'> = new Map([
  ...entriesOf(CLUSTER_SCOPED, 'Cluster' as const),
  ...entriesOf(NAMESPACED, 'Namespaced' as const),
]);

/** What API servers admit as the name of a kind; a dot in it would read like a group. */
const KIND = /^[A-Za-z][A-Za-z0-9-]*$/;

/** Group and kind of an object; undefined when apiVersion or kind is absent, or no name of that sort. */
export function groupKindOf({ apiVersion, kind }: JsonObject): GroupKind | undefined {
  if (typeof apiVersion !== 'string' || apiVersion === '') return undefined;
  if (typeof kind !== 'string' || !KIND.test(kind)) return undefined;
  const slash = apiVersion.indexOf('/');
  return formatGroupKind(slash === -1 ? '' : apiVersion.slice(0, slash), kind);
}

/** The scope of one of Kubernetes' own kinds; undefined for all others. */
export function builtInScope(kind: GroupKind): 'Cluster' | 'Namespaced' | undefined {
  return SCOPES.get(kind);
}

/** Whether Kubernetes itself has kinds in that group. */
export function isBuiltInGroup(group: string): boolean {
  return Object.hasOwn(CLUSTER_SCOPED, group) || Object.hasOwn(NAMESPACED, group);
}

/** Kubernetes' own kinds of that name in groups other than the core one, `Deployment.apps` for `Deployment`. */
export function builtInKindsNamed(name: string): readonly GroupKind[] {
  return [...SCOPES.keys()].filter((kind) => kind.startsWith(`${name}.`));
}

function formatGroupKind(group: string, kind: string): GroupKind {
  return group === '' ? kind : `${kind}.${group}`;
}

function entriesOf<T>(
  byGroup: Readonly<Record<string, readonly string[]>>,
  scope: T,
): readonly [string, T][] {
  return Object.entries(byGroup).flatMap(([group, kinds]) =>
    kinds.map((kind): [string, T] => [formatGroupKind(group, kind), scope]),
  );
}
