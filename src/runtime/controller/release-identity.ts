import type { HelmRelease } from '../../core/api/helm-release.ts';

/** A DNS subdomain, as the API server demands of a ServiceAccount's name; nothing else can reach a header. */
const NAME = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/;

/** Whom helm acts as for a release: Helmgate itself, or the named service account. */
export type ReleaseIdentity =
  | { readonly kind: 'own' }
  | { readonly kind: 'impersonated'; readonly user: string }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * The identity that `spec.serviceAccountName` asks for, always of the HelmRelease's own namespace (flux rule 42). A name that
 * is there and can't be one is refused: acting as ourselves instead would give a tenant our rights.
 */
export function releaseIdentity({ spec, metadata }: HelmRelease): ReleaseIdentity {
  const { serviceAccountName: name } = spec;
  const { namespace = '' } = metadata;
  if (name === undefined) return { kind: 'own' };
  if (!NAME.test(name) || namespace === '') {
    const message = `spec.serviceAccountName ${JSON.stringify(name.slice(0, 63))} is not the name of a ServiceAccount`;
    return { kind: 'refused', message };
  }
  return { kind: 'impersonated', user: `system:serviceaccount:${namespace}:${name}` };
}
