import { isJsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import type { KubeErrorShape } from '../contract.ts';

/** Longest message kept: API server messages quote whole objects; an event or a condition holds far less. */
const MAX_MESSAGE_CHARS = 4_096;

/** A request to the API server that failed. */
export class KubeError extends Error implements KubeErrorShape {
  override readonly name = 'KubeError';
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs?: number;

  constructor(shape: KubeErrorShape, cause?: unknown) {
    super(printable(shape.message), cause === undefined ? undefined : { cause });
    this.status = shape.status;
    this.reason = shape.reason;
    if (shape.retryAfterMs !== undefined) this.retryAfterMs = shape.retryAfterMs;
  }
}

/** metav1.Status reasons for answers that carry no Status object (a proxy in between, an aggregated API). */
const REASONS: ReadonlyMap<number, string> = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [406, 'NotAcceptable'],
  [409, 'Conflict'],
  [410, 'Expired'],
  [413, 'RequestEntityTooLarge'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]);

/** The error that an answer means. `retryAfter` is the header's text: whole seconds, as the API server writes it. */
export function kubeErrorOf(status: number, body: string, retryAfter: string | undefined): KubeError {
  const parsed = parseStatus(body);
  const seconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return new KubeError({
    status,
    reason: parsed.reason ?? REASONS.get(status) ?? 'Unknown',
    message: parsed.message ?? (body.trim() === '' ? `HTTP ${status}` : `HTTP ${status}: ${body.trim()}`),
    ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1_000 }),
  });
}

/** The error for a request that got no answer. */
export function unreachable(error: unknown, what: string): KubeError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const text = error instanceof Error ? error.message : String(error);
  const detail = code === undefined || text.includes(code) ? text : `${code} ${text}`;
  return new KubeError({ status: 0, reason: 'Unreachable', message: `${what}: ${detail}` }, error);
}

/** Whether a failure is an answer with this HTTP status. */
export function hasStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}

function parseStatus(body: string): { readonly reason?: string; readonly message?: string } {
  if (!body.startsWith('{')) return {};
  const parsed = parseJson(body);
  if (!parsed.ok || !isJsonObject(parsed.value) || parsed.value['kind'] !== 'Status') return {};
  const { reason, message } = parsed.value;
  return {
    ...(typeof reason === 'string' && reason !== '' ? { reason } : {}),
    ...(typeof message === 'string' && message !== '' ? { message } : {}),
  };
}

function printable(message: string): string {
  const text = message.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return text.length > MAX_MESSAGE_CHARS ? `${text.slice(0, MAX_MESSAGE_CHARS)}…` : text;
}
