import type { KubeObject, Resource } from '../../core/api/kube-object.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import type { ListOptions } from '../contract.ts';
import { hasStatus, KubeError } from './kube-error.ts';
import { apiVersionOf, collectionPath } from './resource-path.ts';
import type { KubeTransport } from './transport.ts';

/** Objects a page, as client-go's pager asks for. */
const PAGE_LIMIT = 500;
/** One page at most; a page of 500 release Secrets of 1 MiB would be more, and is then asked for in smaller pages. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const PAGE_SHRINK = 8;
/** 2,000 pages of 500: a million objects. More is a server that repeats its continue token. */
const MAX_PAGES = 2_000;

const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
export const METADATA_OBJECT: string = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** A whole list, and the resourceVersion from which a watch continues it. */
export interface ListResult {
  readonly resourceVersion: string;
  readonly objects: readonly KubeObject[];
}

/**
 * Reads a list in pages. A page that is too large in bytes is asked for again with fewer objects; a list whose continue token
 * expired is begun anew, once.
 */
export async function listPages(
  transport: KubeTransport,
  resource: Resource,
  options: ListOptions,
  signal: AbortSignal,
): Promise<ListResult> {
  let objects: KubeObject[] = [];
  let limit = PAGE_LIMIT;
  let restarted = false;
  let continueToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    let answer: Json;
    try {
      answer = await transport.json(
        {
          method: 'GET',
          path: collectionPath(resource, options.namespace),
          query: {
            limit: String(limit),
            continue: continueToken,
            labelSelector: options.labelSelector,
            fieldSelector: options.fieldSelector,
          },
          accept: options.metadataOnly === true ? METADATA_LIST : 'application/json',
          maxBytes: MAX_PAGE_BYTES,
        },
        signal,
      );
    } catch (error) {
      if (continueToken !== undefined && !restarted && hasStatus(error, 410)) {
        // etcd compacted the list away between two pages: half of it is of no use.
        restarted = true;
        objects = [];
        continueToken = undefined;
        continue;
      }
      if (!(error instanceof KubeError) || error.reason !== 'AnswerTooLarge' || limit === 1) throw error;
      limit = Math.max(1, Math.floor(limit / PAGE_SHRINK));
      continue;
    }
    const { metadata, items } = listParts(answer, resource);
    for (const item of items) objects.push(asKubeObject(item, resource, options.metadataOnly === true));
    continueToken = typeof metadata['continue'] === 'string' ? metadata['continue'] : '';
    if (continueToken === '') {
      const version = metadata['resourceVersion'];
      return { resourceVersion: typeof version === 'string' ? version : '', objects };
    }
  }
  const message = `the list of ${resource.plural} did not end after ${MAX_PAGES} pages`;
  throw new KubeError({ status: 0, reason: 'InvalidAnswer', message });
}

/**
 * An object as a list or a watch delivered it, with the kind and apiVersion that list items lack and that
 * PartialObjectMetadata replaces. Metadata-only copies drop managedFields: most of their bytes, read by nobody.
 */
export function asKubeObject(item: Json | undefined, resource: Resource, metadataOnly: boolean): KubeObject {
  if (!isJsonObject(item) || !isJsonObject(item['metadata'])) {
    const message = `a ${resource.kind} without metadata in an answer of the API server`;
    throw new KubeError({ status: 0, reason: 'InvalidAnswer', message });
  }
  const kind = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  if (!metadataOnly) return { ...item, ...kind } as unknown as KubeObject;
  const { managedFields: _dropped, ...metadata } = item['metadata'];
  return { ...kind, metadata } as unknown as KubeObject;
}

function listParts(
  answer: Json,
  resource: Resource,
): { readonly metadata: JsonObject; readonly items: readonly Json[] } {
  const items = isJsonObject(answer) ? (answer['items'] ?? []) : undefined;
  if (!isJsonObject(answer) || !Array.isArray(items)) {
    const message = `the answer to a list of ${resource.plural} is not a list`;
    throw new KubeError({ status: 0, reason: 'InvalidAnswer', message });
  }
  return {
    metadata: isJsonObject(answer['metadata']) ? answer['metadata'] : {},
    items: items as readonly Json[],
  };
}
