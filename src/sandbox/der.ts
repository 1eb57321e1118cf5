/** DER as X.690 section 8 and 10 have it: tag, definite length in its shortest form, contents. Only what a certificate needs. */

/** One element from its tag and contents. */
export function derElement(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), derLength(body.length), body]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export function derSequence(...contents: readonly Buffer[]): Buffer {
  return derElement(0x30, ...contents);
}

export function derSet(...contents: readonly Buffer[]): Buffer {
  return derElement(0x31, ...contents);
}

/** A non-negative INTEGER from its big-endian magnitude: a leading zero when the top bit is set, no other. */
export function derInteger(magnitude: Buffer): Buffer {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1;
  const shortest = magnitude.subarray(start);
  const negative = ((shortest[0] ?? 0) & 0x80) !== 0;
  return derElement(0x02, negative ? Buffer.concat([Buffer.from([0]), shortest]) : shortest);
}

/** OBJECT IDENTIFIER from its dotted form (X.690 8.19). */
export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) | 0x80);
    bytes.push(...groups);
  }
  return derElement(0x06, Buffer.from(bytes));
}

export function derUtf8String(text: string): Buffer {
  return derElement(0x0c, Buffer.from(text, 'utf8'));
}

export function derOctetString(contents: Buffer): Buffer {
  return derElement(0x04, contents);
}

/** BIT STRING of whole bytes, or with the last `unusedBits` bits not counted. */
export function derBitString(contents: Buffer, unusedBits = 0): Buffer {
  return derElement(0x03, Buffer.from([unusedBits]), contents);
}

export function derTrue(): Buffer {
  return derElement(0x01, Buffer.from([0xff]));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5), whole seconds. */
export function derTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/[-:T]|\.\d+/g, '');
  return time.getUTCFullYear() < 2050
    ? derElement(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : derElement(0x18, Buffer.from(digits, 'ascii'));
}
