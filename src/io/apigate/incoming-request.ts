import type { IncomingMessage } from 'node:http';
import type { GateSessionOptions } from '../contract.ts';
import { parseReleaseSecretName, RELEASE_SECRET_TYPE } from '../release-record.ts';
import type { ResourcePath } from './api-route.ts';
import { BodyTooLarge, readBody } from './bounded-body.ts';
import { inStorageNamespace, isHome, type RecordRequest, recordRequestOf } from './release-records.ts';
import { readSecretBody, type SecretBody } from './secret-body.ts';
import type { StatusReason } from './status-answer.ts';
import { forwardedHeaders } from './upstream.ts';

/** A request for a resource, classified, with its body read where something depends on it. */
export interface IncomingRequest {
  readonly method: string;
  readonly records: Exclude<RecordRequest, 'forbidden'>;
  /** Where it goes: records to the storage namespace, everything else as the child asked. */
  readonly path: ResourcePath;
  /** Name of the record's Secret; empty for lists and for other objects. */
  readonly recordName: string;
  readonly headers: Record<string, string>;
  /** Bytes when it was read, the request itself when it is to be streamed. */
  readonly body: Buffer | IncomingMessage | null;
  /** The Secret in the body of a record's creation or update. */
  readonly secret?: SecretBody;
}

/** Why a request goes no further. */
export interface RequestRefusal {
  readonly refused: StatusReason;
  readonly message: string;
}

/** kube-apiserver refuses request bodies over 3 MiB itself. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;

/** Classifies a request and reads its body if it is a release record, an update or a JSON patch. */
export async function readIncoming(
  request: IncomingMessage,
  resource: ResourcePath,
  query: URLSearchParams,
  options: GateSessionOptions,
): Promise<IncomingRequest | RequestRefusal> {
  const method = request.method ?? '';
  const headers = forwardedHeaders(request.headers);
  const records = recordRequestOf(method, resource, query, options);
  if (records === 'forbidden') return notItsRecord(resource.name);
  const pass = { method, headers, path: resource, recordName: '' };
  if (method === 'GET' || method === 'HEAD') {
    if (records === 'none') return { ...pass, records, body: null };
    const path = inStorageNamespace(resource, options);
    return { ...pass, records, path, recordName: path.name ?? '', body: null };
  }
  if (!mustRead(method, records, headers['content-type'])) {
    if (records === 'none') return { ...pass, records, body: request };
    return {
      ...pass,
      records,
      path: inStorageNamespace(resource, options),
      recordName: resource.name ?? '',
      body: request,
    };
  }

  let body: Buffer;
  try {
    body = await readBody(request, MAX_REQUEST_BYTES);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    // Until it has sent everything the child does not look for an answer; the listener's request timeout bounds it.
    request.resume();
    return { refused: 'RequestEntityTooLarge', message: `the request body has ${error.message}` };
  }
  if (records !== 'create' && records !== 'update') return { ...pass, records, body };

  let secret: SecretBody;
  try {
    secret = readSecretBody(body);
  } catch {
    return { refused: 'BadRequest', message: 'the Secret in the request body cannot be read' };
  }
  if (records === 'create' && !isRecord(secret)) return { ...pass, records: 'none', body };
  if (!isHome(resource, options)) return notItsRecord(secret.name);
  const recordName = resource.name ?? secret.name;
  return { ...pass, records, path: inStorageNamespace(resource, options), recordName, body, secret };
}

/** Bodies that are looked into or changed; all others are streamed. */
function mustRead(method: string, records: RecordRequest, contentType: string | undefined): boolean {
  if (records === 'create' || records === 'update' || method === 'PUT') return true;
  return method === 'PATCH' && contentType?.startsWith('application/json-patch+json') === true;
}

function isRecord(secret: SecretBody): boolean {
  return secret.type === RELEASE_SECRET_TYPE || parseReleaseSecretName(secret.name) !== undefined;
}

function notItsRecord(name: string | undefined): RequestRefusal {
  const message = `writing the release record ${name ?? ''} is refused by Helmgate: it does not belong to this release`;
  return { refused: 'Forbidden', message };
}
