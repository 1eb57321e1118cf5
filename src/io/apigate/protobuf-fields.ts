/** One field of a protobuf message; `payload` is empty for numbers. */
export interface ProtobufField {
  readonly number: number;
  readonly wireType: number;
  readonly payload: Buffer;
  /** The field with its tag, as it stood. */
  readonly whole: Buffer;
}

/** Bytes that are not the protobuf message they should be. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

const LENGTH_DELIMITED = 2;
/** A varint of 64 bits has 10 bytes at most. */
const MAX_VARINT_BYTES = 10;

/** Reads the top-level fields of a message. Throws a ProtobufError on cut or foreign bytes. */
export function readFields(message: Buffer): readonly ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  while (at < message.length) {
    const start = at;
    const tag = readVarint(message, at);
    at = tag.end;
    const wireType = tag.value % 8;
    let payload = message.subarray(at, at);
    if (wireType === LENGTH_DELIMITED) {
      const length = readVarint(message, at);
      at = length.end + length.value;
      payload = message.subarray(length.end, at);
    } else if (wireType === 0) at = readVarint(message, at).end;
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else throw new ProtobufError(`wire type ${wireType}`);
    if (at > message.length) throw new ProtobufError('cut within a field');
    fields.push({ number: Math.floor(tag.value / 8), wireType, payload, whole: message.subarray(start, at) });
  }
  return fields;
}

/** Writes a length-delimited field. */
export function writeField(number: number, payload: Buffer): Buffer {
  return Buffer.concat([writeVarint(number * 8 + LENGTH_DELIMITED), writeVarint(payload.length), payload]);
}

/** The last field of that number (protobuf: the last one wins) that carries bytes. */
export function lastField(fields: readonly ProtobufField[], number: number): Buffer | undefined {
  return fields.findLast((field) => field.number === number && field.wireType === LENGTH_DELIMITED)?.payload;
}

/** Numbers here are tags and lengths: beyond 2^53 there is nothing to read. */
function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) throw new ProtobufError('cut within a number');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  throw new ProtobufError('a number of more than 64 bits');
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
