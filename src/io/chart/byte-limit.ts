/** Raised when a stream gives more than was allowed. */
export class TooManyBytesError extends Error {
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** Passes chunks on and counts them; throws `TooManyBytesError` with the chunk that goes over. */
export async function* limitBytes(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Buffer, void, void> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.byteLength;
    if (total > maxBytes) throw new TooManyBytesError(maxBytes);
    yield chunk;
  }
}
