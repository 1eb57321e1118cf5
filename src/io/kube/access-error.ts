/** The API server or the identity could not be determined; the message says what to change. */
export class AccessError extends Error {
  override readonly name = 'AccessError';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
