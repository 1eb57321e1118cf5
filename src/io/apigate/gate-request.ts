import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StoredRelease } from '../contract.ts';
import { decodeRelease, ReleaseRecordError } from '../release-record.ts';
import { type ResourcePath, routeOf, segmentsOf } from './api-route.ts';
import { HELM_MANAGER } from './field-owner.ts';
import type { GateParts } from './gate-parts.ts';
import { type IncomingRequest, readIncoming } from './incoming-request.ts';
import { judgeRecord } from './judge-record.ts';
import { ownedBody, ownedQuery } from './owned-request.ts';
import { noteRecordVersions } from './record-versions.ts';
import { isJson, MAX_LIST_BYTES, MAX_OBJECT_BYTES, relayAnswer, tryRead } from './relay-answer.ts';
import { formatPath, type RequestTarget } from './request-target.ts';
import { type SecretBody, withResourceVersion } from './secret-body.ts';
import { serveDiscovery } from './serve-discovery.ts';
import type { Session } from './session.ts';
import { answerStatus } from './status-answer.ts';

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
  if (route.kind === 'discovery') return serveDiscovery(parts, session, target, request, response);
  const { resource } = route;
  if (resource.subresource !== undefined && TUNNELS.has(resource.subresource)) {
    const message = `${resource.subresource} is refused by Helmgate: releases need no tunnels`;
    return void answerStatus(response, 'Forbidden', message);
  }
  if (method === 'DELETE' && resource.name === undefined) {
    return void answerStatus(response, 'Forbidden', 'deleting whole collections is refused by Helmgate');
  }

  const { options } = session;
  const report = (path: ResourcePath, status: number): void => {
    if (method !== 'GET' && method !== 'HEAD') {
      options.onWrite?.({ method, path: formatPath(segmentsOf(path)), status });
    }
  };
  const incoming = await readIncoming(request, resource, target.query, options);
  if ('refused' in incoming) {
    report(resource, answerStatus(response, incoming.refused, incoming.message));
    return;
  }
  const { records, path, recordName, secret } = incoming;
  const record = secret === undefined ? undefined : await decodeRecord(secret);
  const release = typeof record === 'string' ? undefined : record;
  const reportBoth = (status: number): void => {
    if (records !== 'none' && records !== 'readOne' && records !== 'list') {
      const seen = release === undefined ? {} : { release };
      options.onStorageWrite({ verb: records, name: recordName, status, ...seen });
    }
    report(path, status);
  };

  if (records === 'create' && record !== undefined) {
    const refusal = await judgeRecord(options, recordName, record, signal);
    if (refusal !== undefined) {
      reportBoth(answerStatus(response, 'Forbidden', refusal));
      return;
    }
  }
  const superseded = release?.status === 'superseded';
  await exchange(parts, session, target.query, incoming, superseded, response, signal, reportBoth);
}

/** Sends a request on and its answer back; `report` is called with its status before the child has it. */
async function exchange(
  parts: GateParts,
  session: Session,
  asked: URLSearchParams,
  incoming: IncomingRequest,
  superseded: boolean,
  response: ServerResponse,
  signal: AbortSignal,
  report: (status: number) => void,
): Promise<void> {
  const { method, records, path, recordName } = incoming;
  const owner = records === 'none' ? session.options.fieldManager : HELM_MANAGER;
  const headers = { ...incoming.headers };
  const body = outgoingBody(session, incoming, owner, superseded);
  if (Buffer.isBuffer(body)) headers['content-length'] = String(body.length);
  const query = ownedQuery(asked, session.options.fieldManager);
  const pathText = formatPath(segmentsOf(path));
  const watch = asked.get('watch');
  const longLived = watch !== null && watch !== 'false';
  const answer = await parts.upstream.send(
    {
      method,
      path: query === '' ? pathText : `${pathText}?${query}`,
      headers,
      body,
      longLived,
      impersonateUser: session.options.impersonateUser,
    },
    signal,
  );
  const done = answer.statusCode < 300;
  if (method !== 'GET' && done && changesDiscovery(path)) parts.discovery.clear();

  const single = path.name !== undefined || method === 'POST';
  const readable = !longLived && done && isJson(answer) && (single || records === 'list');
  const read = readable
    ? await tryRead(answer, records === 'list' ? MAX_LIST_BYTES : MAX_OBJECT_BYTES)
    : undefined;
  if (records === 'delete' && done) session.recordVersions.delete(recordName);
  else if (records !== 'none' && read?.whole === true) noteRecordVersions(session.recordVersions, read.body);
  report(answer.statusCode);
  await relayAnswer(answer, read, owner, response);
}

/**
 * The body as the API server gets it: an update of a record with its precondition, the owner's name in place of helm's. helm takes
 * a conflict on marking the old revision `superseded` for a warning and goes on, which would leave two revisions `deployed`; so that
 * one write goes without a precondition.
 */
function outgoingBody(
  session: Session,
  { body, headers, records, recordName, secret }: IncomingRequest,
  owner: string,
  superseded: boolean,
): IncomingRequest['body'] {
  if (!Buffer.isBuffer(body)) return body;
  if (records === 'none') return ownedBody(body, headers['content-type'], owner);
  const version = session.recordVersions.get(recordName);
  return records === 'update' && !superseded && version !== undefined && secret?.resourceVersion === ''
    ? withResourceVersion(body, version)
    : body;
}

/** The record in a Secret, or why it can't be read. */
async function decodeRecord(secret: SecretBody): Promise<StoredRelease | string> {
  if (secret.release === undefined) return 'it has no data.release';
  try {
    return await decodeRelease(secret.release);
  } catch (error) {
    if (error instanceof ReleaseRecordError) return error.message;
    throw error;
  }
}

function changesDiscovery(path: ResourcePath): boolean {
  return path.group === 'apiextensions.k8s.io' || path.group === 'apiregistration.k8s.io';
}
