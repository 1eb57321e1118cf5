/** Bytes kept of each stream: the end, where helm puts its error. */
const KEPT_BYTES = 64 * 1024;

/** Collects a stream in bounded memory. */
export interface OutputTail {
  push(chunk: Buffer): void;
  /** Bytes seen in all. */
  readonly seenBytes: number;
  /** The kept end as text, freed of control characters and escapes. */
  text(): string;
}

export function createOutputTail(): OutputTail {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let seenBytes = 0;
  const join = (): Buffer => {
    const all = Buffer.concat(kept);
    const tail = all.subarray(Math.max(0, all.length - KEPT_BYTES));
    kept = [tail];
    keptBytes = tail.length;
    return tail;
  };
  return {
    push(chunk) {
      seenBytes += chunk.length;
      kept.push(chunk);
      keptBytes += chunk.length;
      if (keptBytes > 4 * KEPT_BYTES) join();
    },
    get seenBytes() {
      return seenBytes;
    },
    text() {
      const text = printable(join().toString('utf8'));
      return seenBytes > KEPT_BYTES ? `[${seenBytes - KEPT_BYTES} bytes cut]\n${text}` : text;
    },
  };
}

/** Drops terminal sequences, control and format characters; line ends and tabs stay. */
function printable(text: string): string {
  return text
    .replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g, '')
    .replaceAll('\r\n', '\n')
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, '');
}
