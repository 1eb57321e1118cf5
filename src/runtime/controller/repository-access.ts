import type { HelmRepository } from '../../core/api/helm-repository.ts';
import type { KubeObject } from '../../core/api/kube-object.ts';
import { SECRET } from '../../core/api/resources.ts';
import { parseDuration } from '../../core/duration.ts';
import { isJsonObject } from '../../core/json/json.ts';
import type { KubeClient, RepositoryAccess } from '../../io/contract.ts';

/** Flux's default for `spec.timeout` of a HelmRepository (flux.md 1.6). */
const DEFAULT_TIMEOUT_MS = 60_000;

/** A Secret that a source names is missing or lacks a key. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/**
 * Reads the Secrets that a HelmRepository names and makes of them what the chart client needs.
 *
 * `certSecretRef` wins over TLS keys in `secretRef` (flux.md 1.6). Rejects with a {@link CredentialsError} that names
 * the Secret and the key, never a value.
 */
export async function readRepositoryAccess(
  repository: HelmRepository,
  kube: Pick<KubeClient, 'find'>,
  signal: AbortSignal,
): Promise<RepositoryAccess> {
  const namespace = repository.metadata.namespace ?? '';
  const { url, timeout, secretRef, certSecretRef, passCredentials } = repository.spec;
  const credentials =
    secretRef === undefined ? undefined : await readSecret(kube, namespace, secretRef.name, signal);
  const certificates =
    certSecretRef === undefined ? undefined : await readSecret(kube, namespace, certSecretRef.name, signal);
  const username = credentials?.get('username');
  const password = credentials?.get('password');
  if ((username === undefined) !== (password === undefined)) {
    const missing = username === undefined ? 'username' : 'password';
    throw new CredentialsError(`Secret ${namespace}/${secretRef?.name} has no key '${missing}'`);
  }
  const caPem = certificates?.get('ca.crt') ?? credentials?.get('caFile');
  const certPem = certificates?.get('tls.crt') ?? credentials?.get('certFile');
  const keyPem = certificates?.get('tls.key') ?? credentials?.get('keyFile');
  if ((certPem === undefined) !== (keyPem === undefined)) {
    throw new CredentialsError(`a client certificate needs both 'tls.crt' and 'tls.key' in its Secret`);
  }
  return {
    url,
    timeoutMs: (timeout === undefined ? undefined : parseDuration(timeout)) ?? DEFAULT_TIMEOUT_MS,
    passCredentials: passCredentials ?? false,
    ...(username === undefined || password === undefined ? {} : { username, password }),
    ...(caPem === undefined ? {} : { caPem }),
    ...(certPem === undefined || keyPem === undefined ? {} : { certPem, keyPem }),
  };
}

async function readSecret(
  kube: Pick<KubeClient, 'find'>,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const secret = await kube.find({ resource: SECRET, namespace, name }, signal);
  if (secret === undefined) throw new CredentialsError(`Secret ${namespace}/${name} does not exist`);
  return decodeData(secret);
}

/** `data` of a Secret, decoded from base64. */
export function decodeData(secret: KubeObject): ReadonlyMap<string, string> {
  const data = secret['data'];
  const decoded = new Map<string, string>();
  if (!isJsonObject(data as never)) return decoded;
  for (const [key, value] of Object.entries(data as Readonly<Record<string, unknown>>)) {
    if (typeof value === 'string') decoded.set(key, Buffer.from(value, 'base64').toString('utf8'));
  }
  return decoded;
}
