import type { ServerResponse } from 'node:http';

/** Reasons of metav1.Status that the gate gives itself. */
export type StatusReason =
  | 'BadRequest'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'RequestEntityTooLarge'
  | 'NotImplemented'
  | 'InternalError'
  | 'BadGateway'
  | 'ServiceUnavailable';

const CODES: Readonly<Record<StatusReason, number>> = {
  BadRequest: 400,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  RequestEntityTooLarge: 413,
  NotImplemented: 501,
  InternalError: 500,
  BadGateway: 502,
  ServiceUnavailable: 503,
};

/** Answers with a metav1.Status, whose message client-go shows; returns the HTTP status. */
export function answerStatus(response: ServerResponse, reason: StatusReason, message: string): number {
  const code = CODES[reason];
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  const body = Buffer.from(JSON.stringify(status));
  if (response.headersSent) {
    // Half an answer cannot be taken back; a cut connection is at least no success.
    response.destroy();
    return code;
  }
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': body.length,
    // client-go sends a request again that came back with this and was not executed.
    ...(reason === 'ServiceUnavailable' ? { 'retry-after': '1' } : {}),
  });
  response.end(body);
  return code;
}
