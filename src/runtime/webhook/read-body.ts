import type { IncomingMessage } from 'node:http';

import type { BodyBudget } from './body-budget.ts';

export type BodyResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly status: 400 | 413 | 503; readonly message: string };

/**
 * Reads a request's body while counting. A `Content-Length` beyond the limit is refused before a byte is read; a body
 * without one is given up at the first chunk that passes the limit. What is held counts against the budget that all
 * requests share; the caller returns `bytes.length` to it when done.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
): Promise<BodyResult> {
  const tooLarge = {
    ok: false,
    status: 413,
    message: `the body is larger than ${maxBytes} bytes`,
  } as const;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let held = 0;
  const giveUp = <T>(answer: T): T => {
    budget.give(held);
    return answer;
  };
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (held + chunk.length > maxBytes) return giveUp(tooLarge);
      if (!budget.take(chunk.length)) {
        return giveUp({ ok: false, status: 503, message: 'too many large requests at once' });
      }
      held += chunk.length;
      chunks.push(chunk);
    }
  } catch {
    return giveUp({ ok: false, status: 400, message: 'the body ended early' });
  }
  return {
    ok: true,
    bytes: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
  };
}
