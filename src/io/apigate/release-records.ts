import type { GateSessionOptions } from '../contract.ts';
import { parseReleaseSecretName } from '../release-record.ts';
import type { ResourcePath } from './api-route.ts';

/** What a request does with helm's release records. */
export type RecordRequest = 'none' | 'readOne' | 'list' | 'create' | 'update' | 'delete' | 'forbidden';

/**
 * Classifies a request by its line alone. `create` is only a candidate: the body of a POST of a Secret says whether it is a record.
 * helm itself never patches its records: that would be a chart that forges one.
 */
export function recordRequestOf(
  method: string,
  path: ResourcePath,
  query: URLSearchParams,
  options: GateSessionOptions,
): RecordRequest {
  if (path.group !== '' || path.plural !== 'secrets') return 'none';
  const home = isHome(path, options);
  if (path.name === undefined) {
    if (method === 'POST') return 'create';
    return home && method === 'GET' && selectsRecords(query) ? 'list' : 'none';
  }
  const record = parseReleaseSecretName(path.name);
  if (record === undefined) return 'none';
  if (method === 'GET') return home && path.subresource === undefined ? 'readOne' : 'none';
  const foreign = options.releaseName !== undefined && record.release !== options.releaseName;
  if (!home || foreign || path.subresource !== undefined) return 'forbidden';
  if (method === 'PUT') return 'update';
  return method === 'DELETE' ? 'delete' : 'forbidden';
}

/** Whether records of this session may lie in the namespace that a path names. */
export function isHome(path: ResourcePath, options: GateSessionOptions): boolean {
  return path.namespace === options.releaseNamespace || path.namespace === options.storageNamespace;
}

/** helm has one flag for both namespaces; its records belong into the storage namespace. */
export function inStorageNamespace(path: ResourcePath, options: GateSessionOptions): ResourcePath {
  return path.namespace === options.releaseNamespace
    ? { ...path, namespace: options.storageNamespace }
    : path;
}

function selectsRecords(query: URLSearchParams): boolean {
  const selector = query.get('labelSelector') ?? '';
  return (
    query.get('watch') === null && selector.split(',').some((part) => /^owner==?helm$/.test(part.trim()))
  );
}
