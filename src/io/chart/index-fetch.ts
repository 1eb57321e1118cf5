import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { indexUrl } from '../../core/chart/chart-url.ts';
import type { RepositoryAccess } from '../contract.ts';
import { limitBytes, TooManyBytesError } from './byte-limit.ts';
import { ChartError } from './chart-error.ts';
import { type FetchedResponse, type HttpFetchSettings, httpFetch } from './http-fetch.ts';

/** What a server said about the version of an index. */
export interface IndexValidators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** The index that is held of a repository. */
export interface KnownIndex {
  readonly bytes: Uint8Array;
  readonly validators: IndexValidators;
}

export type IndexAnswer =
  | { readonly kind: 'unchanged'; readonly validators: IndexValidators }
  | {
      readonly kind: 'fetched';
      readonly bytes: Uint8Array;
      /** `sha256:<hex>` of the bytes. */
      readonly digest: string;
      readonly validators: IndexValidators;
    };

const FAILURE = 'failed to fetch Helm repository index';

/** Room for the first bytes of a body whose length the server does not tell. */
const FIRST_ROOM_BYTES = 64 * 1024;

/** GETs `index.yaml`, conditionally when one is held already. */
export async function fetchIndexBytes(
  settings: HttpFetchSettings,
  access: RepositoryAccess,
  repository: URL,
  known: KnownIndex | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<IndexAnswer> {
  const headers = { 'accept-encoding': 'gzip', ...conditionsOf(known?.validators) };
  return await httpFetch(
    settings,
    { access, url: indexUrl(repository), headers, failure: FAILURE, signal },
    async (response): Promise<IndexAnswer> => {
      if (response.status === 304) {
        if (known !== undefined) return { kind: 'unchanged', validators: known.validators };
        throw new ChartError('Failed', `${FAILURE}: 304 Not Modified without being asked`, {
          retriable: true,
        });
      }
      try {
        const read = await readBody(response, known, maxBytes);
        const validators = validatorsOf(response);
        return read === undefined
          ? { kind: 'unchanged', validators }
          : { kind: 'fetched', ...read, validators };
      } catch (error) {
        if (!(error instanceof TooManyBytesError)) throw error;
        throw new ChartError('Failed', `${FAILURE}: index.yaml has ${error.message}`, {
          retriable: false,
          cause: error,
        });
      }
    },
  );
}

async function readBody(
  response: FetchedResponse,
  known: KnownIndex | undefined,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; digest: string } | undefined> {
  const encoding = response.header('content-encoding') ?? 'identity';
  const declared = encoding === 'identity' ? Number(response.header('content-length') ?? 0) : 0;
  if (declared > maxBytes) throw new TooManyBytesError(maxBytes);
  // What travels is bounded like what comes out: compressed data that expands to nothing is no use to anybody.
  const travelled = limitBytes(response.body, maxBytes);
  const hash = createHash('sha256');
  const same = known?.bytes ?? new Uint8Array();
  let room: Buffer | undefined;
  let length = 0;
  for await (const chunk of limitBytes(decode(travelled, encoding), maxBytes)) {
    hash.update(chunk);
    const end = length + chunk.byteLength;
    // Most polls bring what is held already: no second copy is made as long as the bytes are the same.
    const differs = room !== undefined || end > same.byteLength || chunk.compare(same, length, end) !== 0;
    if (differs) {
      room = makeRoom(
        room ?? Buffer.from(same.buffer, same.byteOffset, length),
        length,
        end,
        declared,
        maxBytes,
      );
      chunk.copy(room, length);
    }
    length = end;
  }
  if (room === undefined && known !== undefined && length === same.byteLength) return undefined;
  const all = room ?? Buffer.from(same.buffer, same.byteOffset, length);
  const bytes =
    room !== undefined && length === room.byteLength ? room : Buffer.from(all.subarray(0, length));
  return { bytes, digest: `sha256:${hash.digest('hex')}` };
}

/** A buffer that holds the first `length` bytes of `held` and has room up to `end`; grown by halves, or once to what was declared. */
function makeRoom(held: Buffer, length: number, end: number, declared: number, maxBytes: number): Buffer {
  if (length > 0 && held.byteLength >= end) return held;
  const wanted = Math.max(end, declared, FIRST_ROOM_BYTES, Math.ceil(length * 1.5));
  const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, wanted));
  held.copy(larger, 0, 0, length);
  return larger;
}

function decode(chunks: AsyncIterable<Buffer>, encoding: string): AsyncIterable<Buffer> {
  if (encoding === 'identity') return chunks;
  if (encoding === 'gzip' || encoding === 'x-gzip') return gunzip(chunks);
  throw new ChartError('Failed', `${FAILURE}: content encoding ${encoding.slice(0, 40)} was not asked for`, {
    retriable: false,
  });
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  const source = Readable.from(chunks);
  const unzip = createGunzip();
  source.on('error', (error) => unzip.destroy(error));
  try {
    for await (const chunk of source.pipe(unzip)) yield chunk as Buffer;
  } finally {
    source.destroy();
    unzip.destroy();
  }
}

function conditionsOf(known: IndexValidators | undefined): Record<string, string> {
  return {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  };
}

/** `Last-Modified` has one-second steps and is used only without an ETag. */
function validatorsOf(response: FetchedResponse): IndexValidators {
  const etag = response.header('etag');
  const lastModified = response.header('last-modified');
  if (etag !== undefined) return { etag };
  return lastModified === undefined ? {} : { lastModified };
}
