import type { OwnerReference, Resource } from '../../core/api/kube-object.ts';
import {
  BUCKET,
  EXTERNAL_ARTIFACT,
  GIT_REPOSITORY,
  HELM_CHART,
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from '../../core/api/resources.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Endpoint } from './judging.ts';

const ADMISSION_GROUP = 'admissionregistration.k8s.io';

export const MUTATING_CONFIGURATION: Resource = {
  group: ADMISSION_GROUP,
  version: 'v1',
  plural: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
};
export const VALIDATING_CONFIGURATION: Resource = {
  group: ADMISSION_GROUP,
  version: 'v1',
  plural: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
  namespaced: false,
};

/** How the API server reaches the endpoint: by a Service in production, by an address in development. */
export type WebhookReach =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } };

export interface RegistrationOptions {
  /** Name of both configuration objects. */
  readonly name: string;
  /** `url` is the endpoint's origin, `https://127.0.0.1:8443`. */
  readonly reach: WebhookReach;
  /** PEM of the CA that signed the serving certificate; of the old and the new one while it is exchanged. */
  readonly caBundlePem: string;
  /** What a failing validating call means; Fail once the call is proven to work. */
  readonly validatingFailure: 'Ignore' | 'Fail';
  /** Makes the objects go when their owner goes (the chart's ClusterRole). */
  readonly owner?: OwnerReference;
}

/** The two objects that make the API server call us. */
export interface Registrations {
  readonly mutating: JsonObject;
  readonly validating: JsonObject;
}

/** Seconds that the API server waits. Judging takes milliseconds; five bear a slow start and a retry after a 503. */
const TIMEOUT_SECONDS = 5;

/**
 * The kinds that are judged; their `status` is a resource of its own and never comes here. The API server takes a rule for a kind
 * that it does not serve, and heeds it when the CRD comes.
 */
const JUDGED: readonly Resource[] = [
  HELM_RELEASE,
  HELM_REPOSITORY,
  HELM_CHART,
  OCI_REPOSITORY,
  GIT_REPOSITORY,
  BUCKET,
  EXTERNAL_ARTIFACT,
];

/**
 * Builds both webhook configurations. Mutating fails open, since validating judges the final object and notices a lost mutation
 * (NotMutated). `apiVersions: ["*"]` with `matchPolicy: Exact`: each request matches as it came, in whatever version, so that none
 * is converted on the way here and loses fields that only its own version has. Every field that narrows
 * what is called is written out, so that a comparison with the live object finds any change.
 */
export function buildRegistrations(options: RegistrationOptions): Registrations {
  return {
    mutating: configuration(MUTATING_CONFIGURATION, options, {
      ...webhook('mutate', options),
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'IfNeeded',
    }),
    validating: configuration(VALIDATING_CONFIGURATION, options, {
      ...webhook('validate', options),
      failurePolicy: options.validatingFailure,
    }),
  };
}

function configuration(
  resource: Resource,
  { name, owner }: RegistrationOptions,
  entry: JsonObject,
): JsonObject {
  return {
    apiVersion: `${resource.group}/${resource.version}`,
    kind: resource.kind,
    metadata: {
      name,
      labels: { 'app.kubernetes.io/managed-by': 'helmgate' },
      ...(owner === undefined ? {} : { ownerReferences: [{ ...owner }] }),
    },
    webhooks: [entry],
  };
}

function webhook(endpoint: Endpoint, { reach, caBundlePem }: RegistrationOptions): JsonObject {
  const target =
    'url' in reach
      ? { url: `${reach.url}/${endpoint}` }
      : { service: { ...reach.service, path: `/${endpoint}` } };
  return {
    name: `${endpoint}.helmgate.dev`,
    clientConfig: { ...target, caBundle: Buffer.from(caBundlePem).toString('base64') },
    rules: [...rulesByGroup()].map(([group, resources]) => ({
      apiGroups: [group],
      apiVersions: ['*'],
      operations: ['CREATE', 'UPDATE'],
      resources,
      scope: 'Namespaced',
    })),
    matchPolicy: 'Exact',
    namespaceSelector: {},
    objectSelector: {},
    sideEffects: 'None',
    timeoutSeconds: TIMEOUT_SECONDS,
    admissionReviewVersions: ['v1'],
  };
}

function rulesByGroup(): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const { group, plural } of JUDGED) groups.set(group, [...(groups.get(group) ?? []), plural]);
  return groups;
}
