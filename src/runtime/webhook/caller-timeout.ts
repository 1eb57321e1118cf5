import { DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS, TIMEOUT_MARGIN_MS } from './limits.ts';

const GO_DURATION = /^([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/**
 * Milliseconds within which a review must be decided: the caller's `?timeout=` (a Go duration such as `5s`) minus
 * 500 ms, or half of it when it is shorter than a second. An absent or unreadable one counts as the API server's default, 10 s.
 */
export function decideWithinMs(url: string): number {
  const query = url.indexOf('?');
  const text = query === -1 ? null : new URLSearchParams(url.slice(query + 1)).get('timeout');
  const [, amount, unit] = GO_DURATION.exec(text ?? '') ?? [];
  const asked = Number(amount ?? 0) * (UNIT_MS[unit ?? ''] ?? 0);
  const timeout = asked > 0 ? Math.min(asked, MAX_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS;
  return Math.max(timeout - TIMEOUT_MARGIN_MS, timeout / 2);
}
