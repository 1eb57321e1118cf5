import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { HELM_MANAGER, ownerToHelm } from './field-owner.ts';
import { returnedHeaders } from './upstream.ts';

/** An object is at most 3 MiB as sent; managedFields and escapes can more than double its JSON. */
export const MAX_OBJECT_BYTES: number = 8 * 1024 * 1024;
/** A history of `maxHistory` records of 1 MiB each, in base64. A longer one passes unread, and its updates unguarded. */
export const MAX_LIST_BYTES: number = 64 * 1024 * 1024;

export function isJson(answer: Dispatcher.ResponseData): boolean {
  return String(answer.headers['content-type'] ?? '').startsWith('application/json');
}

/** Reads up to the limit; `whole` is false when there is more, which then still waits in the stream. */
export async function tryRead(
  answer: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<{ readonly body: Buffer; readonly whole: boolean }> {
  const length = Number(answer.headers['content-length'] ?? 0);
  if (length > maxBytes) return { body: Buffer.alloc(0), whole: false };
  const chunks: Buffer[] = [];
  let size = 0;
  const chunksOf = answer.body.iterator({ destroyOnReturn: false });
  for await (const chunk of chunksOf) {
    const bytes = chunk as Buffer;
    chunks.push(bytes);
    size += bytes.length;
    if (size > maxBytes) return { body: Buffer.concat(chunks), whole: false };
  }
  return { body: Buffer.concat(chunks), whole: true };
}

/**
 * Sends an answer on: what was read whole with the owner's managedFields shown as helm's, anything else as a stream, byte for byte.
 */
export async function relayAnswer(
  answer: Dispatcher.ResponseData,
  read: { readonly body: Buffer; readonly whole: boolean } | undefined,
  owner: string,
  response: ServerResponse,
): Promise<void> {
  const headers = returnedHeaders(answer.headers);
  if (read?.whole === true) {
    let { body } = read;
    if (owner !== HELM_MANAGER && body.includes('"managedFields"')) {
      body = Buffer.from(ownerToHelm(body.toString('utf8'), owner));
    }
    response.writeHead(answer.statusCode, { ...headers, 'content-length': body.length });
    response.end(body);
    return;
  }
  const length = answer.headers['content-length'];
  response.writeHead(
    answer.statusCode,
    length === undefined ? headers : { ...headers, 'content-length': length },
  );
  response.flushHeaders();
  if (read !== undefined) response.write(read.body);
  await pipeline(answer.body, response);
}
