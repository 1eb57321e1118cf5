import type { Resource } from '../core/api/kube-object.ts';
import { HELM_GROUP, SOURCE_GROUP } from '../core/api/resources.ts';
import type { KubeClient, KubeErrorShape } from '../io/contract.ts';

export interface ReachOptions {
  readonly kube: KubeClient;
  /** Address of the API server, for messages. */
  readonly server: string;
  /** Kinds that are watched; each must be served and readable. */
  readonly resources: readonly Resource[];
  /** Folder of the manifests of Helmgate's CRDs. */
  readonly crdFolder: string;
  /** Told of each try that failed and is repeated. */
  readonly onRetry: (message: string, delayMs: number) => void;
  /** First pause between two tries; it doubles up to 32 of them. Default 1 s. */
  readonly pauseMs?: number;
}

/** The cluster is there but not as it must be; trying again would not help. The message says what to change. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

const DEFAULT_PAUSE_MS = 1_000;
/** A server that comes back is noticed within half a minute. */
const MAX_PAUSE_FACTOR = 32;
/** TLS failures that no waiting cures: what OpenSSL says of a certificate, and Node of the name in it. */
const WRONG_CERTIFICATE =
  /CERT_|_CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS_CERT|ERR_OSSL|ERR_SSL|certificate|PEM|wrong version number/i;

/**
 * Looks at each resource once, so that what a watch would repeat for ever without a word becomes a message. A server that is
 * down, starting or overloaded is tried again until the signal aborts.
 *
 * @throws {ClusterError} when the identity is not accepted, may not read, the certificate is another's, or a CRD is missing.
 */
export async function reachCluster(options: ReachOptions, signal: AbortSignal): Promise<void> {
  const missing: Resource[] = [];
  for (const resource of options.resources) {
    if (!(await isServed(resource, options, signal))) missing.push(resource);
  }
  if (missing.length > 0) throw new ClusterError(missingText(missing, options));
}

async function isServed(resource: Resource, options: ReachOptions, signal: AbortSignal): Promise<boolean> {
  const { kube, server } = options;
  const { group, version, plural } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    try {
      await kube.request('GET', `${root}/${plural}?limit=1`, undefined, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const failure = asFailure(error);
      if (failure === undefined) throw error;
      if (failure.status === 404) return false;
      const fatal = fatalText(failure, resource, server);
      if (fatal !== undefined) throw new ClusterError(fatal, { cause: error });
      const delayMs =
        (options.pauseMs ?? DEFAULT_PAUSE_MS) * Math.min(2 ** Math.min(tries, 10), MAX_PAUSE_FACTOR);
      options.onRetry(`the API server ${server} does not answer: ${failure.message}`, delayMs);
      await pause(delayMs, signal);
    }
  }
}

function fatalText(
  { status, message }: KubeErrorShape,
  { plural }: Resource,
  server: string,
): string | undefined {
  const choose = 'choose another kubeconfig with --kubeconfig or another context with --context';
  if (status === 401) {
    return `the API server ${server} does not accept the identity of the kubeconfig (${message}): renew its credentials, or ${choose}`;
  }
  if (status === 403) {
    return `the identity of the kubeconfig may not list ${plural} at ${server} (${message}): grant it, or ${choose}`;
  }
  if (status === 0 && WRONG_CERTIFICATE.test(message)) {
    return `what answers at ${server} is not the API server that the kubeconfig trusts (${message}): correct its certificate-authority, or ${choose}`;
  }
  return undefined;
}

function missingText(missing: readonly Resource[], { server, crdFolder }: ReachOptions): string {
  const kinds = missing.map(({ kind, group, version }) => `${kind} (${group}/${version})`).join(', ');
  const ours = missing.filter(({ group }) => group === HELM_GROUP || group === SOURCE_GROUP);
  const files = ours.map(({ plural }) => `-f ${crdFolder}/${plural}.yaml`).join(' ');
  return `the API server ${server} does not serve ${kinds}; apply the CRDs first:\n  kubectl apply --server-side ${files}`;
}

function asFailure(error: unknown): KubeErrorShape | undefined {
  return error instanceof Error && 'status' in error && 'reason' in error
    ? (error as Error & KubeErrorShape)
    : undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
