import type { ObjectRef, Resource } from '../../core/api/kube-object.ts';

/** `v1` or `group/version`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** Path of a resource's list; in all namespaces when `namespace` is absent. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root =
    resource.group === ''
      ? `/api/${segment(resource.version)}`
      : `/apis/${segment(resource.group)}/${segment(resource.version)}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : '';
  return `${root}${scope}/${segment(resource.plural)}`;
}

/** Path of one object. Throws when a namespaced object is named without its namespace. */
export function objectPath(ref: ObjectRef, subresource?: string): string {
  if (ref.resource.namespaced && (ref.namespace === undefined || ref.namespace === '')) {
    throw new TypeError(`${ref.resource.kind} ${ref.name} is namespaced, but no namespace was given`);
  }
  const path = `${collectionPath(ref.resource, ref.namespace)}/${segment(ref.name)}`;
  return subresource === undefined ? path : `${path}/${segment(subresource)}`;
}

/** One path segment; names come from users, so `..` and slashes must not reach the server as structure. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') {
    throw new TypeError(`"${text}" cannot be part of an API path`);
  }
  return encodeURIComponent(text);
}
