import type { ChartErrorShape } from '../contract.ts';

/** Why a repository or a chart could not be had. Messages hold no credentials, no URL queries and no control characters. */
export class ChartError extends Error implements ChartErrorShape {
  override readonly name = 'ChartError';
  readonly reason: ChartErrorShape['reason'];
  readonly retriable: boolean;

  constructor(
    reason: ChartErrorShape['reason'],
    message: string,
    options: { retriable: boolean; cause?: unknown },
  ) {
    super(message.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' '), { cause: options.cause });
    this.reason = reason;
    this.retriable = options.retriable;
  }
}
