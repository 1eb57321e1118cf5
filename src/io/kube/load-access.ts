import { readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubeAccess } from '../kube-access.ts';
import { AccessError } from './access-error.ts';
import { inClusterAccess } from './in-cluster-access.ts';

export interface LoadAccessOptions {
  /** Path of a kubeconfig; wins over everything else. */
  readonly kubeconfig?: string | undefined;
  /** Context of the kubeconfig instead of its current one. */
  readonly context?: string | undefined;
  /** `KUBECONFIG`, `HOME`, `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are read from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Whether `exec` and `auth-provider` entries may start programs: true only for the kubeconfig of the person at the
   * keyboard, never for one that came out of the cluster.
   */
  readonly allowPlugins: boolean;
}

/** A kubeconfig is some KiB; a person's with many clusters may reach hundreds. */
const MAX_KUBECONFIG_BYTES = 4 * 1024 * 1024;

/**
 * Finds the API server and the identity: `kubeconfig`, else `$KUBECONFIG`, else the pod's service account, else
 * `~/.kube/config`. Rejects with an AccessError that says what is missing.
 */
export async function loadAccess(options: LoadAccessOptions): Promise<KubeAccess> {
  const files = await kubeconfigFiles(options);
  if (files === undefined) return inClusterAccess(options.env);
  // Loaded here and not above: importing the client costs a quarter of a second that most commands never need.
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  for (const [index, file] of files.entries()) {
    const part = new client.KubeConfig();
    await checkSize(file);
    try {
      part.loadFromFile(file);
      if (index === 0) {
        config.loadFromOptions({
          clusters: part.clusters,
          users: part.users,
          contexts: part.contexts,
          currentContext: part.currentContext,
        });
      } else config.mergeConfig(part, true);
    } catch (error) {
      throw new AccessError(`kubeconfig ${file} cannot be read: ${textOf(error)}`, error);
    }
  }
  return accessOf(config, options, files.join(delimiter));
}

async function kubeconfigFiles(options: LoadAccessOptions): Promise<readonly string[] | undefined> {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  const listed = (options.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return listed;
  if ((options.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '') return undefined;
  const home = options.env['HOME'] ?? options.env['USERPROFILE'];
  const file = home === undefined ? undefined : join(home, '.kube', 'config');
  if (file !== undefined && (await stat(file).catch(() => undefined)) !== undefined) return [file];
  throw new AccessError(
    'no cluster to talk to: give --kubeconfig, set KUBECONFIG, create ~/.kube/config, or run inside a pod',
  );
}

async function checkSize(file: string): Promise<void> {
  const info = await stat(file).catch((error: unknown) => {
    throw new AccessError(`kubeconfig ${file} cannot be read: ${textOf(error)}`, error);
  });
  if (!info.isFile()) throw new AccessError(`kubeconfig ${file} is not a regular file`);
  if (info.size > MAX_KUBECONFIG_BYTES) {
    throw new AccessError(`kubeconfig ${file} is larger than ${MAX_KUBECONFIG_BYTES} bytes`);
  }
}

async function accessOf(config: KubeConfig, options: LoadAccessOptions, where: string): Promise<KubeAccess> {
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const name = config.getCurrentContext() as string | undefined;
  if (name === undefined || name === '') throw new AccessError(`kubeconfig ${where} has no current context`);
  const context = config.getContextObject(name);
  if (context === null) throw new AccessError(`kubeconfig ${where} has no context "${name}"`);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new AccessError(`context "${name}": cluster "${context.cluster}" is not defined`);
  const user = config.getCurrentUser();
  if (user === null) throw new AccessError(`context "${name}": user "${context.user}" is not defined`);
  if (cluster.proxyUrl !== undefined) throw new AccessError(`context "${name}": proxy-url is not supported`);
  if (user.username !== undefined || user.password !== undefined) {
    throw new AccessError(`context "${name}": basic authentication is not served by Kubernetes any more`);
  }
  const plugin = user.exec !== undefined || user.authProvider !== undefined;
  if (plugin && !options.allowPlugins) {
    throw new AccessError(`context "${name}": exec and auth-provider plugins are refused here`);
  }
  if (user.impersonateUser?.trim() === '') {
    throw new AccessError(`context "${name}": the user to impersonate is empty`);
  }
  const server = serverOf(cluster.server, name);
  const ca = await pemOf(cluster.caData, cluster.caFile);
  let cert = await pemOf(user.certData, user.certFile);
  let key = await pemOf(user.keyData, user.keyFile);
  if (plugin) {
    const tls: { cert?: Buffer | string; key?: Buffer | string } = {};
    await config.applyToHTTPSOptions(tls as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    cert = tls.cert === undefined ? cert : tls.cert.toString();
    key = tls.key === undefined ? key : tls.key.toString();
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new AccessError(`context "${name}": a client certificate and its key belong together`);
  }
  return {
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster.tlsServerName === undefined ? {} : { tlsServerName: cluster.tlsServerName }),
    ...(user.impersonateUser === undefined ? {} : { impersonateUser: user.impersonateUser }),
    insecureSkipTlsVerify: cluster.skipTLSVerify,
    namespace: context.namespace ?? 'default',
    token: async () => (plugin ? pluginToken(config) : user.token),
  };
}

/** The token that a plugin gives now; client-node keeps it until it expires. */
async function pluginToken(config: KubeConfig): Promise<string | undefined> {
  const request: { headers?: Record<string, string> } = {};
  await config.applyToHTTPSOptions(request as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const header = request.headers?.['Authorization'];
  return header?.startsWith('Bearer ') === true ? header.slice('Bearer '.length) : undefined;
}

function serverOf(text: string, context: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw new AccessError(`context "${context}": the server must be an https:// URL without credentials`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

async function pemOf(data: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  if (file === undefined || file === '') return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AccessError(`${file} cannot be read: ${textOf(error)}`, error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
