import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { KubeAccess } from '../kube-access.ts';
import { AccessError } from './access-error.ts';

/** Where the kubelet mounts a pod's service account. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet replaces the token when 80 % of its hour are over: a minute-old copy is always valid. */
const TOKEN_TTL_MS = 60_000;

/** The pod's own service account. Rejects with an AccessError outside a pod. */
export async function inClusterAccess(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = SERVICE_ACCOUNT_FOLDER,
): Promise<KubeAccess> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === '') throw new AccessError('not inside a pod: KUBERNETES_SERVICE_HOST is not set');
  const read = async (name: string): Promise<string> => {
    try {
      return (await readFile(join(folder, name), 'utf8')).trim();
    } catch (error) {
      throw new AccessError(`the pod's service account cannot be read: ${join(folder, name)}`, error);
    }
  };
  let token = '';
  let readAtMs = Number.NEGATIVE_INFINITY;
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    ca: await read('ca.crt'),
    insecureSkipTlsVerify: false,
    namespace: await read('namespace'),
    async token() {
      if (performance.now() - readAtMs > TOKEN_TTL_MS) {
        token = await read('token');
        readAtMs = performance.now();
      }
      return token;
    },
  };
}
