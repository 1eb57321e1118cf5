import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * How much of an unwanted body is read and dropped, and for how long, after its answer was sent: closing a socket
 * with unread bytes in it sends a reset, which can destroy the answer before the caller reads it.
 */
const LINGER_BYTES = 8 * 1024 * 1024;
const LINGER_MS = 1_000;

/** Answers with one line of text and nothing of the inside (no stack, no paths). */
export function answerText(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(`${message}\n`);
  response.writeHead(status, { ...textHeaders(body), ...headers });
  response.end(body);
}

/**
 * Answers a request whose body was not read to its end: the connection is closed, but only after the sender had a
 * bounded chance to read the answer.
 */
export function answerUnread(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (request.complete || request.destroyed) {
    answerText(response, status, message, { ...headers, connection: 'close' });
    return;
  }
  const body = Buffer.from(`${message}\n`);
  response.writeHead(status, { ...textHeaders(body), ...headers, connection: 'close' });
  response.write(body);
  let dropped = 0;
  const end = (): void => {
    clearTimeout(timer);
    request.off('data', drop);
    response.end();
  };
  const drop = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.on('data', drop).once('end', end).once('close', end).once('error', end);
}

/** The headers that make a client-go caller try again within its own timeout, on another connection. */
export const COME_BACK: Readonly<Record<string, string>> = { 'retry-after': '1', connection: 'close' };

function textHeaders(body: Buffer): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}
