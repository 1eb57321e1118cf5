import type { JsonObject } from '../core/json/json.ts';
import type { CliContext } from './context.ts';
import type { CreateDependencies } from './create/deliver.ts';

/** Applies manifests to the cluster of the user's kubeconfig by server-side apply. */
export function applyToCluster({ env }: CliContext): CreateDependencies {
  return {
    async apply(manifest, { fieldManager, timeoutMs, signal, kubeconfig, context }) {
      const { createKubeClient } = await import('../io/kube/kube-client.ts');
      const { loadAccess } = await import('../io/kube/load-access.ts');
      const access = await loadAccess({ env, allowPlugins: true, kubeconfig, context });
      const kube = createKubeClient(access, { userAgent: 'helmgate' });
      try {
        const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        const { apiVersion, kind, metadata } = manifest;
        const resource = await kube.resourceFor(apiVersion, kind, bounded);
        if (resource === undefined) {
          throw new Error(`the cluster has no ${kind} in ${apiVersion}; apply charts/helmgate/crds first`);
        }
        const { name, namespace } = metadata;
        const ref = { resource, name, ...(namespace === undefined ? {} : { namespace }) };
        const before = await kube.find(ref, bounded);
        const after = await kube.apply(ref, manifest as unknown as JsonObject, { fieldManager }, bounded);
        const same = before?.metadata.resourceVersion === after.metadata.resourceVersion;
        return { outcome: before === undefined ? 'created' : same ? 'unchanged' : 'configured' };
      } finally {
        await kube.close();
      }
    },
  };
}
