import type { IncomingMessage, ServerResponse } from 'node:http';

import { parseJson } from '../../core/json/parse.ts';
import { scanJson } from '../../core/json/scan.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import type { AuditLog } from '../../io/contract.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerUnread, COME_BACK } from './answer.ts';
import type { BodyBudget } from './body-budget.ts';
import { decideWithinMs } from './caller-timeout.ts';
import type { Endpoint, Judgement, Judging } from './judging.ts';
import { readBody } from './read-body.ts';

/** Time that a row may still take after the decision was due; inside the margin that the caller's timeout leaves. */
const APPEND_GRACE_MS = 250;

export interface ReviewHandlerOptions<Request> {
  readonly judging: Judging<Request>;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  readonly maxBodyBytes: number;
  readonly budget: BodyBudget;
}

/** A request that ends without a decision. */
interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * Answers one AdmissionReview: read, scan, parse, decode, judge, append the audit row, answer. The row is written before
 * the answer leaves; when it can't be, the request is denied.
 */
export async function handleReview<Request>(
  options: ReviewHandlerOptions<Request>,
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedMs = performance.now();
  const dueMs = decideWithinMs(request.url ?? '');
  const wrongType = contentTypeProblem(request);
  if (wrongType !== undefined) {
    refuse(options, request, response, { status: 415, message: wrongType });
    return;
  }
  const body = await readBody(request, options.maxBodyBytes, options.budget);
  if (!body.ok) {
    refuse(options, request, response, body);
    return;
  }
  try {
    const decoded = decodeBody(options.judging, body.bytes);
    if ('status' in decoded) {
      refuse(options, request, response, decoded);
      return;
    }
    const elapsed = (): number => performance.now() - startedMs;
    const judged = await judgeInTime(options, decoded.request, endpoint, dueMs - elapsed());
    const durationMs = elapsed();
    const answer = await recorded(options, decoded.request, endpoint, judged, durationMs, dueMs);
    count(options.metrics, answer, elapsed() / 1000);
    send(response, answer);
  } finally {
    options.budget.give(body.bytes.length);
  }
}

function contentTypeProblem(request: IncomingMessage): string | undefined {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type))
    return 'the body must be application/json';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' ? undefined : 'the body must not be compressed';
}

function refuse(
  options: { readonly metrics: Metrics },
  request: IncomingMessage,
  response: ServerResponse,
  { status, message }: Refusal,
): void {
  options.metrics.requestRefused(status);
  answerUnread(request, response, status, message, status === 503 ? COME_BACK : {});
}

function decodeBody<Request>(
  judging: Judging<Request>,
  bytes: Uint8Array,
): { readonly request: Request } | Refusal {
  const scanned = scanJson(bytes);
  if (!scanned.ok) return { status: 400, message: scanned.error.message };
  const parsed = parseJson(scanned.text, scanned.longDigits);
  if (!parsed.ok) return { status: 400, message: parsed.message };
  const decoded = judging.decode(parsed.value);
  return decoded.ok ? { request: decoded.request } : { status: 400, message: decoded.message };
}

/** Judges, and turns a failure or a missed deadline into a denial. Never rejects. */
async function judgeInTime<Request>(
  options: ReviewHandlerOptions<Request>,
  request: Request,
  endpoint: Endpoint,
  withinMs: number,
): Promise<Judgement> {
  let doing = 'judging';
  const late = new AbortController();
  const timeout = Promise.withResolvers<Judgement>();
  const timer = setTimeout(() => {
    late.abort(new Error('the answer is due'));
    timeout.resolve(
      options.judging.refuse(
        request,
        endpoint,
        504,
        `no decision in time: still at ${doing}; denied, try again`,
      ),
    );
  }, withinMs);
  const note = (text: string): void => {
    doing = text;
  };
  try {
    return await Promise.race([
      options.judging.judge(request, endpoint, { signal: late.signal, note }),
      timeout.promise,
    ]);
  } catch (error) {
    options.log.error({ err: error, endpoint }, 'a review could not be judged');
    return options.judging.refuse(request, endpoint, 500, `an error of Helmgate's own at ${doing}; denied`);
  } finally {
    clearTimeout(timer);
  }
}

/** Appends the row; answers the judgement when it is written, and a denial when it could not be. */
async function recorded<Request>(
  options: ReviewHandlerOptions<Request>,
  request: Request,
  endpoint: Endpoint,
  judged: Judgement,
  durationMs: number,
  dueMs: number,
): Promise<Judgement> {
  const giveUp = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => giveUp.reject(new Error('the audit log did not take the row in time')),
    Math.max(dueMs - durationMs, 0) + APPEND_GRACE_MS,
  );
  try {
    await Promise.race([
      options.audit.append({
        ...judged.record,
        time: options.now().toISOString(),
        durationMs: Math.round(durationMs * 1000) / 1000,
      }),
      giveUp.promise,
    ]);
    return judged;
  } catch (error) {
    options.metrics.auditWriteFailed();
    options.log.error({ err: error, endpoint }, 'an audit row could not be written');
    return options.judging.refuse(request, endpoint, 500, 'the audit log cannot be written; denied');
  } finally {
    clearTimeout(timer);
  }
}

function count(
  metrics: Metrics,
  { record, ruleResults, exceptions }: Judgement,
  durationSeconds: number,
): void {
  metrics.requestJudged({
    operation: record.phase === 'admission' ? record.operation : '',
    kind: record.kind,
    allowed: record.verdict === 'Allow',
    dryRun: record.phase === 'admission' && record.dryRun,
    durationSeconds,
    ruleResults,
    ...(exceptions === undefined ? {} : { exceptions }),
  });
}

function send(response: ServerResponse, { review }: Judgement): void {
  const body = Buffer.from(stringifyJson(review));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(body.length) });
  response.end(body);
}
