import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './bounded-body.ts';
import type { CachedAnswer } from './discovery-cache.ts';
import type { GateParts } from './gate-parts.ts';
import { formatPath, type RequestTarget } from './request-target.ts';
import type { Session } from './session.ts';
import { answerStatus } from './status-answer.ts';
import { forwardedHeaders } from './upstream.ts';

/** OpenAPI documents of large groups reach some MiB. */
const MAX_DISCOVERY_BYTES = 32 * 1024 * 1024;

/** Answers version, discovery and OpenAPI requests, from memory where it can. */
export async function serveDiscovery(
  parts: GateParts,
  session: Session,
  target: RequestTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET') {
    return void answerStatus(response, 'MethodNotAllowed', `${request.method ?? ''} is not served here`);
  }
  const path = formatPath(target.segments);
  const query = target.query.toString();
  const pathAndQuery = query === '' ? path : `${path}?${query}`;
  const { accept = 'application/json', 'user-agent': agent = 'helm' } = forwardedHeaders(request.headers);
  // What one identity may see is no answer for another.
  const { impersonateUser } = session.options;
  const key = `${JSON.stringify(impersonateUser ?? null)} ${accept} ${pathAndQuery}`;
  const answer = await parts.discovery.get(key, path, async (etag) => {
    const headers = { accept, 'user-agent': agent, ...(etag === undefined ? {} : { 'if-none-match': etag }) };
    const fetched = await parts.upstream.send(
      { method: 'GET', path: pathAndQuery, headers, body: null, longLived: false, impersonateUser },
      parts.closing,
    );
    const body = await readBody(fetched.body, MAX_DISCOVERY_BYTES);
    const fetchedEtag = fetched.headers['etag'];
    return {
      status: fetched.statusCode,
      contentType: String(fetched.headers['content-type'] ?? 'application/json'),
      ...(typeof fetchedEtag === 'string' ? { etag: fetchedEtag } : {}),
      body,
    } satisfies CachedAnswer;
  });
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': answer.body.length,
    vary: 'Accept',
    ...(answer.etag === undefined ? {} : { etag: answer.etag }),
  });
  response.end(answer.body);
}
