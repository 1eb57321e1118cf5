import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StoredRelease } from '../contract.ts';
import {
  decodeRelease,
  parseReleaseSecretName,
  RELEASE_SECRET_TYPE,
  ReleaseRecordError,
} from '../release-record.ts';
import { type ResourcePath, routeOf, segmentsOf } from './api-route.ts';
import { BodyTooLarge, readBody } from './bounded-body.ts';
import { HELM_MANAGER } from './field-owner.ts';
import type { GateParts } from './gate-parts.ts';
import { judgeRecord } from './judge-record.ts';
import { ownedBody, ownedQuery } from './owned-request.ts';
import { noteRecordVersions } from './record-versions.ts';
import { isJson, MAX_LIST_BYTES, MAX_OBJECT_BYTES, relayAnswer, tryRead } from './relay-answer.ts';
import { inStorageNamespace, isHome, recordRequestOf } from './release-records.ts';
import { formatPath, type RequestTarget } from './request-target.ts';
import { readSecretBody, type SecretBody, withResourceVersion } from './secret-body.ts';
import { serveDiscovery } from './serve-discovery.ts';
import type { Session } from './session.ts';
import { answerStatus } from './status-answer.ts';
import { forwardedHeaders } from './upstream.ts';

/** kube-apiserver refuses request bodies over 3 MiB itself. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** Subresources that tunnel to programs inside the cluster: no release needs them. */
const TUNNELS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Handles one request of a child. Rejects when the API server cannot be reached; the caller answers that. */
export async function handleRequest(
  parts: GateParts,
  session: Session,
  target: RequestTarget,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const method = request.method ?? '';
  const route = routeOf(target.segments);
  if (route === undefined) return void answerStatus(response, 'NotFound', 'the gate serves no such path');
  if (!METHODS.has(method)) return void answerStatus(response, 'MethodNotAllowed', `${method} is not served`);
  if (route.kind === 'discovery') return serveDiscovery(parts, target, request, response);
  const { resource } = route;
  if (resource.subresource !== undefined && TUNNELS.has(resource.subresource)) {
    return void answerStatus(
      response,
      'Forbidden',
      `${resource.subresource} is refused by Helmgate: releases need no tunnels`,
    );
  }
  if (method === 'DELETE' && resource.name === undefined) {
    return void answerStatus(response, 'Forbidden', 'deleting whole collections is refused by Helmgate');
  }
  return exchange(parts, session, target, resource, request, response, signal);
}

async function exchange(
  parts: GateParts,
  session: Session,
  target: RequestTarget,
  resource: ResourcePath,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const method = request.method ?? '';
  const { options } = session;
  const report = (path: string, status: number): void => {
    if (method !== 'GET' && method !== 'HEAD') options.onWrite?.({ method, path, status });
  };
  const headers = forwardedHeaders(request.headers);
  let records = recordRequestOf(method, resource, target.query, options);
  let body: Buffer | IncomingMessage | null = method === 'GET' || method === 'HEAD' ? null : request;
  let secret: SecretBody | undefined;

  if (mustRead(method, records, headers['content-type'])) {
    try {
      body = await readBody(request, MAX_REQUEST_BYTES);
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      // Until it has sent everything the child does not look for an answer; the listener's request timeout bounds it.
      request.resume();
      const message = `the request body has ${error.message}`;
      report(formatPath(segmentsOf(resource)), answerStatus(response, 'RequestEntityTooLarge', message));
      return;
    }
  }
  if (Buffer.isBuffer(body) && (records === 'create' || records === 'update')) {
    try {
      secret = readSecretBody(body);
    } catch {
      const message = 'the Secret in the request body cannot be read';
      report(formatPath(segmentsOf(resource)), answerStatus(response, 'BadRequest', message));
      return;
    }
    if (records === 'create' && !isRecord(secret)) records = 'none';
    else if (!isHome(resource, options)) records = 'forbidden';
  }
  if (records === 'forbidden') {
    const message = `writing the release record ${resource.name ?? secret?.name ?? ''} is refused by Helmgate: it does not belong to this release`;
    report(formatPath(segmentsOf(resource)), answerStatus(response, 'Forbidden', message));
    return;
  }
  const path = records === 'none' ? resource : inStorageNamespace(resource, options);
  const pathText = formatPath(segmentsOf(path));
  const name = records === 'create' ? (secret?.name ?? '') : (path.name ?? '');
  let release: StoredRelease | undefined;

  if (secret !== undefined && (records === 'create' || records === 'update')) {
    const decoded = await decode(secret);
    release = typeof decoded === 'string' ? undefined : decoded;
    const refusal = records === 'create' ? await judgeRecord(options, name, decoded, signal) : undefined;
    if (refusal !== undefined) {
      const status = answerStatus(response, 'Forbidden', refusal);
      options.onStorageWrite({ verb: 'create', name, status, ...(release === undefined ? {} : { release }) });
      report(pathText, status);
      return;
    }
    const version = session.recordVersions.get(name);
    if (
      records === 'update' &&
      version !== undefined &&
      secret.resourceVersion === '' &&
      Buffer.isBuffer(body)
    ) {
      body = withResourceVersion(body, version);
    }
  }

  const query = ownedQuery(target.query, options.fieldManager);
  if (Buffer.isBuffer(body)) {
    if (records === 'none') body = ownedBody(body, headers['content-type'], options.fieldManager);
    headers['content-length'] = String(body.length);
  }
  const longLived = target.query.get('watch') !== null && target.query.get('watch') !== 'false';
  const answer = await parts.upstream.send(
    { method, path: query === '' ? pathText : `${pathText}?${query}`, headers, body, longLived },
    signal,
  );
  if (method !== 'GET' && answer.statusCode < 300 && changesDiscovery(path)) parts.discovery.clear();

  const single = path.name !== undefined || method === 'POST';
  const readable = !longLived && isJson(answer) && answer.statusCode < 300 && (single || records === 'list');
  const bytes = readable
    ? await tryRead(answer, records === 'list' ? MAX_LIST_BYTES : MAX_OBJECT_BYTES)
    : undefined;
  if (records !== 'none' && bytes?.whole === true && records !== 'delete') {
    noteRecordVersions(session.recordVersions, bytes.body);
  }
  if (records === 'create' || records === 'update' || records === 'delete') {
    if (records === 'delete' && answer.statusCode < 300) session.recordVersions.delete(name);
    options.onStorageWrite({
      verb: records,
      name,
      status: answer.statusCode,
      ...(release === undefined ? {} : { release }),
    });
  }
  report(pathText, answer.statusCode);
  await relayAnswer(answer, bytes, records === 'none' ? options.fieldManager : HELM_MANAGER, response);
}

/** The record in a Secret, or why it can't be read. */
async function decode(secret: SecretBody): Promise<StoredRelease | string> {
  if (secret.release === undefined) return 'it has no data.release';
  try {
    return await decodeRelease(secret.release);
  } catch (error) {
    if (error instanceof ReleaseRecordError) return error.message;
    throw error;
  }
}

function isRecord(secret: SecretBody): boolean {
  return secret.type === RELEASE_SECRET_TYPE || parseReleaseSecretName(secret.name) !== undefined;
}

/** Bodies that are looked into or changed; all others are streamed. */
function mustRead(method: string, records: string, contentType: string | undefined): boolean {
  if (records === 'create' || records === 'update' || method === 'PUT') return true;
  return method === 'PATCH' && contentType?.startsWith('application/json-patch+json') === true;
}

function changesDiscovery(path: ResourcePath): boolean {
  return path.group === 'apiextensions.k8s.io' || path.group === 'apiregistration.k8s.io';
}
