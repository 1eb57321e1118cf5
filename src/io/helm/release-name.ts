/** Longest release name: helm labels its Secrets with it and keeps room for suffixes. */
const MAX_RELEASE_NAME = 53;
/** RFC 1123 subdomain, as helm checks release names. The first character can never make it a flag. */
const RELEASE_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
/** RFC 1123 label. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

export function isReleaseName(name: string): boolean {
  return name.length <= MAX_RELEASE_NAME && RELEASE_NAME.test(name);
}

export function isNamespaceName(name: string): boolean {
  return NAMESPACE.test(name);
}
