import type { KubeObject, ObjectRef, Resource } from '../../core/api/kube-object.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import type { KubeClient, WriteOptions } from '../contract.ts';
import type { KubeAccess } from '../kube-access.ts';
import { createDiscovery } from './discovery.ts';
import { hasStatus, KubeError } from './kube-error.ts';
import { listPages } from './list-pages.ts';
import { apiVersionOf, collectionPath, objectPath } from './resource-path.ts';
import { createTransport, type TransportOptions } from './transport.ts';

/** Opens a client for one identity. Nothing is sent before the first call. */
export function createKubeClient(access: KubeAccess, options: TransportOptions): KubeClient {
  const transport = createTransport(access, options);
  const discovery = createDiscovery(transport);

  async function write(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: JsonObject,
    contentType: string,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<KubeObject> {
    const answer = await transport.json(
      { method, path, query: writeQuery(options), body, contentType },
      signal,
    );
    if (!isJsonObject(answer) || !isJsonObject(answer['metadata'])) {
      const message = `${method} ${path}: the answer is not an object`;
      throw new KubeError({ status: 0, reason: 'InvalidAnswer', message });
    }
    return answer as unknown as KubeObject;
  }

  return {
    async find(ref, signal) {
      try {
        const answer = await transport.json({ method: 'GET', path: objectPath(ref) }, signal);
        return answer as unknown as KubeObject;
      } catch (error) {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      }
    },
    async list(resource, options, signal) {
      return (await listPages(transport, resource, options, signal)).objects;
    },
    async create(resource, object, options, signal) {
      const path = collectionPath(resource, namespaceOf(resource, object));
      return write('POST', path, withKind(resource, object), 'application/json', options, signal);
    },
    async replace(ref, object, options, signal) {
      const path = objectPath(ref, options.subresource);
      return write('PUT', path, withIdentity(ref, object), 'application/json', options, signal);
    },
    async apply(ref, object, options, signal) {
      const path = objectPath(ref, options.subresource);
      const body = withIdentity(ref, object);
      return write('PATCH', path, body, 'application/apply-patch+yaml', options, signal);
    },
    async mergePatch(ref, patch, options, signal) {
      const path = objectPath(ref, options.subresource);
      return write('PATCH', path, patch, 'application/merge-patch+json', options, signal);
    },
    async delete(ref: ObjectRef, signal: AbortSignal) {
      try {
        // Without it Jobs and other batch kinds would orphan their pods.
        const query = { propagationPolicy: 'Background' };
        await transport.json({ method: 'DELETE', path: objectPath(ref), query }, signal);
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
      }
    },
    async request(method: string, path: string, body: Json | undefined, signal: AbortSignal) {
      const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      return transport.json({ method, path, contentType, ...(body === undefined ? {} : { body }) }, signal);
    },
    resourceFor: (apiVersion, kind, signal) => discovery.resourceFor(apiVersion, kind, signal),
    close: () => transport.close(),
  };
}

function writeQuery(options: WriteOptions): Record<string, string | undefined> {
  return {
    fieldManager: options.fieldManager,
    force: options.force === undefined ? undefined : String(options.force),
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldValidation: options.fieldValidation,
  };
}

function withKind(resource: Resource, object: JsonObject): JsonObject {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

/** The object with the kind, name and namespace of the reference, which the server would ask for. */
function withIdentity(ref: ObjectRef, object: JsonObject): JsonObject {
  const { metadata } = object;
  const namespace =
    ref.resource.namespaced && ref.namespace !== undefined ? { namespace: ref.namespace } : {};
  const named = { ...(isJsonObject(metadata) ? metadata : {}), name: ref.name, ...namespace };
  return { ...withKind(ref.resource, object), metadata: named };
}

function namespaceOf(resource: Resource, object: JsonObject): string | undefined {
  if (!resource.namespaced) return undefined;
  const metadata = object['metadata'];
  const namespace = isJsonObject(metadata) ? metadata['namespace'] : undefined;
  if (typeof namespace !== 'string' || namespace === '') {
    throw new TypeError(`cannot create a ${resource.kind}: its metadata names no namespace`);
  }
  return namespace;
}
