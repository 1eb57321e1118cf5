import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';

import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerText, answerUnread } from './answer.ts';
import type { Endpoint } from './judging.ts';

export interface AppOptions {
  readonly review: (endpoint: Endpoint, request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Why no traffic should come; empty means ready. */
  readonly readiness: () => readonly string[];
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The endpoint's routes. Errors are answered in one line; their insides go to the log only. */
export function createApp(options: AppOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', false);

  app.post('/mutate', (request, response) => options.review('mutate', request, response));
  app.post('/validate', (request, response) => options.review('validate', request, response));
  app.get('/healthz', (_request, response) => answerText(response, 200, 'ok'));
  app.get('/readyz', (_request, response) => {
    const reasons = options.readiness();
    if (reasons.length === 0) answerText(response, 200, 'ok');
    else answerText(response, 503, reasons.join('\n'));
  });
  app.get('/metrics', async (_request, response) => {
    const text = await options.metrics.registry.metrics();
    response.writeHead(200, { 'content-type': options.metrics.registry.contentType });
    response.end(text);
  });
  app.all(['/mutate', '/validate'], notAllowed('POST'));
  app.all(['/healthz', '/readyz', '/metrics'], notAllowed('GET, HEAD'));
  app.use((request, response) => answerUnread(request, response, 404, 'not found'));
  app.use(answerError(options.log));
  return app;
}

function notAllowed(allow: string): (request: Request, response: Response) => void {
  return (request, response) => answerUnread(request, response, 405, `only ${allow} here`, { allow });
}

/** Express recognises an error handler by its four parameters. */
function answerError(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const status = clientStatus(error);
    if (status === undefined) log.error({ err: error }, 'a request failed');
    if (response.headersSent) response.destroy();
    else
      answerUnread(request, response, status ?? 500, status === undefined ? 'internal error' : 'bad request');
  };
}

/** The 4xx that express's router gives to paths it cannot decode. */
function clientStatus(error: unknown): number | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
