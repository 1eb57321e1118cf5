import type { HelmRelease } from '../../core/api/helm-release.ts';
import type { HelmRepository } from '../../core/api/helm-repository.ts';
import type { KubeObject } from '../../core/api/kube-object.ts';

/** The queue's key of an object: `namespace/name`. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

// The API server has validated what it stored against the CRDs' schemas.
export function asRelease(object: KubeObject | undefined): HelmRelease | undefined {
  return object as unknown as HelmRelease | undefined;
}

export function asRepository(object: KubeObject | undefined): HelmRepository | undefined {
  return object as unknown as HelmRepository | undefined;
}
