import type { Condition } from './helm-release.ts';
import type { ObjectMeta } from './kube-object.ts';

/** `spec` of source.toolkit.fluxcd.io/v1 HelmRepository (flux.md 1.6). */
export interface HelmRepositorySpec {
  readonly url: string;
  readonly type?: 'default' | 'oci';
  readonly interval?: string;
  readonly timeout?: string;
  readonly secretRef?: { readonly name: string };
  readonly certSecretRef?: { readonly name: string };
  readonly passCredentials?: boolean;
  readonly insecure?: boolean;
  readonly provider?: string;
  readonly suspend?: boolean;
}

/** `status` of a HelmRepository; `artifact.revision` is the digest of the index that was read. */
export interface HelmRepositoryStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly artifact?: {
    readonly digest: string;
    readonly revision: string;
    readonly lastUpdateTime: string;
    readonly path: string;
    readonly url: string;
    readonly size?: number;
  };
  readonly lastHandledReconcileAt?: string;
}

export interface HelmRepository {
  readonly apiVersion: string;
  readonly kind: 'HelmRepository';
  readonly metadata: ObjectMeta;
  readonly spec: HelmRepositorySpec;
  readonly status?: HelmRepositoryStatus;
}
