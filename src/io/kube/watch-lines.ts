/** A watch event was longer than the limit: it can only be had by listing. */
export class WatchLineTooLong extends Error {
  override readonly name = 'WatchLineTooLong';
}

/**
 * Splits a stream into lines without their ends, holding at most `maxBytes` of an unfinished one. A last line that has
 * no end was cut by a dying connection, and is dropped.
 */
export async function* watchLines(stream: AsyncIterable<unknown>, maxBytes: number): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      const rest = bytes.subarray(start, end);
      if (pendingBytes + rest.length > maxBytes) throw new WatchLineTooLong();
      const line = pending.length === 0 ? rest : Buffer.concat([...pending, rest]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    const tail = bytes.subarray(start);
    pendingBytes += tail.length;
    if (pendingBytes > maxBytes) throw new WatchLineTooLong();
    if (tail.length > 0) pending.push(tail);
  }
}
